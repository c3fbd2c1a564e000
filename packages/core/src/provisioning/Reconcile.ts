/** From a source and a server to a plan: reads both, and changes nothing. */
import { Effect, Stream } from "effect"
import type { Connected } from "../operations/ConnectedClient.ts"
import type { PeopleSource } from "../ports/PeopleSource.ts"
import type { JsonObject } from "../scim/Json.ts"
import type { ListVerdict } from "../scim/List.ts"
import type { ListIncomplete } from "../scim/ScimClientList.ts"
import { tolerate } from "../scim/ResourceDecode.ts"
import { groupType, loomUser } from "../scim/Schemas.ts"
import type { ScimError } from "../scim/ScimError.ts"
import type { Compiled } from "./Mapping.ts"
import type { Repetition } from "./Duplicates.ts"
import type { Digests } from "./PersonDigest.ts"
import { type Plan, PlanBuilder } from "./Plan.ts"
import { Planner } from "./Planner.ts"
import type { PlanOptions } from "./PlanOptions.ts"
import type { Recognised } from "./Recognised.ts"
import type { Settlement } from "./Settlement.ts"
import { nothing, read, type Reading } from "./SourceReading.ts"

/** What is compared. */
export interface ReconcileInput {
  /** Read twice when anything differs: what changes in between is a conflict of the plan. */
  readonly source: PeopleSource
  readonly mapping: Compiled
  readonly connected: Connected
  readonly options: Omit<PlanOptions, "leavers" | "diff">
  /** Takes what the plan makes of the people, for `SubsetKeep.settled`; whoever is gone is noted by `leaveOthers`. */
  readonly digests?: Digests
}

/** A plan, and what the source had that made no person. */
export interface Reconciled extends Reading {
  readonly plan: Plan
  /** Rows that say again what another said, or contradict it; of very many, the first. */
  readonly repetitions: ReadonlyArray<Repetition>
  /** How many rows contradict another, whether or not they are listed. */
  readonly contradictions: number
  /**
   * Users and groups that are ours by external id and not among those that were known as managed. To be gone through
   * soon or not at all: the index of the plan is kept for as long as this is.
   */
  readonly recognised: Iterable<Recognised>
}

const readUsers = Effect.fnUntraced(function* (
  { client }: Connected,
  onUser: (user: JsonObject) => void
): Effect.fn.Return<ListVerdict, ScimError> {
  let verdict: ListVerdict | undefined
  yield* Stream.runForEach(client.pages("Users"), (page) =>
    Effect.sync(() => {
      for (const user of page.resources) onUser(tolerate(user, loomUser).resource)
      verdict = page.verdict ?? verdict
    })
  )
  // The last page always has one; a stream without pages has failed before.
  return verdict ?? (yield* Effect.die(new Error("a list ended without a verdict")))
})

/** Whether anybody has to be read again; nobody is taken for gone on the strength of one reading. */
const hasOpen = (settlement: Settlement): boolean => {
  if (settlement.isAnyoneLeaving) return true
  for (let row = 0; row < settlement.census.people; row++) if (settlement.isOpen(row)) return true
  return false
}

/**
 * Reads the source, then the server, then of the source again what is needed for those who differ. Memory grows with an
 * index of keys and with the actions, not with the directory.
 *
 * Nobody is taken for gone unless both sides were read to their end. Groups are read when the mapping has any; a list of
 * groups that is not whole fails, since a group that was missed would be created again.
 */
export const plan = Effect.fn("Reconcile.plan")(function* (
  input: ReconcileInput
): Effect.fn.Return<Reconciled, ScimError | ListIncomplete> {
  const { connected, mapping, options, source } = input
  const { behaviour } = yield* connected.client.profile
  const { clearMembers, memberRemoval } = behaviour
  const begin = () =>
    new Planner({
      ...options,
      leavers: connected.deprovisioning,
      diff: { memberRemoval, clearAll: clearMembers }
    })
  let planner = begin()
  const builder = new PlanBuilder()
  const { digests } = input
  const first = yield* read(source, mapping, {
    person: (person) => {
      planner.desired(person)
      digests?.take(person)
    },
    unreadable: (key) => {
      planner.unreadable(key)
      digests?.unreadable(key)
    }
  }).pipe(
    Effect.catch((failure) => {
      // As if nobody had been read.
      planner = begin()
      digests?.clear()
      return Effect.succeed(nothing(failure))
    })
  )
  if (first.failure !== null) digests?.cut()
  const users = yield* readUsers(connected, (user) => builder.add(planner.actual(user)))
  if ((mapping.mapping.groups ?? []).length > 0) {
    yield* Stream.runForEach(connected.client.list("Groups"), (group) =>
      Effect.sync(() => planner.actualGroup(tolerate(group, groupType).resource))
    )
  }
  const settlement = planner.finish({ sourceFailure: first.failure?.message ?? null, users })
  const { repetitions } = settlement
  // The second reading tells where the first of two equal rows was, too.
  const isRepeated = repetitions.duplicates + repetitions.conflicts > 0
  const second =
    isRepeated || hasOpen(settlement)
      ? yield* read(source, mapping, {
          person: (person) => {
            builder.add(settlement.settle(person))
            digests?.take(person)
          },
          unreadable: (key) => {
            settlement.unreadable(key)
            digests?.unreadable(key)
          }
        }).pipe(Effect.catch((failure) => Effect.succeed(nothing(failure))))
      : null
  if (second !== null && second.failure !== null) {
    settlement.cut(second.failure.message)
    digests?.cut()
  }
  for (const action of settlement.rest()) builder.add(action)
  return {
    ...first,
    failure: first.failure ?? second?.failure ?? null,
    repetitions: repetitions.found,
    contradictions: repetitions.conflicts,
    recognised: { [Symbol.iterator]: () => settlement.recognised() },
    plan: builder.build(settlement)
  }
})
