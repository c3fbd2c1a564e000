/** Carrying out one action on a group. */
import { Effect, Result } from "effect"
import type { Action } from "../provisioning/Action.ts"
import type { ScimClientOperations } from "../scim/ScimClient.ts"
import type { ListIncomplete } from "../scim/ScimClientList.ts"
import { isUncertain, type ScimError } from "../scim/ScimError.ts"
import * as Create from "./PerformCreate.ts"
import * as Members from "./PerformMembers.ts"
import * as Patch from "./PerformPatch.ts"
import { remove } from "./PerformUser.ts"
import { done, isOfConnection, kept, type Performed } from "./Verdict.ts"

/** An action on a group. */
export type GroupAction = Extract<
  Action,
  { readonly _tag: "GroupCreate" | "GroupAdopt" | "GroupRename" | "MembersAdd" | "MembersRemove" | "GroupDelete" }
>

/** The id of a user by key, once there is one. */
export type IdOfUser = (key: string) => string | null

const joined = (...doubts: ReadonlyArray<string | null>): string | null => {
  const found = doubts.filter((doubt) => doubt !== null)
  return found.length === 0 ? null : found.join("; ")
}

/** Creates a group without members, since servers ignore them or limit how many may be sent along, and adds them then. */
const create = Effect.fnUntraced(function* (
  client: ScimClientOperations,
  action: Extract<GroupAction, { readonly _tag: "GroupCreate" }>,
  inDoubt: boolean,
  idOfUser: IdOfUser
): Effect.fn.Return<Performed, ScimError | ListIncomplete> {
  const { key } = action
  const { members: _, ...resource } = action.resource
  const { by, id } = yield* Create.make(client, { endpoint: "Groups", key, resource }, inDoubt)
  const { members, missing } = Members.resolve(action.members, idOfUser)
  const moved = yield* Effect.result(Members.move(client, id, "add", members, by === "found"))
  const managed = kept("Groups", id, key)
  if (Result.isSuccess(moved)) {
    return done(id, by, joined(Members.doubtOfMissing(missing), moved.success.doubt), managed)
  }
  const error = moved.failure
  // What is certain not to have been sent is sent again without a look, which would make a second group: so the group
  // counts, and whoever plans next adds the members.
  const isRetried = isOfConnection(error) && (inDoubt || isUncertain(error))
  return isRetried
    ? yield* error
    : done(id, by, `the group is there, but its members were not all added: ${error.message}`, managed)
})

/** Does it; fails with whatever the server answers. */
export const performGroup = (
  client: ScimClientOperations,
  action: GroupAction,
  inDoubt: boolean,
  idOfUser: IdOfUser
): Effect.Effect<Performed, ScimError | ListIncomplete> => {
  switch (action._tag) {
    case "GroupCreate":
      return create(client, action, inDoubt, idOfUser)
    case "GroupAdopt":
    case "GroupRename": {
      const { id, key } = action
      return Effect.map(Patch.patch(client, "Groups", action, inDoubt), ({ by, doubt }) =>
        done(id, by, doubt, kept("Groups", id, key))
      )
    }
    case "MembersAdd": {
      const { members, missing } = Members.resolve(action.members, idOfUser)
      if (members.length === 0 && missing.length > 0) {
        return Effect.succeed({ outcome: { _tag: "Dropped", reason: "notCreated" }, managed: [] })
      }
      return Effect.map(Members.move(client, action.id, "add", members, inDoubt), ({ by, doubt }) =>
        done(action.id, by, joined(Members.doubtOfMissing(missing), doubt), [])
      )
    }
    case "MembersRemove": {
      // Who has no id is no member.
      const { members } = Members.resolve(action.members, idOfUser)
      return Effect.map(Members.move(client, action.id, "remove", members, inDoubt), ({ by, doubt }) =>
        done(action.id, by, doubt, [])
      )
    }
    case "GroupDelete":
      return remove(client, "Groups", action.id)
  }
}
