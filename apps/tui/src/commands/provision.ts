/** `loom-scim provision`: one person, now, with everything shown: who they are, what is decided, what is sent. */
import * as PlanText from "@loom-scim/core/provisioning/PlanText"
import { RunService } from "@loom-scim/core/runs/RunService"
import { isWork, Sync } from "@loom-scim/core/runs/Sync"
import type { PlannedOne } from "@loom-scim/core/runs/SyncPlan"
import { Console, Effect, Option } from "effect"
import { codes, Ended, fromError } from "../Exit.ts"
import { held } from "../plain/HoldText.ts"
import { printable } from "../plain/Printable.ts"
import { requestText } from "../plain/RequestText.ts"
import * as TraceText from "../plain/TraceText.ts"
import { required } from "../Selection.ts"
import { carry } from "./carry.ts"
import { confirmed } from "./confirm.ts"
import type { PlanningFlags } from "./planning.ts"
import { actingAs, faceOf, withRuns } from "./runServices.ts"
import type { SharedFlags } from "./shared.ts"
import { subjectOf } from "./subject.ts"

/** The command's own flags. */
export interface ProvisionFlags extends PlanningFlags {
  /** Their key, user name or e-mail address. */
  readonly person: string
  readonly dryRun: boolean
  readonly yes: boolean
}

const text = ({ judgement, made, plan, source, tokenScheme }: PlannedOne): string => {
  const { failure, requests, traces } = made
  const shown = requests.flatMap((one) => one.requests.map((request) => requestText(request, { tokenScheme })))
  return [
    ...(traces.length === 0 ? [`No longer in ${source}; managed until now.`] : traces.map(TraceText.text)),
    "",
    PlanText.toText(plan, { limit: 50, isNumberless: true }),
    ...(failure === null ? [] : [`The source was not read to its end: ${printable(failure.message)}`, ""]),
    ...(judgement._tag === "Clear"
      ? []
      : ["Held until somebody allows it:", ...judgement.reasons.map((one) => `  ${held(one)}`), ""]),
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

/** Where there are only conflicts, a person has to act. */
const unresolved = ({ plan }: PlannedOne): Effect.Effect<void, Ended> =>
  plan.actions.length === 0 || isWork(plan)
    ? Effect.void
    : Effect.fail(
        new Ended({
          code: codes.checkFailed,
          reason: "Conflict",
          detail: "It cannot be told what is to be done; resolve the conflict above first."
        })
      )

const carriedOut = Effect.fnUntraced(function* (flags: SharedFlags, planned: PlannedOne) {
  const sync = yield* Sync
  const { report } = yield* RunService
  const actor = actingAs(faceOf(flags), Option.none())
  const run = yield* sync.begin(planned, actor)
  if (run === null) {
    yield* Console.log(flags.json ? JSON.stringify({ _tag: "NothingToDo" }) : "Nothing to do.")
    return yield* unresolved(planned)
  }
  if (!flags.json) yield* Console.log(`Run ${run.id}`)
  const settled = Effect.flatMap(report(run.id), (after) => sync.settle(planned, after.run))
  return yield* Effect.ensuring(carry(flags, run.id, { actor, isResumed: false }), Effect.ignore(settled))
})

/**
 * Shows a person's way through the mapping, what would be done about them and the requests for it, asks, and does it as a
 * run. With `--dry-run` it only shows, and keeps nothing.
 */
export const provision = (flags: SharedFlags, own: ProvisionFlags): Effect.Effect<void, Ended> =>
  withRuns(
    flags,
    Effect.gen(function* () {
      const connection = yield* required(own.connection)
      const subject = yield* subjectOf(flags, own, connection, { again: false })
      const planned = yield* Sync.use(({ planOne }) => planOne(subject, own.person)).pipe(
        Effect.catchTag("NeedsFull", (error) => {
          const detail = `${error.message} Compare everybody instead: loom-scim apply`
          return Effect.fail(new Ended({ code: codes.refused, reason: error._tag, detail }))
        }),
        Effect.mapError(fromError)
      )
      yield* Console.log(flags.json ? JSON.stringify(json(planned)) : text(planned))
      if (own.dryRun) return yield* unresolved(planned)
      if (isWork(planned.plan) && !own.yes && !(yield* confirmed("Send this? [y/N] "))) {
        return yield* new Ended({ code: codes.refused, reason: "NotConfirmed", detail: "Nothing was begun." })
      }
      return yield* carriedOut(flags, planned)
    }).pipe(Effect.scoped, Effect.provide(Sync.layer))
  )
