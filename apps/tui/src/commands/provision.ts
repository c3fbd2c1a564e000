/** `loom-scim provision`: one person, now, with everything shown: who they are, what is decided, what is sent. */
import * as PlanText from "@loom-scim/core/provisioning/PlanText"
import type { PlannedOne } from "@loom-scim/core/runs/SyncPlan"
import { Console, Effect } from "effect"
import { type Ended, fromError } from "../Exit.ts"
import { printable } from "../plain/Printable.ts"
import { requestText } from "../plain/RequestText.ts"
import * as TraceText from "../plain/TraceText.ts"
import { required } from "../Selection.ts"
import { beginSync, unresolved } from "./beginSync.ts"
import { needsFull, notWhole, Planning } from "./planning.ts"
import { heldLines } from "./planReport.ts"
import { withRuns } from "./runServices.ts"
import type { SharedFlags } from "./shared.ts"
import { type PlanningFlags, subjectOf } from "./subject.ts"

/** The command's own flags. */
export interface ProvisionFlags extends PlanningFlags {
  /** Their key, user name or e-mail address. */
  readonly person: string
  readonly dryRun: boolean
  readonly yes: boolean
}

const text = (planned: PlannedOne): string => {
  const { made, plan, source, tokenScheme } = planned
  const reasons = heldLines(planned)
  const { failure, requests, traces } = made
  const shown = requests.flatMap((one) => one.requests.map((request) => requestText(request, { tokenScheme })))
  return [
    ...(traces.length === 0 ? [`No longer in ${source}; managed until now.`] : traces.map(TraceText.text)),
    "",
    PlanText.toText(plan, { limit: 50, isNumberless: true }),
    ...(failure === null ? [] : [`The source was not read to its end: ${printable(failure.message)}`, ""]),
    ...(reasons.length === 0 ? [] : [...reasons, ""]),
    shown.length === 0 ? "Requests: none" : `Requests: ${shown.length}\n\n${shown.join("\n")}`
  ].join("\n")
}

const json = ({ judgement, made, plan, source }: PlannedOne) => ({
  _tag: "Provision",
  source,
  traces: made.traces.map(TraceText.json),
  failure: made.failure === null ? null : made.failure.message,
  judgement,
  plan: JSON.parse(PlanText.toJson(plan)),
  requests: made.requests.flatMap(({ requests }) => requests)
})

/**
 * Shows a person's way through the mapping, what would be done about them and the requests for it, asks, and does it as a
 * run. With `--dry-run` it only shows, and keeps nothing. A source that was not read to its end makes it exit 4, since it
 * may say more of them.
 */
export const provision = (flags: SharedFlags, own: ProvisionFlags): Effect.Effect<void, Ended> =>
  withRuns(
    flags,
    Effect.gen(function* () {
      const connection = yield* required(own.connection)
      const subject = yield* subjectOf(flags, own, connection, { again: false })
      const planned = yield* Planning.use(({ planOne }) => planOne(subject, own.person)).pipe(
        Effect.mapError((error) => (error._tag === "NeedsFull" ? needsFull(error.message) : fromError(error)))
      )
      yield* Console.log(flags.json ? JSON.stringify(json(planned)) : text(planned))
      if (own.dryRun) yield* unresolved(planned)
      else yield* beginSync(flags, planned, { yes: own.yes, question: () => "Send this? [y/N] " })
      const { failure } = planned.made
      if (failure !== null) return yield* notWhole(failure)
      return undefined
    }).pipe(Effect.scoped)
  )
