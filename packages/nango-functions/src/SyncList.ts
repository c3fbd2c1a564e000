/** Users or groups as records: changes where the server can tell them, else everything, and nobody is lost on the way. */
import * as FilterEvaluate from "@loom-scim/core/scim/FilterEvaluate"
import * as FilterParser from "@loom-scim/core/scim/FilterParser"
import type { JsonObject } from "@loom-scim/core/scim/Json"
import type { ListVerdict } from "@loom-scim/core/scim/List"
import { idOf } from "@loom-scim/core/scim/ListPage"
import type { ListIncomplete } from "@loom-scim/core/scim/ScimClientList"
import { incomplete } from "@loom-scim/core/scim/ScimClientList"
import type { ListQuery } from "@loom-scim/core/scim/ScimClientTypes"
import type { ScimError } from "@loom-scim/core/scim/ScimError"
import { Clock, Effect, Predicate, Result, Schema, Stream } from "effect"
import type { Kind } from "./Resources.ts"
import * as Resources from "./Resources.ts"
import type { Session } from "./Session.ts"
import type { Checkpoint, SyncNango, SyncRecord } from "./SyncNango.ts"
import { afterChanges, afterWhole, changedSince, Latest, since } from "./SyncPlan.ts"
import { toUser } from "./Unified.ts"

/** Resources without an id came: they cannot be kept, and those that are kept cannot be told from them. */
export class IdsMissing extends Schema.TaggedError<IdsMissing>()("IdsMissing", { operation: Schema.String }) {
  override get message(): string {
    return `${this.operation}: the server gives resources without an id (RFC 7643 §3.1 demands one).`
  }
  get next(): string {
    return "Nothing was deleted. Tell whoever runs the server; until then the records stay as they are."
  }
}

/** What is synced, and as what. */
export interface Synced {
  readonly kind: Kind
  readonly model: string
  /** From a resource, put right, to the record; the id is taken care of. */
  readonly toRecord: (resource: JsonObject) => Readonly<Record<string, unknown>>
}

type Trouble = ScimError | IdsMissing

interface Reading {
  readonly verdict: ListVerdict
  readonly latest: Latest
}

const isRecord = (value: Readonly<Record<string, unknown>>): value is SyncRecord => Predicate.isString(value["id"])

/** Reads a list page by page into records, whose memory is that of a page and of the ids. */
const read = Effect.fnUntraced(function* (
  { client, nango }: Session<SyncNango>,
  { kind, model, toRecord }: Synced,
  query: ListQuery
): Effect.fn.Return<Reading, Trouble> {
  const operation = `GET /${kind.endpoint}`
  const latest = new Latest()
  let verdict: ListVerdict | undefined
  const save = Effect.fnUntraced(function* (resources: ReadonlyArray<JsonObject>) {
    const records: Array<SyncRecord> = []
    for (const resource of resources) {
      const id = idOf(resource)
      if (id === null) return yield* new IdsMissing({ operation })
      const whole = Resources.mended(kind, resource)
      latest.take(whole)
      const record = toRecord(whole)
      records.push(isRecord(record) && record.id === id ? record : { ...record, id })
    }
    if (records.length > 0) yield* Effect.promise(async () => nango.batchSave(records, model))
  })
  // Not a generator of its own for each page: the engine keeps those, with their page, until a full collection.
  yield* Stream.runForEach(client.pages(kind.endpoint, query), (page) =>
    Effect.map(save(page.resources), () => {
      verdict = page.verdict ?? verdict
    })
  )
  // The last page always has one; a stream without pages has failed before.
  return { verdict: verdict ?? (yield* Effect.die(new Error("a list ended without a verdict"))), latest }
})

/** Whether a server can be taken at its word about what changed: it told nothing else, and what had to come again came. */
const isAnswered = ({ verdict: { _tag, counts } }: Reading): boolean =>
  _tag === "Complete" && counts.unmatched === 0 && counts.distinct > 0

/** Reads what changed; null when the server cannot tell. */
const readChanges = Effect.fnUntraced(function* (
  session: Session<SyncNango>,
  synced: Synced,
  moment: string
): Effect.fn.Return<Reading | null, Trouble> {
  const filter = changedSince(moment)
  const parsed = FilterParser.parse(filter)
  if (Result.isFailure(parsed)) return null
  const query = { filter, matches: FilterEvaluate.compile(parsed.success, synced.kind.type) }
  const refused = () => Effect.succeed(null)
  const reading = yield* Effect.catchTags(read(session, synced, query), {
    InvalidFilter: refused,
    InvalidRequest: refused,
    TooMany: refused,
    // Some break on what they do not know; one that is really ill fails on the whole list as well.
    ServerFault: refused
  })
  return reading !== null && isAnswered(reading) ? reading : null
})

/**
 * One run. It is not cut in two when Nango wants it to end: a list that is read in two halves proves nothing, since rows
 * move from page to page while it is read. Who is not in a list is deleted only when the list is proven whole; otherwise the
 * run fails and says why. What was saved until then stays, and the next run begins anew.
 */
export const run =
  (synced: Synced) =>
  (session: Session<SyncNango>): Effect.Effect<void, Trouble | ListIncomplete> =>
    Effect.gen(function* () {
      const { client, nango } = session
      const { kind, model } = synced
      const begun = yield* Clock.currentTimeMillis
      const checkpoint = yield* Effect.promise(() => nango.getCheckpoint())
      const keep = (next: Checkpoint) => Effect.promise(() => nango.saveCheckpoint(next))
      const tell = (text: string) => Effect.promise(async () => nango.log(text))

      const moment = since(checkpoint, yield* client.profile, begun)
      const changes = moment === null ? null : yield* readChanges(session, synced, moment)
      if (changes !== null && checkpoint !== null) {
        yield* tell(`${kind.endpoint}: ${changes.verdict.counts.distinct} changed since ${moment}.`)
        return yield* keep(afterChanges(checkpoint, changes.latest, begun))
      }
      // A mark that a failed run left stays in force, and makes the next end delete what no run since then has seen:
      // later than it could be, and never anybody who is there.
      yield* Effect.promise(async () => nango.trackDeletesStart(model))
      // A total that was right once may be wrong now, and records are deleted on the strength of this list.
      yield* client.adapt({ trustTotals: false })
      const { latest, verdict } = yield* read(session, synced, {})
      const failure = incomplete(`GET /${kind.endpoint}`, verdict)
      if (failure !== undefined) return yield* failure
      const { deletedKeys } = yield* Effect.promise(async () => nango.trackDeletesEnd(model))
      yield* tell(`${kind.endpoint}: ${verdict.counts.distinct} read, the whole list; ${deletedKeys.length} were gone.`)
      yield* keep(afterWhole(checkpoint, latest, begun, moment !== null))
    })

const asItIs = (resource: JsonObject): JsonObject => resource

/** Users as the server has them. */
export const users: Synced = { kind: Resources.users, model: "ScimUser", toRecord: asItIs }

/** Groups as the server has them. */
export const groups: Synced = { kind: Resources.groups, model: "ScimGroup", toRecord: asItIs }

/** Users as Nango's unified model has people. */
export const people: Synced = {
  kind: Resources.users,
  model: "User",
  toRecord: (resource) => ({ ...toUser(resource) })
}
