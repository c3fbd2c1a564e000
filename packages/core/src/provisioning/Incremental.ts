/**
 * From a source to a plan by way of what changed in it since the last run: the source is read whole, and of the server
 * only who changed, who is new and who left. When nobody did, the server is not asked anything.
 *
 * What somebody else does on the server is not noticed for people who did not change in the source; that is what a full
 * plan is for, and there should be one every day or so. So it is with people whom the source has as inactive and whom we
 * do not manage: they are taken to be absent.
 */
import { Effect, Result } from "effect"
import type { ManagedResource } from "../ports/Runs.ts"
import type { Quirk } from "../scim/Quirk.ts"
import type { ListIncomplete } from "../scim/ScimClientList.ts"
import type { ScimError } from "../scim/ScimError.ts"
import type { Action, SkipReason } from "./Action.ts"
import type { Repetition } from "./Duplicates.ts"
import type { Person } from "./Person.ts"
import { type Digests, foldName, goneDigest, isAsSent } from "./PersonDigest.ts"
import { isEmpty, type Plan } from "./Plan.ts"
import type { Reading } from "./SourceReading.ts"
import { plan as planSubset, type SubsetInput } from "./Subset.ts"
import { NeedsFull } from "./SubsetNeedsFull.ts"
import { isWhole, readWhole, unread, type WholeSource } from "./SubsetSource.ts"

/** What is compared. */
export interface IncrementalInput extends SubsetInput {
  /** How many people may have changed; beyond it a full plan is less work. Default: a quarter of those we manage, and 200 always. */
  readonly limit?: number
}

/** A plan about those who changed, and what the source had that made no person. */
export interface Incremented extends Reading {
  readonly plan: Plan
  /** Whether there is nothing to do and nothing to decide. */
  readonly isEmpty: boolean
  /** Rows that say again what another said, or contradict it; of very many, the first. */
  readonly repetitions: ReadonlyArray<Repetition>
  /** How many rows contradict another, whether or not they are listed. */
  readonly contradictions: number
  /** People who are as they were sent the last time. */
  readonly unchanged: number
  /** For `SubsetKeep.settled`, once the plan is carried out. */
  readonly digests: Digests
  /** Ours by external id, and not known as managed. */
  readonly recognised: ReadonlyArray<ManagedResource>
}

const limitFor = (managed: number): number => Math.max(200, Math.ceil(managed / 4))

/** Whoever is as they were. Their groups are counted, since they have to be there. */
class Unchanged {
  readonly #keys = new Set<string>()
  readonly #groups = new Map<string, number>()

  take({ groups, key }: Person): void {
    this.#keys.add(key)
    for (const group of groups) this.#groups.set(foldName(group), (this.#groups.get(foldName(group)) ?? 0) + 1)
  }

  delete(key: string): void {
    this.#keys.delete(key)
  }

  get size(): number {
    return this.#keys.size
  }

