/** One pass over the open items of a phase: intent, request, outcome, many at once, until the end or until trouble. */
import { DateTime, Deferred, Effect, Option, Result, Stream } from "effect"
import type { JournalFailure } from "../ports/Journal.ts"
import { Runs, type Settlement } from "../ports/Runs.ts"
import { isUncertain, type ScimError } from "../scim/ScimError.ts"
import { cancellerOf } from "./Cancellation.ts"
import type { Drive } from "./Drive.ts"
import { DriveOptions } from "./DriveOptions.ts"
import { type Impatience, PassState } from "./PassState.ts"
import { patiently } from "./Patience.ts"
import { failureOf, perform, type Performed } from "./Perform.ts"
import * as PerformBulk from "./PerformBulk.ts"
import { RunEvents } from "./RunEvent.ts"
import type { Phase, RunItem } from "./RunItem.ts"

/** How a pass ended. */
export interface PassEnd extends Pick<PassState, "trouble" | "left" | "succeeded" | "last"> {
  /** Why nothing more was begun although nothing is wrong; null when nobody wished so. */
  readonly halted: "stop" | "cancel" | null
}

/** What becomes of an item in a pass. */
type Fate =
  | { readonly _tag: "Settled"; readonly item: RunItem; readonly settlement: Settlement }
  /** It surely was not sent, and is planned as before. */
  | { readonly _tag: "Withdrawn"; readonly position: number }
  /** It stays intended, and is looked up the next time. */
  | { readonly _tag: "Left" }

const bulkRequestsAtOnce = 2

/** How long an outcome waits for others to be written with. */
const settleWindow = "100 millis"

/** A bulk request of any size would leave so many in doubt when it is lost. */
const mostInBulk = 100

/**
 * Goes once over what is open. The intent of a batch is written before any of it is sent, and an outcome is told only
 * once it is written. Whatever was sent before trouble came is settled.
 */
