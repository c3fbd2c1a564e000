/**
 * Runs over the API of a server, which carries them out whether or not anybody follows: core's own service, so that no
 * command knows the difference. What the server tells is told on here, as if the run went on in this process.
 */
import { standing } from "@loom-scim/core/provisioning/Decision"
import { fingerprint } from "@loom-scim/core/provisioning/Plan"
import { isOver, needsPerson, type RunId } from "@loom-scim/core/runs/Run"
import { RunEvents } from "@loom-scim/core/runs/RunEvent"
import type { NewRun, RunReport } from "@loom-scim/core/runs/RunService"
import { RunRefused, RunService } from "@loom-scim/core/runs/RunService"
import { DateTime, Effect, Layer, Option, Schedule } from "effect"
import { Looks } from "../commands/looks.ts"
import { actorOf } from "../commands/shared.ts"
import { Client } from "./Client.ts"
import { following, isAway } from "./Following.ts"
import { policyText } from "./policyText.ts"
import { beginFailureOf, runFailureOf, unknownRun } from "./runFailures.ts"
import { Standings } from "./Standings.ts"
import { Whereabouts } from "./Whereabouts.ts"

/** The answer is wanted at once: what happens is followed. */
const atOnce = { prefer: "respond-async" } as const
/** The answer is wanted when the run stands still, which it does soon. */
const whenStill = { prefer: "wait=60" } as const

/** Attempts to learn how a run stands. */
const restarts = 20

/** How often it is looked whether a run has taken up what it was told. */
const moment = "100 millis"
const moments = 100

const overAlready = (runId: RunId) =>
  new RunRefused({
    runId,
    reason: "over",
    detail: `Run ${runId} is over.`,
    next: "What was done can be undone: loom-scim undo"
  })

const isAnswered = ({ decisions, run: { cancelledBy, judgement, plan } }: RunReport): boolean =>
  cancelledBy !== null || standing(plan, judgement, decisions)._tag !== "Waits"

/** Who is meant, where that is not only the account that types it: a server records the key. */
const noteOf = (note: string, by: NewRun["by"]): string =>
  by.name === actorOf(by.face).name ? note : `${note} (${by.name})`

