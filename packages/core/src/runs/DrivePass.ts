/** One pass over the open items of a phase: intent, request, outcome, many at once, until the end or until trouble. */
import { DateTime, Deferred, Effect, Result } from "effect"
import type { JournalFailure } from "../ports/Journal.ts"
import { Runs } from "../ports/Runs.ts"
import { isUncertain, type ScimError } from "../scim/ScimError.ts"
import { cancellerOf } from "./Cancellation.ts"
import type { Drive } from "./Drive.ts"
import { DriveOptions } from "./DriveOptions.ts"
import * as PassJournal from "./PassJournal.ts"
import type { Fate } from "./PassJournal.ts"
import { isBlocked, orGiveWay } from "./NameTaken.ts"
import { type Impatience, PassState } from "./PassState.ts"
import { patiently } from "./Patience.ts"
import { failureOf, perform, type Performed } from "./Perform.ts"
import * as PerformBulk from "./PerformBulk.ts"
import type { RunEvents } from "./RunEvent.ts"
import type { Phase, RunItem } from "./RunItem.ts"
import { brief, visit } from "./Visit.ts"

/** How a pass ended. */
export interface PassEnd extends Pick<PassState, "trouble" | "left" | "succeeded" | "blocked" | "last"> {
  /** Why nothing more was begun although nothing is wrong; null when nobody wished so. */
  readonly halted: "stop" | "cancel" | null
}

/** Whether actions of a phase are about members of groups, who are named by key when the plan knew no id. */
const namesMembers = (phase: Phase): boolean => phase === "groups" || phase === "memberships" || phase === "removals"

const bulkRequestsAtOnce = 2

/** A bulk request of any size would leave so many in doubt when it is lost. */
const mostInBulk = 100

/** For a fast server so many times as many intents are written at once. */
const mostAhead = 8

/**
 * Goes once over what is open. The intent is written before anything is sent, and an outcome told only once it is written:
 * see {@link PassJournal.make}. Whatever was sent before trouble came is settled. `names` says what becomes of a change to
 * a name that somebody else has.
 */
export const pass = Effect.fnUntraced(function* (
  drive: Drive,
  phase: Phase,
  impatience: Impatience,
  names: Impatience
): Effect.fn.Return<PassEnd, JournalFailure, Runs | RunEvents> {
  const { client, id, toStop } = drive
  const runs = yield* Runs
  const { batch, concurrency, quarantine } = yield* DriveOptions
  const profile = yield* client.profile
  const limits = PerformBulk.limitsOf(profile)
  const bulkSize = profile.behaviour.bulk ? Math.min(limits.maxOperations ?? mostInBulk, mostInBulk) : null
  const idOf = namesMembers(phase) ? yield* drive.ids : () => null
  const state = new PassState(quarantine, drive.quarantine.state, impatience)
  let halted: PassEnd["halted"] = null

  const nowMillis = Effect.map(DateTime.now, DateTime.toEpochMillis)

  const mayGoOn = Effect.gen(function* () {
    if (state.trouble !== null) return false
    if (Deferred.isDoneUnsafe(toStop)) halted = "stop"
    else if ((yield* cancellerOf(id)) !== null) halted = "cancel"
    return halted === null
  })

  const next = Effect.fnUntraced(function* (after: number, limit: number) {
    if (!(yield* mayGoOn)) return []
    return yield* patiently(id, runs.items(id, { phase, states: ["planned", "intended"], after, limit }))
  })

  const unsent = ({ position, state: was }: RunItem): Fate =>
    was === "planned" ? { _tag: "Withdrawn", position } : { _tag: "Left" }

  const settled = (item: RunItem, { managed, outcome }: Performed): Effect.Effect<Fate> =>
    Effect.map(DateTime.now, (at) => {
      const blocked = isBlocked(item, outcome)
      if (blocked && names === "later") {
        state.block(DateTime.toEpochMillis(at))
        return unsent(item)
      }
      state.settle(outcome, DateTime.toEpochMillis(at))
      const settlement = { position: item.position, at, outcome: blocked ? orGiveWay(outcome) : outcome, managed }
      return { _tag: "Settled", item, settlement }
    })

  const failed = Effect.fnUntraced(function* (item: RunItem, error: ScimError): Effect.fn.Return<Fate> {
    if (state.failure(error, yield* nowMillis) === "leave") return isUncertain(error) ? { _tag: "Left" } : unsent(item)
    const settlement = { position: item.position, at: yield* DateTime.now, outcome: failureOf(error), managed: [] }
    return { _tag: "Settled", item, settlement }
  })

  const isHalting = () => state.trouble !== null || halted !== null || Deferred.isDoneUnsafe(toStop)

  const single = Effect.fnUntraced(function* (item: RunItem): Effect.fn.Return<Fate> {
    if (isHalting()) return unsent(item)
    const inDoubt = item.state === "intended"
    const result = yield* visit(toStop, perform(client, item.action, { inDoubt, idOf }))
    if (result._tag === "GivenUp") {
      state.failure(result.error, yield* nowMillis)
      return result.written ? { _tag: "Left" } : unsent(item)
    }
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
    const { results, stoppedBy } = yield* brief(toStop, PerformBulk.perform(client, actions, limits))
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

  const journal = PassJournal.make(
    id,
    bulkSize === null
      ? { portion: 1, least: batch, most: batch * mostAhead, low: concurrency }
      : { portion: bulkSize, least: bulkSize, most: bulkSize, low: 1 },
    next
  )
  const worker = Effect.gen(function* () {
    while (true) {
      const items = yield* journal.take
      const [first] = items
      if (first === undefined) return
      yield* journal.give(bulkSize === null ? [yield* single(first)] : yield* many(items))
    }
  })
  const workers = Array.from({ length: bulkSize === null ? concurrency : bulkRequestsAtOnce }, () => worker)
  yield* Effect.all([journal.keep, ...workers], { concurrency: "unbounded", discard: true })
  drive.quarantine.state = state.quarantine
  const { blocked, last, left, succeeded, trouble } = state
  return { trouble, halted, left, succeeded, blocked, last }
})
