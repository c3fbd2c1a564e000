/** A journey as the API shows it: the words of the guide beside the state, so that a caller needs nothing else. */
import type { Permission } from "@loom-scim/contract/Setup"
import { Command } from "@loom-scim/contract/Setup"
import type { Setup } from "@loom-scim/contract/SetupTask"
import type { PersonCommand } from "@loom-scim/core/setup/Command"
import { stepOf } from "@loom-scim/core/setup/Command"
import * as Guide from "@loom-scim/core/setup/Guide"
import type { Context } from "@loom-scim/core/setup/Journey"
import { admit, decide } from "@loom-scim/core/setup/Journey"
import * as Progress from "@loom-scim/core/setup/Progress"
import type { Connection } from "@loom-scim/core/setup/SetupService"
import type { State } from "@loom-scim/core/setup/State"
import * as Step from "@loom-scim/core/setup/Step"
import * as Task from "@loom-scim/core/setup/Task"
import { Option, Result, Schema } from "effect"

const stepView = (state: State, { blockedBy, invalidation, status, step }: Progress.StepProgress) => {
  const { consolePath, howToGetThere, title, warnings, why } = Guide.steps[step]
  return {
    step,
    position: Step.position(step),
    title,
    why,
    consolePath,
    warnings,
    howToGetThere,
    status,
    blockedBy: blockedBy ?? null,
    invalidation:
      invalidation === undefined ? null : { because: invalidation.because, endangers: invalidation.endangers },
    tasks: Task.of(state, step)
  }
}

/** The whole set-up. */
export const setupView = ({ id, state }: Connection): Setup => {
  const steps = Progress.all(state)
  return {
    connection: id,
    name: state.name ?? id,
    sequence: state.sequence,
    connected: state.connected !== null,
    currentStep: Progress.current(state),
    next: steps.flatMap(({ status, step }) => {
      const task = status === "blocked" ? undefined : Task.next(state, step)
      return task === undefined ? [] : [task.id]
    }),
    steps: steps.map((progress) => stepView(state, progress))
  }
}

/** A task by its id, whichever step it belongs to. */
export const findTask = (state: State, id: string): Task.Task | undefined =>
  Step.all.flatMap((step) => Task.of(state, step)).find((task) => task.id === id)

/** The names of what may be submitted. */
const submittable: ReadonlyArray<PersonCommand["_tag"]> = Command.members.map(
  ({ fields }) => fields._tag.schema.literal
)

const bare = Schema.decodeUnknownOption(Command)

/**
 * Which commands the journey would take now. One that says all by its name, such as `Connect`, is decided as it would be
 * if it were submitted; of any other only its step can be asked, since the rest depends on its values.
 */
export const permissions = (state: State, context: Context): ReadonlyArray<typeof Permission.Type> =>
  submittable.map((command) => {
    const admitted = Option.match(bare({ _tag: command }), {
      onNone: () => admit(state, { _tag: command }),
      onSome: (whole) => Result.map(decide(state, whole, context), () => undefined)
    })
    const { detail, next } = Result.isFailure(admitted) ? admitted.failure : { detail: "", next: "" }
    return { command, step: stepOf[command], allowed: Result.isSuccess(admitted), detail, next }
  })
