/** Finds the groups that a plan about a few people has to know. */
import { Effect, Stream } from "effect"
import type { ManagedResource } from "../ports/Runs.ts"
import * as Filter from "../scim/Filter.ts"
import type { JsonObject } from "../scim/Json.ts"
import { idOf } from "../scim/ListPage.ts"
import { tolerate } from "../scim/ResourceDecode.ts"
import { get } from "../scim/ResourceValue.ts"
import { groupType } from "../scim/Schemas.ts"
import type { ScimClientOperations } from "../scim/ScimClient.ts"
import type { ListIncomplete } from "../scim/ScimClientList.ts"
import type { ScimError } from "../scim/ScimError.ts"
import { foldName } from "./PersonDigest.ts"
import { readGroup } from "./SubsetReadGroup.ts"

const concurrency = 16

/** The groups with their members. */
export interface FoundGroups {
  readonly groups: ReadonlyArray<JsonObject>
  /** The names, folded, for which there is none. */
  readonly missing: ReadonlySet<string>
}

const textOf = (group: JsonObject, name: string): string => {
  const value = get(group, name)
  return typeof value === "string" ? foldName(value) : ""
}

const mend = (group: JsonObject): JsonObject => tolerate(group, groupType).resource

/** Those that have a name or our key. Lists may leave out members, so each is read by its id. */
const search = Effect.fnUntraced(function* (
  client: ScimClientOperations,
  name: string
): Effect.fn.Return<ReadonlyArray<JsonObject>, ScimError | ListIncomplete> {
  const ids = new Set<string>()
  for (const attribute of ["displayName", "externalId"]) {
    const query = {
      filter: Filter.print(Filter.eq(attribute, name)),
      matches: (group: JsonObject) => textOf(mend(group), attribute) === foldName(name)
    }
    for (const group of yield* Stream.runCollect(client.list("Groups", query))) {
      const id = idOf(group)
      if (id !== null) ids.add(id)
    }
  }
  const found = yield* Effect.forEach(ids, (id) => readGroup(client, id))
  return found.filter((group) => group !== null)
})

/** Which groups are ours: those we manage, and those with the key that we would give to a group that is wanted. */
export const oursAmong = (
  groups: ReadonlyArray<JsonObject>,
  managed: ReadonlyArray<ManagedResource>,
  isWanted: (name: string) => boolean
): ReadonlySet<string> =>
  new Set([
    ...managed.flatMap(({ endpoint, id }) => (endpoint === "Groups" ? [id] : [])),
    ...groups.flatMap((group) => {
      const id = idOf(group)
      const key = textOf(group, "externalId")
      return id !== null && key !== "" && isWanted(key) ? [id] : []
    })
  ])

/** Finds groups by name: by the id under which we manage them, else by name and by key. */
export const find = Effect.fn("SubsetGroups.find")(function* (
  client: ScimClientOperations,
  names: Iterable<string>,
  managed: ReadonlyArray<ManagedResource>
): Effect.fn.Return<FoundGroups, ScimError | ListIncomplete> {
  const rows = managed.filter(({ endpoint }) => endpoint === "Groups")
  const ids = Map.groupBy(rows, ({ key }) => foldName(key))
  const groups = new Map<string, JsonObject>()
  const wanted = new Map<string, string>()
  for (const name of names) wanted.set(foldName(name), name)
  const missing = new Set<string>()
  yield* Effect.forEach(
    wanted,
    Effect.fnUntraced(function* ([folded, name]) {
      const held = yield* Effect.forEach(ids.get(folded) ?? [], ({ id }) => readGroup(client, id))
      const there = held.filter((group) => group !== null)
      const found = there.length > 0 ? there : yield* search(client, name)
      if (found.length === 0) missing.add(folded)
      for (const group of found) groups.set(idOf(group) ?? "", group)
    }),
    { concurrency, discard: true }
  )
  return { groups: [...groups.values()], missing }
})

/** Reads every group, for people of whom it is not known in which groups they are. */
export const listAll = Effect.fn("SubsetGroups.listAll")(function* (
  client: ScimClientOperations,
  names: Iterable<string>
): Effect.fn.Return<FoundGroups, ScimError | ListIncomplete> {
  const groups = (yield* Stream.runCollect(client.list("Groups"))).map(mend)
  const there = new Set(groups.flatMap((group) => [textOf(group, "displayName"), textOf(group, "externalId")]))
  return { groups, missing: new Set([...names].map(foldName).filter((name) => !there.has(name))) }
})