export const pass = Effect.fnUntraced(function* (
  drive: Drive,
  phase: Phase,
  impatience: Impatience
): Effect.fn.Return<PassEnd, JournalFailure, Runs | RunEvents> {
  const { client, id, ids, toStop } = drive
  const runs = yield* Runs
  const events = yield* RunEvents
  const { batch, concurrency, quarantine } = yield* DriveOptions
  const profile = yield* client.profile
  const limits = PerformBulk.limitsOf(profile)
  const atOnce = profile.behaviour.bulk ? Math.min(limits.maxOperations ?? mostInBulk, mostInBulk) : batch
  const state = new PassState(quarantine, drive.quarantine.state, impatience)
  let halted: PassEnd["halted"] = null

  const nowMillis = Effect.map(DateTime.now, DateTime.toEpochMillis)

  const mayGoOn = Effect.gen(function* () {
    if (state.trouble !== null) return false
    if (Deferred.isDoneUnsafe(toStop)) halted = "stop"
    else if ((yield* cancellerOf(id)) !== null) halted = "cancel"
    return halted === null
  })

  const page = Effect.fnUntraced(function* (after: number) {
    const nothing = [[], Option.none<number>()] as const
    if (!(yield* mayGoOn)) return nothing
    const items = yield* patiently(id, runs.items(id, { phase, states: ["planned", "intended"], after, limit: atOnce }))
    const final = items.at(-1)
    if (final === undefined) return nothing
    const planned = items.flatMap(({ position, state: was }) => (was === "planned" ? [position] : []))
    if (planned.length > 0) yield* patiently(id, runs.intend(id, planned, yield* DateTime.now))
    return [[items], Option.some(final.position)] as const
  })

  const settled = Effect.fnUntraced(function* (item: RunItem, performed: Performed): Effect.fn.Return<Fate> {
    state.success(yield* nowMillis)
    for (const change of performed.managed) ids.take(change)
    return { _tag: "Settled", item, settlement: { position: item.position, at: yield* DateTime.now, ...performed } }
  })

  const unsent = ({ position, state: was }: RunItem): Fate =>
    was === "planned" ? { _tag: "Withdrawn", position } : { _tag: "Left" }

  const failed = Effect.fnUntraced(function* (item: RunItem, error: ScimError): Effect.fn.Return<Fate> {
    if (state.failure(error, yield* nowMillis) === "leave") return isUncertain(error) ? { _tag: "Left" } : unsent(item)
    const settlement = { position: item.position, at: yield* DateTime.now, outcome: failureOf(error), managed: [] }
    return { _tag: "Settled", item, settlement }
  })

  const isHalting = () => state.trouble !== null || Deferred.isDoneUnsafe(toStop)

  const single = Effect.fnUntraced(function* (item: RunItem): Effect.fn.Return<Fate> {
    if (isHalting()) return unsent(item)
    const inDoubt = item.state === "intended"
    const result = yield* Effect.result(perform(client, item.action, { inDoubt, idOf: ids.of }))
    return Result.isSuccess(result) ? yield* settled(item, result.success) : yield* failed(item, result.failure)
  })

  /** What can go in bulk does; the rest, and whoever is in doubt, goes singly. */
  const many = Effect.fnUntraced(function* (items: ReadonlyArray<RunItem>): Effect.fn.Return<ReadonlyArray<Fate>> {
    const inBulk: Array<{ readonly item: RunItem; readonly action: PerformBulk.BulkAction }> = []
    const alone: Array<RunItem> = []
    for (const item of items) {
      if (item.state === "planned" && PerformBulk.isBulkable(item.action)) inBulk.push({ item, action: item.action })
      else alone.push(item)
    }
    const fates = yield* Effect.forEach(alone, single, { concurrency })
    if (isHalting()) return [...fates, ...inBulk.map(({ item }) => unsent(item))]
    const actions = inBulk.map(({ action }) => action)
    const { results, stoppedBy } = yield* PerformBulk.perform(client, actions, limits)
    if (stoppedBy !== null) state.failure(stoppedBy, yield* nowMillis)
    const sent = yield* Effect.forEach(inBulk, ({ item }, index) => {
      const result = results[index]
      if (result?._tag === "Performed") return settled(item, { outcome: result.outcome, managed: result.managed })
      // The next pass looks at it singly.
      state.left++
      return Effect.succeed<Fate>(result?._tag === "Unanswered" ? { _tag: "Left" } : unsent(item))
    })
    return [...fates, ...sent]
  })

  const keep = Effect.fnUntraced(function* (fates: ReadonlyArray<Fate>) {
    const done = fates.flatMap((fate) => (fate._tag === "Settled" ? [fate] : []))
    const withdrawn = fates.flatMap((fate) => (fate._tag === "Withdrawn" ? [fate.position] : []))
    if (withdrawn.length > 0) yield* patiently(id, runs.withdraw(id, withdrawn))
    if (done.length === 0) return
    const settlements = done.map(({ settlement }) => settlement)
    yield* patiently(id, runs.settle(id, settlements))
    for (const { item, settlement } of done) {
      const { at, outcome, position } = settlement
      const { _tag: action, label } = item.action
      yield* events.publish({ _tag: "ItemSettled", runId: id, at, position, action, label, outcome })
    }
  })

  const batches = Stream.paginate(-1, page)
  const fates = profile.behaviour.bulk
    ? batches.pipe(
        Stream.mapEffect(many, { concurrency: bulkRequestsAtOnce, unordered: true }),
        Stream.flatMap(Stream.fromIterable)
      )
    : batches.pipe(Stream.flatMap(Stream.fromIterable), Stream.mapEffect(single, { concurrency, unordered: true }))
  yield* fates.pipe(Stream.groupedWithin(batch * 4, settleWindow), Stream.runForEach(keep))
  drive.quarantine.state = state.quarantine
  const { last, left, succeeded, trouble } = state
  return { trouble, halted, left, succeeded, last }
})
