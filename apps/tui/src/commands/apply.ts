/** `loom-scim apply`: makes the members of the workspace equal to a source, or carries out a plan that was saved. */
import type { Connected } from "@loom-scim/core/operations/ConnectedClient"
import type { Drift } from "@loom-scim/core/provisioning/PlanDrift"
import * as PlanFile from "@loom-scim/core/provisioning/PlanFile"
import * as PlanText from "@loom-scim/core/provisioning/PlanText"
import { refuseUnfinished } from "@loom-scim/core/runs/Exclusive"
import { RunService } from "@loom-scim/core/runs/RunService"
import type { Connection } from "@loom-scim/core/setup/SetupService"
import { Console, Effect, Option } from "effect"
import { codes, Ended, fromError } from "../Exit.ts"
import { printable } from "../plain/Printable.ts"
import { momentText } from "../plain/RunText.ts"
import { required } from "../Selection.ts"
import { begin, carryOut, showPlan } from "./begin.ts"
import { beginSync } from "./beginSync.ts"
import { using } from "./connected.ts"
import { planOf } from "./planning.ts"
import * as PlanReport from "./planReport.ts"
import { load } from "./planSave.ts"
import { policyOf } from "./policy.ts"
import { withRuns } from "./runServices.ts"
import { SavedPlans } from "./savedPlans.ts"
import type { SharedFlags } from "./shared.ts"
import { type PlanningFlags, subjectOf } from "./subject.ts"

/** The command's own flags. */
export interface ApplyFlags extends Omit<PlanningFlags, "mapping"> {
  readonly mapping: Option.Option<string>
  readonly plan: Option.Option<string>
  readonly yes: boolean
}

const usage = (reason: string, detail: string) => Effect.fail(new Ended({ code: codes.usage, reason, detail }))

const movedWords: Record<Drift["kind"], string> = {
  changed: "is another than it was when the plan was made",
  vanished: "is gone",
  appeared: "is in the way: somebody has that external id or name by now"
}

const maxMoved = 50

const movedText = (drifts: ReadonlyArray<Drift>): ReadonlyArray<string> => [
  ...drifts.slice(0, maxMoved).map(({ action, id, kind, label }) => {
    const which = id === "" ? "" : ` (${printable(id)})`
    return `  ! ${PlanText.titleOf(action)} ${printable(label)}: ${kind === "appeared" ? `another${which} ` : ""}${movedWords[kind]}`
  }),
  ...(drifts.length > maxMoved ? [`  and ${drifts.length - maxMoved} more`] : [])
]

const fresh = Effect.fnUntraced(function* (flags: SharedFlags, own: PlanningFlags & Pick<ApplyFlags, "yes">) {
  const connection = yield* required(own.connection)
  // Said before both sides are read, and not only when the run is begun.
  yield* refuseUnfinished(connection.id, yield* RunService)
  const subject = yield* subjectOf(flags, own, connection, { again: false })
  const planned = yield* planOf(subject)
  if (!flags.json) yield* Console.log(PlanReport.text(planned))
  yield* beginSync(flags, planned, { yes: own.yes, question: carryOut })
  const trouble = PlanReport.sourceProblems(planned)
  if (trouble !== null) return yield* trouble
  return undefined
})

/** A file that cannot be used is no refusal of the set-up. */
const unusable = (path: string) => (error: { readonly _tag: string; readonly message: string }) =>
  error._tag === "PlanFileRefused"
    ? new Ended({ code: codes.usage, reason: error._tag, detail: `${path}: ${error.message}` })
    : fromError(error)

const saved = Effect.fnUntraced(function* (
  flags: SharedFlags,
  own: ApplyFlags,
  path: string,
  connected: Connected,
  connection: Connection
) {
  yield* refuseUnfinished(connected.id, yield* RunService)
  const kept = yield* load(path, connected)
  const file = Option.isNone(own.policy)
    ? kept
    : PlanFile.sealed({ ...kept, policy: yield* policyOf(own.policy, connection) })
  const { moved, ready } = yield* Effect.mapError(
    SavedPlans.use(({ check }) => check(file, connected, connection)),
    unusable(path)
  )
  if (!flags.json) yield* Console.log(`Saved ${momentText(file.madeAt)} from ${printable(file.source)}.`)
  yield* showPlan(flags, ready ?? file)
  if (ready === null) {
    if (flags.json) yield* Console.log(JSON.stringify({ _tag: "Drift", moved }))
    else yield* Console.log(`The workspace has moved since the plan was made:\n${movedText(moved).join("\n")}`)
    const detail = `${moved.length} of what the plan is about moved since; nothing was begun. Make it again: loom-scim plan --save ${path}`
    return yield* new Ended({ code: codes.checkFailed, reason: "PlanDrifted", detail })
  }
  return yield* begin(flags, ready, { yes: own.yes, question: carryOut })
})

/**
 * Shows the plan, asks, and carries it out. Exit code 0: all done, 2: nobody could be asked, 3: not confirmed, cancelled
 * or rejected, 4: something was not done or the plan has drifted, 6: waits for a decision, 7: paused.
 */
export const apply = (flags: SharedFlags, own: ApplyFlags): Effect.Effect<void, Ended> =>
  Effect.suspend(() => {
    const { connection, mapping, plan, source } = own
    if (Option.isSome(plan)) {
      return Option.isSome(mapping) || Option.isSome(source)
        ? usage("PlanAndSource", "A saved plan is carried out as it is: leave out --source and --mapping.")
        : withRuns(
            flags,
            using(connection, (connected, found) => saved(flags, own, plan.value, connected, found))
          )
    }
    if (Option.isNone(mapping)) {
      return usage("NoPlan", "Give --mapping, and --source unless the mapping names it; or a plan: --plan FILE.")
    }
    const planning = { ...own, mapping: mapping.value }
    return withRuns(flags, fresh(flags, planning).pipe(Effect.scoped))
  })
