/** `loom-scim watch`: keeps the members of a workspace equal to a source, for as long as it runs. */
import type { RunReport } from "@loom-scim/core/runs/RunService"
import { RunService } from "@loom-scim/core/runs/RunService"
import { type Due, Sync } from "@loom-scim/core/runs/Sync"
import type { Subject } from "@loom-scim/core/runs/SyncPlan"
import { watch as keepWatching, type WatchEvent } from "@loom-scim/core/runs/Watch"
import { verifiedDomains } from "@loom-scim/core/setup/State"
import { Console, Effect, Layer, Option, Queue, Scope } from "effect"
import { codes, type Ended } from "../Exit.ts"
import * as RunReports from "../plain/RunReport.ts"
import * as WatchText from "../plain/WatchText.ts"
import { required } from "../Selection.ts"
import { runLayer } from "../Services.ts"
import { clientLayer } from "./connected.ts"
import { actingAs, faceOf } from "./runServices.ts"
import { untilUnread } from "../unread.ts"
import type { SharedFlags } from "./shared.ts"
import { withServices } from "./shared.ts"
import { spanOf } from "./span.ts"
import { type PlanningFlags, subjectOf } from "./subject.ts"

/** The command's own flags. */
export interface WatchFlags extends PlanningFlags {
  readonly every: string
  readonly fullEvery: string
}

// SIGUSR1 would not do: to Node it means that a debugger is to be let in.
const signal = "SIGUSR2"

/** Wishes for a comparison of everybody, as signals; several before a turn are one. */
const wishes = Effect.gen(function* () {
  const asked = yield* Queue.sliding<void>(1)
  yield* Effect.acquireRelease(
    Effect.sync(() => {
      const onSignal = () => void Queue.offerUnsafe(asked, undefined)
      process.on(signal, onSignal)
      return onSignal
    }),
    (onSignal) => Effect.sync(() => process.removeListener(signal, onSignal))
  )
  return Queue.take(asked)
})

/** The runs that were stopped with the turn; the next watch goes on with them. */
const stopped = Effect.fnUntraced(function* (flags: SharedFlags, { connectionId }: Subject) {
  const { list } = yield* RunService
  for (const run of yield* list({ connectionId, unfinished: true })) {
    yield* Console.log(
      flags.json
        ? JSON.stringify({ _tag: "Stopped", run: RunReports.runJson(run) })
        : `Run ${run.id} was stopped. It goes on with the next watch, or with: loom-scim resume ${run.id}`
    )
  }
})

/**
 * One turn, over services of its own: between two turns the data directory is free, so that somebody can look at runs,
 * or allow what the guard holds. The domains are those that are verified by now.
 */
const turn = (flags: SharedFlags, subject: Subject, due: Due) =>
  withServices(
    flags,
    faceOf(flags),
    Effect.gen(function* () {
      const { state } = yield* required(Option.some(subject.connectionId))
      const policy = { ...subject.policy, domains: verifiedDomains(state) }
      const actor = actingAs(faceOf(flags), Option.none())
      const ticked = yield* Sync.use(({ tick }) => tick({ ...subject, policy }, due, actor)).pipe(
        Effect.onInterrupt(() => Effect.ignore(stopped(flags, subject)))
      )
      const report = "run" in ticked ? yield* RunService.use((service) => service.report(ticked.run.id)) : null
      return { ticked, report }
    }).pipe(Effect.provide(Layer.provideMerge(Sync.layer, runLayer)))
  )

/** Compares whoever changed every so often, and everybody now and then or at a signal, until it is interrupted. */
export const watch = (flags: SharedFlags, own: WatchFlags): Effect.Effect<void, Ended> =>
  Effect.gen(function* () {
    const every = yield* spanOf("every", own.every)
    const fullEvery = yield* spanOf("full-every", own.fullEvery)
    // The source is opened once: a secret that came with it is not to be had a second time.
    const scope = yield* Scope.Scope
    const subject = yield* withServices(
      flags,
      faceOf(flags),
      Effect.gen(function* () {
        const connection = yield* required(own.connection)
        const context = yield* Layer.build(clientLayer)
        return yield* Effect.provideContext(subjectOf(flags, own, connection, { again: true }), context)
      }).pipe(Effect.provideService(Scope.Scope, scope)),
      `A server keeps watch by itself, from a source that it has: loom-scim schedule add --name people --every ${own.every.trim()} --source NAME, or --from CONNECTION --mapping FILE (POST /v1/connections/ID/schedules).`
    )
    const asked = yield* wishes
    if (!flags.json) {
      const { connectionId, source } = subject
      yield* Console.log(
        `Watching ${source.name} for ${connectionId}: changes every ${own.every.trim()}, everybody every ${own.fullEvery.trim()}.\n` +
          `Times are UTC. Ctrl-C ends it; everybody now: kill -${signal.slice(3)} ${process.pid}`
      )
    }
    let report: RunReport | null = null
    const told = (event: WatchEvent<Ended>) =>
      Effect.suspend(() => {
        const of = event._tag === "Ticked" ? report : null
        return Console.log(
          flags.json ? JSON.stringify(WatchText.json(event, of)) : WatchText.lines(event, of).join("\n")
        )
      })
    return yield* keepWatching<Ended, never>({
      every,
      fullEvery,
      asked,
      tell: told,
      // Another command is at the data directory, or its disk is full: nobody is spared by waiting longer.
      isHarmless: ({ code }) => code === codes.storage,
      tick: (due) =>
        Effect.map(turn(flags, subject, due), (turned) => {
          report = turned.report
          return turned.ticked
        })
    })
  }).pipe(Effect.scoped, untilUnread)