  isInAny(groups: ReadonlySet<string>): boolean {
    return [...groups].some((group) => this.#groups.has(group))
  }
}

interface Sorted {
  readonly whole: WholeSource
  readonly changed: Map<string, Person>
  readonly unchanged: Unchanged
  readonly absent: Set<string>
}

/** Reads the source and tells who changed. */
const sort = Effect.fnUntraced(function* (
  { mapping, source }: IncrementalInput,
  rows: ReadonlyMap<string, ReadonlyArray<ManagedResource>>,
  limit: number
): Effect.fn.Return<Sorted, NeedsFull> {
  const changed = new Map<string, Person>()
  const unchanged = new Unchanged()
  const absent = new Set<string>()
  let unknown = 0
  let open = 0
  const take = (person: Person) => {
    const held = rows.get(person.key) ?? []
    const [row, ...others] = held
    if (row !== undefined && others.length === 0 && isAsSent(person, row)) return unchanged.take(person)
    if (row === undefined && !person.active) return void absent.add(person.key)
    open++
    if (row === undefined || row.digest === null) unknown++
    // Once there are too many, none is needed.
    if (open > limit) changed.clear()
    else changed.set(person.key, person)
  }
  const read = yield* Effect.result(readWhole(source, mapping, take))
  if (Result.isFailure(read)) {
    return { whole: unread(read.failure), changed: new Map(), unchanged: new Unchanged(), absent: new Set() }
  }
  const whole = read.success
  if (open <= limit) return { whole, changed, unchanged, absent }
  return yield* new NeedsFull({ reason: unknown * 2 >= open ? "digestsMissing" : "tooManyChanges" })
})

const skip = (
  reason: SkipReason,
  { id, key }: { readonly id: string | null; readonly key: string | null }
): Action => ({
  _tag: "Skip",
  endpoint: "Users",
  id,
  key,
  label: key ?? "",
  at: null,
  reason
})

/** For the counts, which need no names. */
const times = (count: number, reason: SkipReason): ReadonlyArray<Action> =>
  Array.from<Action>({ length: count }).fill(skip(reason, { id: null, key: null }))

const ignoresFilters: Quirk = "filterIgnored"

/** Managed users whose people the source no longer has, and why the others of them are left. */
const leaversOf = (users: ReadonlyArray<ManagedResource>, whole: WholeSource) => {
  const unreadable = new Set(whole.unreadable)
  const leavers: Array<ManagedResource> = []
  const skipped: Array<Action> = []
  for (const row of users) {
    if (whole.index.byKey.has(row.key)) continue
    if (row.digest === goneDigest) skipped.push(skip("alreadyInactive", row))
    else if (unreadable.has(row.key)) skipped.push(skip("unreadableInSource", row))
    else if (isWhole(whole)) leavers.push(row)
    else skipped.push(skip("leaversWithheld", row))
  }
  return { leavers, skipped }
}

const full = (reason: NeedsFull["reason"]) => () => Effect.fail(new NeedsFull({ reason }))

/**
 * Makes the plan. Fails with `NeedsFull`, before anything was changed, where only a full plan tells what is right: before
 * the first one, when very many changed, or when the server cannot be searched.
 */
export const plan = Effect.fn("Incremental.plan")(function* (
  input: IncrementalInput
): Effect.fn.Return<Incremented, NeedsFull | ScimError | ListIncomplete> {
  const users = input.managed.filter(({ endpoint }) => endpoint === "Users")
  const rows = Map.groupBy(users, ({ key }) => key)
  const limit = input.limit ?? limitFor(users.length)
  const { absent, changed, unchanged, whole } = yield* sort(input, rows, limit)
  const { leavers, skipped } = leaversOf(users, whole)
  if (changed.size + leavers.length > limit) return yield* new NeedsFull({ reason: "tooManyChanges" })
  // Whoever is in another's way is planned as a conflict, whether or not they changed.
  const again = new Set<string>()
  for (const row of whole.index.conflicts.keys()) {
    const key = whole.index.keys[row] ?? ""
    again.add(key)
    changed.delete(key)
    unchanged.delete(key)
    absent.delete(key)
  }
  const { quirks } = yield* input.connected.client.profile
  // A server that answers every search with everybody is better read once.
  const isSearched = [...changed.keys()].some((key) => !rows.has(key))
  if (isSearched && (quirks[ignoresFilters] ?? 0) > 0) return yield* new NeedsFull({ reason: "filterRefused" })
  const made = yield* planSubset(input, {
    whole,
    people: [...changed.values()],
    again,
    leavers,
    skipped: [...skipped, ...times(unchanged.size, "unchanged"), ...times(absent.size, "inactiveAndAbsent")],
    only: null
  }).pipe(
    Effect.catchTags({
      // The first reading was whole enough; nothing of the second is concluded.
      SourceFailure: full("sourceChanged"),
      InvalidFilter: full("filterRefused"),
      InvalidRequest: full("filterRefused"),
      TooMany: full("filterRefused")
    })
  )
  // A group is made of those who are to be in it, and most of them are not looked at here.
  if (unchanged.isInAny(made.missingGroups)) return yield* new NeedsFull({ reason: "groupMissing" })
  const { digests, plan: planned, recognised } = made
  const { doubt, excluded, failure, problems, records } = whole
  const { conflicts: contradictions, found: repetitions } = whole.index.repetitions
  return {
    plan: planned,
    isEmpty: isEmpty(planned),
    records,
    excluded,
    problems,
    repetitions,
    contradictions,
    failure,
    ...(doubt === undefined ? {} : { doubt }),
    unchanged: unchanged.size,
    digests,
    recognised
  }
})