const make = Effect.gen(function* () {
  const client = yield* Client
  const { api, asked, posted, url } = client
  const events = yield* RunEvents
  const whereabouts = yield* Whereabouts
  const standings = yield* Standings
  const { list } = yield* Looks
  /** How a run stood when somebody here was told of it last: the events go on from there. */
  const told = new Map<RunId, RunReport>()

  const placeOf = Effect.fnUntraced(function* (run: RunId) {
    const connection = yield* whereabouts.of(run)
    return Option.isSome(connection) ? { connection: connection.value, run } : yield* unknownRun(run)
  })

  const current = Effect.fnUntraced(function* (id: RunId) {
    const params = yield* placeOf(id)
    return yield* asked(api.runs.get({ params })).pipe(
      // A server that starts again is there soon.
      Effect.retry({ times: restarts, schedule: Schedule.spaced("500 millis"), while: isAway }),
      Effect.mapError(runFailureOf(url, id))
    )
  })

  const report = Effect.fn("remote.report")(function* (id: RunId) {
    const found = standings.take(id) ?? (yield* current(id))
    told.set(id, found)
    return found
  })

  /** Waits until a run that stood still has taken up what it was told, or stands still again. */
  const taken = Effect.fnUntraced(function* ({ run }: RunReport) {
    for (let turns = 0; turns < moments; turns++) {
      const now = (yield* current(run.id)).run
      if (now.stops !== run.stops || JSON.stringify(now.status) !== JSON.stringify(run.status)) return
      yield* Effect.sleep(moment)
    }
  })

  /** Whoever stops following wants it stopped cleanly, there as here. A terminal that dies leaves it to the server. */
  const stopped = (params: Effect.Success<ReturnType<typeof placeOf>>) =>
    Effect.gen(function* () {
      const { run } = yield* posted((key) => api.runs.pause({ params, headers: { ...key, ...whenStill } }))
      yield* events.publish({ _tag: "StatusChanged", runId: run.id, at: yield* DateTime.now, status: run.status })
    }).pipe(Effect.ignore)

  const follow = Effect.fn("remote.follow")(function* (
    id: RunId,
    { isResumed = false }: { readonly isResumed?: boolean } = {}
  ) {
    const params = yield* placeOf(id)
    const now = yield* current(id)
    const before = standings.take(id) ?? told.get(id) ?? now
    const { status } = now.run
    if (isOver(status) && isOver(before.run.status)) return now.run
    const isHeld = needsPerson(now.run)
    // What it came to since it was told of last is told first.
    if (!isResumed && needsPerson(before.run) && isHeld && !isAnswered(now)) return now.run
    const isWoken = isResumed ? isHeld || status._tag === "Paused" : isHeld && isAnswered(now)
    if (isWoken) {
      yield* posted((headers) => api.runs.resume({ params, headers: { ...headers, ...atOnce } })).pipe(
        Effect.mapError(runFailureOf(url, id)),
        // It ended by itself meanwhile; its stream tells how.
        Effect.catchIf(
          (failure) => failure._tag === "RunRefused" && failure.reason === "over",
          () => Effect.void
        )
      )
      if (isHeld) yield* taken(now)
    }
    const followed = { id, connection: params.connection, before }
    const after = yield* following(followed, current(id), events.publish).pipe(
      Effect.provideService(Client, client),
      Effect.onInterrupt(() => stopped(params))
    )
    told.set(id, after)
    return after.run
  })

  const begin = Effect.fn("remote.begin")(function* ({ connectionId, kind, parent, plan, policy }: NewRun) {
    if (parent === null || (kind !== "retry" && kind !== "undo")) {
      return yield* Effect.die(new Error(`a run for ${kind} is begun otherwise over a server`))
    }
    const payload = { policy: policyText(policy), seen: fingerprint(plan) }
    const params = { connection: connectionId, run: parent }
    const { report: made } = yield* posted((key) => {
      const request = { params, headers: { ...key, ...atOnce }, payload }
      return kind === "retry" ? api.runs.retry(request) : api.runs.undo(request)
    }).pipe(Effect.mapError(beginFailureOf(url, connectionId)))
    if (made === null) return yield* Effect.die(new Error("a plan that does something began no run"))
    standings.begun(made.run, plan)
    return made.run
  })

  return RunService.of({
    begin,
    follow,
    decide: Effect.fn("remote.decide")(function* (id, { by, note, verdict }) {
      const params = yield* placeOf(id)
      const payload = { note: noteOf(note, by) }
      const before = yield* current(id)
      const { run } = yield* posted((key) =>
        verdict === "allow"
          ? api.runs.allow({ params, headers: { ...key, ...atOnce }, payload })
          : api.runs.reject({ params, headers: { ...key, ...whenStill }, payload })
      ).pipe(Effect.mapError(runFailureOf(url, id)))
      if (verdict === "allow") standings.keep(before)
      return run
    }),
    cancel: Effect.fn("remote.cancel")(function* (id) {
      const params = yield* placeOf(id)
      const { run } = yield* posted((key) => api.runs.cancel({ params, headers: { ...key, ...whenStill } })).pipe(
        Effect.mapError(runFailureOf(url, id)),
        Effect.mapError((failure) =>
          failure._tag === "RunRefused" && failure.reason === "over" ? overAlready(id) : failure
        )
      )
      return isOver(run.status) ? run : yield* follow(id)
    }),
    report,
    list
  })
})

/** Over a server. */
export const layer: Layer.Layer<RunService | RunEvents, never, Client | Whereabouts | Standings | Looks> = Layer.effect(
  RunService,
  make
).pipe(Layer.provideMerge(RunEvents.layer))
