/** From a source and a server to a plan: reads both, and changes nothing. */
import { Effect, Result, Stream } from "effect"
import type { Connected } from "../operations/ConnectedClient.ts"
import type { PeopleSource, SourceFailure, SourceRecord } from "../ports/PeopleSource.ts"
import type { JsonObject } from "../scim/Json.ts"
import type { ListVerdict } from "../scim/List.ts"
import type { ListIncomplete } from "../scim/ScimClientList.ts"
import { tolerate } from "../scim/ResourceDecode.ts"
import { groupType, loomUser } from "../scim/Schemas.ts"
import type { ScimError } from "../scim/ScimError.ts"
import type { Compiled } from "./Mapping.ts"
import { apply, keyOf, type MappingProblem } from "./MappingApply.ts"
import type { Repetition } from "./Duplicates.ts"
import type { Person } from "./Person.ts"
import type { Digests } from "./PersonDigest.ts"
import { type Plan, PlanBuilder } from "./Plan.ts"
import { Planner } from "./Planner.ts"
import type { PlanOptions } from "./PlanOptions.ts"
import type { Recognised } from "./Recognised.ts"
import type { Settlement } from "./Settlement.ts"
import { recordsFor } from "./SourceColumns.ts"

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
export interface Reconciled {
  readonly plan: Plan
  readonly records: number
  /** Left out by `include` or `exclude`. */
  readonly excluded: number
  readonly problems: ReadonlyArray<MappingProblem>
  /** Rows that say again what another said, or contradict it; of very many, the first. */
  readonly repetitions: ReadonlyArray<Repetition>
  /** How many rows contradict another, whether or not they are listed. */
  readonly contradictions: number
  /** Why the source was not read to its end; nobody is then taken for gone. Null when it was. */
  readonly failure: SourceFailure | null
  /**
   * Users and groups that are ours by external id and not among those that were known as managed. To be gone through
   * soon or not at all: the index of the plan is kept for as long as this is.
   */
  readonly recognised: Iterable<Recognised>
}

/** What one reading of the source brings. */
interface Reading {
  readonly records: number
  readonly excluded: number
  readonly problems: ReadonlyArray<MappingProblem>
  readonly failure: SourceFailure | null
}

const read = Effect.fnUntraced(function* (
  { mapping, source }: ReconcileInput,
  onPerson: (person: Person) => void,
  onUnreadable: (key: string | null) => void
): Effect.fn.Return<Reading> {
  let records = 0
  let excluded = 0
  const problems: Array<MappingProblem> = []
  const take = (record: SourceRecord) => {
    records++
    const mapped = apply(mapping, record)
    if (Result.isFailure(mapped)) {
      problems.push(...mapped.failure)
      onUnreadable(keyOf(mapping, record))
    } else if (mapped.success._tag === "Excluded") excluded++
    else onPerson(mapped.success.person)
  }
  const result = yield* Effect.result(
    Stream.runForEachArray(recordsFor(source, mapping), (chunk) => Effect.sync(() => chunk.forEach(take)))
  )
  return { records, excluded, problems, failure: Result.isFailure(result) ? result.failure : null }
})

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

/** Whether anybody has to be read again. */
const hasOpen = (settlement: Settlement): boolean => {
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
  const { connected, mapping, options } = input
  const { behaviour } = yield* connected.client.profile
  const { clearMembers, memberRemoval } = behaviour
  const planner = new Planner({
    ...options,
    leavers: connected.deprovisioning,
    diff: { memberRemoval, clearAll: clearMembers }
  })
  const builder = new PlanBuilder()
  const { digests } = input
  const first = yield* read(
    input,
    (person) => {
      planner.desired(person)
      digests?.take(person)
    },
    (key) => {
      planner.unreadable(key)
      digests?.unreadable(key)
    }
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
      ? yield* read(
          input,
          (person) => builder.add(settlement.settle(person)),
          () => undefined
        )
      : null
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
