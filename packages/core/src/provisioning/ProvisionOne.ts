/**
 * One person on demand: who they are in the source, what the mapping makes of them, what would be done about them, and
 * the requests that would be sent. Nothing is changed, and nobody else is touched.
 */
import { Effect, Result, Schema } from "effect"
import type { Shown } from "../operations/Operation.ts"
import * as Reference from "../operations/Reference.ts"
import type { SourceFailure, SourceRecord } from "../ports/PeopleSource.ts"
import type { ManagedResource } from "../ports/Runs.ts"
import { idOf } from "../scim/ListPage.ts"
import { get } from "../scim/ResourceValue.ts"
import type { ListIncomplete } from "../scim/ScimClientList.ts"
import type { ScimError } from "../scim/ScimError.ts"
import type { Action, SkipReason } from "./Action.ts"
import { requestsOf } from "./ActionRequests.ts"
import type { Compiled } from "./Mapping.ts"
import { apply, keyOf, trace, type Trace } from "./MappingApply.ts"
import type { Person } from "./Person.ts"
import { type Digests, foldName } from "./PersonDigest.ts"
import { isEmpty, type Plan } from "./Plan.ts"
import { plan as planSubset, type Selection, type SubsetInput } from "./Subset.ts"
import type { NeedsFull } from "./SubsetNeedsFull.ts"
import { isWhole, readWhole, type WholeSource } from "./SubsetSource.ts"

/** Nobody, or more than one, is called so. Ambiguities are reported and not guessed. */
export class NotOnePerson extends Schema.TaggedError<NotOnePerson>()("NotOnePerson", {
  reference: Schema.String,
  /** Where the source has those who are called so. */
  places: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return this.places.length === 0
      ? `There is no "${this.reference}" in the source, nor among the people we manage.`
      : `"${this.reference}" fits several people: ${this.places.join(", ")}.`
  }
  get next(): string {
    return "Name the person by the key that the mapping gives as externalId."
  }
}

/** What is asked for. */
export interface ProvisionInput extends SubsetInput {
  /** The key, the user name or an e-mail address. */
  readonly reference: string
}

/** What would be done about one person. */
export interface Provisioned {
  /** What the mapping made of each record of theirs; empty for one who is no longer in the source. */
  readonly traces: ReadonlyArray<Trace>
  readonly plan: Plan
  readonly isEmpty: boolean
  /** In the order in which they would be sent. A server that refuses one may be asked in another form. */
  readonly requests: ReadonlyArray<{ readonly action: Action; readonly requests: ReadonlyArray<Shown> }>
  /** Why the source was not read to its end; null when it was. */
  readonly failure: SourceFailure | null
  /** For `SubsetKeep.settled`, once the plan is carried out. */
  readonly digests: Digests
  /** Ours by external id, and not known as managed. */
  readonly recognised: ReadonlyArray<ManagedResource>
}

/** A record that may be meant; the surest is 0. */
interface Candidate {
  readonly rank: number
  readonly key: string
  readonly record: SourceRecord
}

// Of very many records that fit, the first of each rank are enough to say so.
const maxCandidates = 20

/** Whether a record is the one that is asked for, `include` and `exclude` apart. */
const candidateOf = (mapping: Compiled, record: SourceRecord, reference: string): Candidate | null => {
  const folded = foldName(reference)
  const mapped = apply({ ...mapping, include: null, exclude: null }, record)
  if (Result.isFailure(mapped)) {
    const key = keyOf(mapping, record)
    return key === reference ? { rank: 0, key, record } : null
  }
  if (mapped.success._tag === "Excluded") return null
  const { emails, key, userName } = mapped.success.person
  if (key === reference) return { rank: 0, key, record }
  if (userName === folded) return { rank: 1, key, record }
  return emails.some(({ value }) => foldName(value) === folded) ? { rank: 2, key, record } : null
}

/** The records of the one who is meant; fails when they are of several. */
const choose = (
  candidates: ReadonlyArray<Candidate>,
  reference: string
): Result.Result<ReadonlyArray<Candidate>, NotOnePerson> => {
  const rank = Math.min(...candidates.map((candidate) => candidate.rank))
  const best = candidates.filter((candidate) => candidate.rank === rank)
  if (new Set(best.map(({ key }) => key)).size > 1) {
    return Result.fail(new NotOnePerson({ reference, places: best.map(({ record }) => record.at) }))
  }
  return Result.succeed(candidates.filter(({ key }) => key === best[0]?.key))
}

