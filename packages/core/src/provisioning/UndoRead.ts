/** Reads what a run left on the server, so that it can be undone. Changes nothing. */
import { Effect } from "effect"
import type { Connected } from "../operations/ConnectedClient.ts"
import type { ManagedResource } from "../ports/Runs.ts"
import type { RunItem } from "../runs/RunItem.ts"
import type { JsonObject } from "../scim/Json.ts"
import { tolerate } from "../scim/ResourceDecode.ts"
import { loomUser } from "../scim/Schemas.ts"
import type { ScimClientOperations } from "../scim/ScimClient.ts"
import type { ScimError } from "../scim/ScimError.ts"
import { activeOf } from "./ManagedAccess.ts"
import { withAdmins } from "./SubsetAdmins.ts"
import { readGroup } from "./SubsetReadGroup.ts"
import { type Present, type Undone, undoPlan } from "./Undo.ts"

// The client slows down by itself where a server wants it; this bounds what waits for it.
const concurrency = 16

interface Needed {
  readonly users: ReadonlySet<string>
  readonly groups: ReadonlySet<string>
}

const neededBy = (items: Iterable<RunItem>): Needed => {
  const users = new Set<string>()
  const groups = new Set<string>()
  for (const { action, outcome } of items) {
    if (outcome?._tag !== "Done" && outcome?._tag !== "Doubtful") continue
    switch (action._tag) {
      case "Create":
      case "Update":
      case "RoleChange":
      case "Adopt":
      case "Reactivate":
      case "Deactivate":
        users.add(outcome.id)
        break
      case "GroupCreate":
      case "GroupAdopt":
      case "GroupRename":
      case "MembersAdd":
      case "MembersRemove":
        groups.add(outcome.id)
        break
      case "Delete":
      case "GroupDelete":
      case "Skip":
      case "Conflict":
        break
    }
  }
  return { users, groups }
}

/** The user, put right by `ResourceDecode`; null when there is none. */
export const readUser = (client: ScimClientOperations, id: string): Effect.Effect<JsonObject | null, ScimError> =>
  client.get("Users", id).pipe(
    Effect.map(({ resource }) => tolerate(resource, loomUser).resource),
    Effect.catchTag("NotFound", () => Effect.succeed(null))
  )

/** Reads each once; what is gone is null. */
export const readAll = Effect.fnUntraced(function* (
  client: ScimClientOperations,
  ids: ReadonlySet<string>,
  read: typeof readUser
): Effect.fn.Return<ReadonlyMap<string, JsonObject | null>, ScimError> {
  const found = new Map<string, JsonObject | null>()
  const take = (id: string) => Effect.map(read(client, id), (resource) => void found.set(id, resource))
  yield* Effect.forEach(ids, take, { concurrency, discard: true })
  return found
})

/** Reads every user and group that the items were about, each once. What is gone is simply not there. */
const readForUndo = Effect.fn("UndoRead.readForUndo")(function* (
  client: ScimClientOperations,
  items: Iterable<RunItem>
): Effect.fn.Return<{ readonly present: Present; readonly users: ReadonlyMap<string, JsonObject | null> }, ScimError> {
  const needed = neededBy(items)
  const users = yield* readAll(client, needed.users, readUser)
  const groups = yield* readAll(client, needed.groups, readGroup)
  return { users, present: { user: (id) => users.get(id) ?? null, group: (id) => groups.get(id) ?? null } }
})

/** What is undone. */
export interface UndoInput {
  readonly connected: Connected
  readonly items: ReadonlyArray<RunItem>
  /** The users that we manage now, of whom the guard allows a part to lose access. */
  readonly managed: ReadonlyArray<ManagedResource>
}

/**
 * Reads, and makes the plan. The admins are counted when one would be lost; the other numbers of the census are those of
 * what was read, since nobody else was.
 */
export const plan = Effect.fn("UndoRead.plan")(function* ({
  connected,
  items,
  managed
}: UndoInput): Effect.fn.Return<Undone, ScimError> {
  const { client, deprovisioning } = connected
  const { behaviour } = yield* client.profile
  const { present, users } = yield* readForUndo(client, items)
  const undone = undoPlan(items, present, {
    leavers: deprovisioning,
    diff: { memberRemoval: behaviour.memberRemoval, clearAll: behaviour.clearMembers },
    census: {
      people: 0,
      duplicates: 0,
      users: managed.length,
      managed: managed.length,
      active: activeOf(managed, (id) => users.get(id)),
      unmanaged: 0,
      admins: 0
    }
  })
  return { ...undone, plan: yield* withAdmins(client, undone.plan) }
})
