/** Walks a journey without a person at the screen, printing every step; the same guards as for anybody else. */
import type { Options } from "@loom-scim/core/setup/Answer"
import { perform } from "@loom-scim/core/setup/Answer"
import type { Actor } from "@loom-scim/core/setup/Evidence"
import * as Guide from "@loom-scim/core/setup/Guide"
import * as Progress from "@loom-scim/core/setup/Progress"
import { bare } from "@loom-scim/core/setup/Rotation"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import type { Connection } from "@loom-scim/core/setup/SetupService"
import * as Step from "@loom-scim/core/setup/Step"
import * as Task from "@loom-scim/core/setup/Task"
import { fingerprintOf } from "@loom-scim/platform-node/vault/Seal"
import type { Redacted } from "effect"
import { Console, Effect } from "effect"
import type { Answers } from "../answers.ts"
import { answerTo, missingDomain } from "../answers.ts"
import { codes, Ended, fromError } from "../Exit.ts"
import type { Glyphs } from "./Glyphs.ts"
import { evidenceLine } from "./Report.ts"

/** What is printed for each task. */
interface Line {
  readonly step: Step.Step
  readonly task: string
  readonly label: string
  readonly outcome: "done" | "failed"
  readonly detail: string
}

/** How lines are printed. */
export interface Output {
  readonly json: boolean
  readonly glyphs: Glyphs
}

const print = (line: Line, { glyphs, json }: Output) =>
  Console.log(
    json
      ? JSON.stringify(line)
      : `${line.outcome === "done" ? glyphs.done : "X"} ${Step.position(line.step)} ${Guide.steps[line.step].short.padEnd(15)} ${line.label}${line.detail === "" ? "" : `: ${line.detail}`}`
  )

/** The day of the file, while the token's end is only assumed. */
const openExpiry = ({ state }: Connection, answers: Answers): Task.Task | undefined =>
  answers.tokenExpires === undefined
    ? undefined
    : Task.of(state, "credentials").find(({ done, kind }) => kind === "tokenExpiry" && !done)

/** The next task: a domain of the file that is still missing comes before the tasks that judge the domains. */
const nextTask = (connection: Connection, answers: Answers): Task.Task | undefined => {
  const { state } = connection
  const step = Progress.current(state)
  const next = Task.next(state, step)
  if (missingDomain(answers, connection) !== undefined && state.domains.length > 0 && next?.kind === "members") {
    return Task.of(state, "domains").find(({ kind }) => kind === "addDomain")
  }
  return openExpiry(connection, answers) ?? next
}

/**
 * Takes over a token that is another than the kept one, which no task asks for while that one seems to be good. What is
 * connected keeps its token until the server was seen to take the new one.
 */
const renewed = Effect.fnUntraced(function* (
  connection: Connection,
  token: Redacted.Redacted,
  actor: Actor,
  output: Output
) {
  const setup = yield* SetupService
  const { id, state } = connection
  const task = Task.of(state, "credentials").find(({ kind }) => kind === "token")
  const isAsked = state.token === null || state.token.lapsed !== null
  if (task === undefined || isAsked || state.token?.fingerprint === fingerprintOf(bare(token))) return connection
  const line = { step: task.step, task: task.id, label: task.label }
  const taking =
    state.connected === null ? setup.saveToken(id, token, null, actor) : setup.rotateToken(id, token, null, actor)
  const after = yield* taking.pipe(
    Effect.mapError((error) => {
      const { code, detail, reason } = fromError(error)
      return new Ended({ code: error._tag === "TokenNotTaken" ? codes.checkFailed : code, reason, detail })
    }),
    Effect.tapError(({ detail }) => print({ ...line, outcome: "failed", detail }, output))
  )
  const taken = Task.of(after.state, "credentials").find(({ kind }) => kind === "token")
  yield* print({ ...line, outcome: "done", detail: taken?.value ?? "" }, output)
  return after
})

/**
 * Answers task after task until the connection is established. Fails with the first refusal, missing answer or failed
 * check, leaving everything before it recorded, so that a second run goes on from there.
 */
export const walk = Effect.fn("Unattended.walk")(function* (
  connection: Connection,
  answers: Answers,
  token: Redacted.Redacted,
  options: Options,
  actor: Actor,
  output: Output
) {
  let current = yield* renewed(connection, token, actor, output)
  while (current.state.connected === null || openExpiry(current, answers) !== undefined) {
    const task = nextTask(current, answers)
    if (task === undefined) break
    const missing = task.kind === "addDomain" ? missingDomain(answers, current) : undefined
    const answer = missing === undefined ? answerTo(answers, token, task) : ({ _tag: "Value", value: missing } as const)
    const line = { step: task.step, task: task.id, label: task.label }
    if (answer._tag === "None") {
      yield* print({ ...line, outcome: "failed", detail: answer.why }, output)
      return yield* new Ended({ code: codes.refused, reason: "AnswerMissing", detail: `${task.label}: ${answer.why}.` })
    }
    current = yield* perform(current.id, task, answer, options, actor).pipe(
      Effect.mapError(fromError),
      Effect.tapError((ended) => print({ ...line, outcome: "failed", detail: ended.detail }, output))
    )
    const after = Task.of(current.state, task.step).find(({ id }) => id === task.id)
    if (after !== undefined && !after.done) {
      const detail = after.problem ?? "not done"
      yield* print({ ...line, outcome: "failed", detail }, output)
      return yield* new Ended({ code: codes.checkFailed, reason: "CheckFailed", detail: `${task.label}: ${detail}` })
    }
    const detail = after?.evidence == null ? (after?.value ?? "") : evidenceLine(after.evidence)
    yield* print({ ...line, outcome: "done", detail }, output)
  }
  return current
})