/** The key of one who is not called so in the source: by what the store or the server knows. */
const keyElsewhere = Effect.fnUntraced(function* (
  { connected, managed, reference }: ProvisionInput,
  whole: WholeSource
): Effect.fn.Return<string, NotOnePerson | ScimError | SourceFailure> {
  const rows = managed.filter(({ endpoint }) => endpoint === "Users")
  const known = new Set(rows.map(({ key }) => key))
  if (known.has(reference)) return reference
  const nobody = new NotOnePerson({ reference, places: [] })
  const user = yield* Reference.find(connected.client, "Users", reference).pipe(
    Effect.catchTag("NotIdentified", () => Effect.succeed(null))
  )
  const externalId = user === null ? null : get(user, "externalId")
  const row = user === null ? undefined : rows.find(({ id }) => id === idOf(user))
  const key = row?.key ?? (typeof externalId === "string" ? externalId : null)
  if (key !== null && (known.has(key) || whole.index.byKey.has(key))) return key
  // Whoever was not found in half a source may be in the other half.
  return yield* whole.failure ?? nobody
})

const skipped = (reason: SkipReason, rows: ReadonlyArray<ManagedResource>): ReadonlyArray<Action> =>
  rows.map(({ id, key }) => ({ _tag: "Skip", endpoint: "Users", id, key, label: key, at: null, reason }))

/** Whom the plan is about: the person of the source, or the users we manage who are to leave. */
const selectionOf = (
  key: string,
  person: Person | undefined,
  whole: WholeSource,
  managed: ReadonlyArray<ManagedResource>
): Selection => {
  const { byKey, conflicts, keys } = whole.index
  const rows = managed.filter((row) => row.endpoint === "Users" && row.key === key)
  const none = { whole, people: [], again: new Set<string>(), leavers: [], skipped: [] }
  const only = { keys: new Set([key]), ids: new Set(rows.map(({ id }) => id)) }
  const row = byKey.get(key)
  if (row !== undefined) {
    const rivals = conflicts.has(row) ? [...conflicts.keys()].map((other) => keys[other] ?? "") : [key]
    return person === undefined || conflicts.has(row)
      ? { ...none, again: new Set(rivals), only }
      : { ...none, people: [person], only }
  }
  if (whole.unreadable.includes(key)) return { ...none, skipped: skipped("unreadableInSource", rows), only }
  return isWhole(whole)
    ? { ...none, leavers: rows, only }
    : { ...none, skipped: skipped("leaversWithheld", rows), only }
}

/** Finds the person and makes the plan. The source is read whole, since names have to be theirs alone. */
export const plan = Effect.fn("ProvisionOne.plan")(function* (
  input: ProvisionInput
): Effect.fn.Return<Provisioned, NotOnePerson | NeedsFull | SourceFailure | ScimError | ListIncomplete> {
  const reference = input.reference.trim()
  const { connected, managed, mapping, source } = input
  const candidates: Array<Candidate> = []
  const people = new Map<string, Person>()
  let last: Candidate | null = null
  const whole = yield* readWhole(
    source,
    mapping,
    (person) => {
      if (last !== null && last.key === person.key) people.set(person.key, person)
    },
    (record) => {
      const found = candidateOf(mapping, record, reference)
      last = found
      if (found === null) return
      if (candidates.filter(({ rank }) => rank === found.rank).length < maxCandidates) candidates.push(found)
    }
  )
  const chosen = candidates.length === 0 ? [] : yield* Effect.fromResult(choose(candidates, reference))
  const key = chosen[0]?.key ?? (yield* keyElsewhere({ ...input, reference }, whole))
  const made = yield* planSubset(input, selectionOf(key, people.get(key), whole, managed))
  const { behaviour } = yield* connected.client.profile
  const ids = new Map(managed.map((row) => [row.key, row.endpoint === "Users" ? row.id : null]))
  const requests = made.plan.actions.map((action) => ({
    action,
    requests: requestsOf(action, connected.url, behaviour, (member) => member.id ?? ids.get(member.key ?? "") ?? null)
  }))
  return {
    traces: chosen.map(({ record }) => trace(mapping, record)),
    plan: made.plan,
    isEmpty: isEmpty(made.plan),
    requests,
    failure: whole.failure,
    digests: made.digests,
    recognised: made.recognised
  }
})
