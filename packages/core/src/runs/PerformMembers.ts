/** Putting members into a group and taking them out, in parts, and looking once whether that is what happened. */
import { Clock, Effect, Result } from "effect"
import { shownMembers } from "../scim/Members.ts"
import type { ScimClientOperations } from "../scim/ScimClient.ts"
import { filterLiteral } from "../scim/ScimClientRequest.ts"
import type { PatchOperation } from "../scim/ScimClientTypes.ts"
import { isUncertain, type ScimError } from "../scim/ScimError.ts"
import type { MemberRef } from "../provisioning/Action.ts"
import { type Patched, readBack } from "./PerformPatch.ts"

/** A member whose id is known. */
export interface Member {
  readonly id: string
  readonly label: string
}

/** Members with ids, and the labels of those who have none, since they were not created. */
export interface Resolved {
  readonly members: ReadonlyArray<Member>
  readonly missing: ReadonlyArray<string>
}

/** Finds the ids of members who were planned before they had one. Each id once. */
export const resolve = (refs: ReadonlyArray<typeof MemberRef.Type>, idOf: (key: string) => string | null): Resolved => {
  const members = new Map<string, Member>()
  const missing: Array<string> = []
  for (const { id: given, key, label } of refs) {
    const id = given ?? (key === null ? null : idOf(key))
    if (id === null) missing.push(label)
    else members.set(id, { id, label })
  }
  return { members: [...members.values()], missing }
}

const shownLabels = 5

/** How many, and the first of them by name. */
const counted = (labels: ReadonlyArray<string>): string => {
  const more = labels.length > shownLabels ? ", …" : ""
  return `${labels.length} member${labels.length === 1 ? "" : "s"}: ${labels.slice(0, shownLabels).join(", ")}${more}`
}

/** What is doubtful about members who were not created; null when all were. */
export const doubtOfMissing = (missing: ReadonlyArray<string>): string | null =>
  missing.length === 0 ? null : `not on the server, so not added, ${counted(missing)}`

/** Which way members go. */
export type Direction = "add" | "remove"

const operationsOf = (direction: Direction, members: ReadonlyArray<Member>): ReadonlyArray<PatchOperation> =>
  direction === "add"
    ? [{ op: "add", path: "members", value: members.map(({ id }) => ({ value: id })) }]
    : members.map(({ id }) => ({ op: "remove", path: `members[value eq ${filterLiteral(id)}]` }))

// Servers take at least so many, or say how many they take; the client remembers that and divides further.
const largestPart = 500

// A removal is an operation of its own, for which some servers take long: the first part finds out how long.
const firstRemovals = 100

/** How long a part may take, in milliseconds: far less than a client waits, since a server may become slower. */
const partSpan = 10_000

/** Whether nobody waited for the end of a request: this client, the server (408), or what stands before it (504). */
const isGivenUp = (error: ScimError): boolean => {
  if (error._tag === "ServerFault") return error.status === 408 || error.status === 504
  return error._tag === "Transport" && error.outcome === "timeout" && isUncertain(error)
}

/**
 * The ids that the group shows; null when it shows none by any means. Some servers leave members out unless asked for
 * them by name.
 */
export const membersNow = Effect.fnUntraced(function* (
  client: ScimClientOperations,
  id: string
): Effect.fn.Return<ReadonlySet<string> | null, ScimError> {
  const { quirks } = yield* client.profile
  const read = (projection: { readonly attributes?: ReadonlyArray<string> }) =>
    Effect.map(client.get("Groups", id, projection), ({ resource }) => shownMembers(resource))
  const plain = (quirks["readsWithoutMembers"] ?? 0) === 0 ? yield* read({}) : null
  const shown = plain ?? (yield* read({ attributes: ["members"] }))
  return shown === null ? null : new Set(shown)
})

const doubtOf = (
  direction: Direction,
  members: ReadonlyArray<Member>,
  now: ReadonlySet<string> | null
): string | null => {
  // As above: of those who were taken out, nobody is there who is not shown.
  if (now === null) return direction === "add" ? "the server shows no members, so they cannot be checked" : null
  const wrong = members.filter(({ id }) => now.has(id) !== (direction === "add"))
  if (wrong.length === 0) return null
  return `the server ${direction === "add" ? "dropped" : "kept"} ${counted(wrong.map(({ label }) => label))}`
}

/**
 * Takes members out. The parts grow to what the server is quick enough for; after one that took too long, those who are
 * still there go in parts of a quarter.
 */
const takeOut = Effect.fnUntraced(function* (
  client: ScimClientOperations,
  id: string,
  members: ReadonlyArray<Member>,
  largest: number
): Effect.fn.Return<void, ScimError> {
  let left = members
  let most = largest
  let size = Math.min(firstRemovals, most)
  while (left.length > 0) {
    const part = left.slice(0, size)
    const from = yield* Clock.currentTimeMillis
    const sent = yield* Effect.result(client.patch("Groups", id, operationsOf("remove", part)))
    if (Result.isSuccess(sent)) {
      left = left.slice(part.length)
      const took = (yield* Clock.currentTimeMillis) - from
      // Never smaller: a request may have waited for its turn.
      size = Math.max(size, Math.min(most, Math.floor((part.length * partSpan) / Math.max(1, took))))
      continue
    }
    if (part.length === 1 || !isGivenUp(sent.failure)) return yield* sent.failure
    // What the look fails with says nothing of what was sent.
    const now = yield* Effect.orElseSucceed(membersNow(client, id), () => null)
    if (now === null) return yield* sent.failure
    left = left.filter((member) => now.has(member.id))
    size = Math.ceil(part.length / 4)
    most = size
  }
})

/**
 * Moves members and reads the group back. `isBegun`: some may have been moved before, so the group is read first and only
 * the others are sent.
 */
export const move = Effect.fnUntraced(function* (
  client: ScimClientOperations,
  id: string,
  direction: Direction,
  members: ReadonlyArray<Member>,
  isBegun: boolean
): Effect.fn.Return<Patched, ScimError> {
  if (members.length === 0) return { by: "found", doubt: null }
  const before = isBegun ? yield* membersNow(client, id) : null
  // Removals are planned for members that the server showed, so that a group that shows none by now has none.
  const isLeft = (member: Member) =>
    direction === "add" ? before?.has(member.id) !== true : !isBegun || before?.has(member.id) === true
  const left = members.filter(isLeft)
  if (left.length === 0) return { by: "found", doubt: null }
  const { behaviour } = yield* client.profile
  const size = Math.max(1, Math.min(largestPart, behaviour.maxMembers ?? largestPart))
  if (direction === "remove") yield* takeOut(client, id, left, size)
  else {
    for (let from = 0; from < left.length; from += size) {
      yield* client.patch("Groups", id, operationsOf(direction, left.slice(from, from + size)))
    }
  }
  const now = yield* readBack(membersNow(client, id))
  const doubt = Result.isSuccess(now) ? doubtOf(direction, members, now.success) : now.failure
  return { by: "answer", doubt }
})
