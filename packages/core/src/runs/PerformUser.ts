/** Carrying out one action on a user. */
import { Effect, Result } from "effect"
import { doubtOf } from "../operations/Doubt.ts"
import type { ManagedEndpoint } from "../ports/Runs.ts"
import type { Action } from "../provisioning/Action.ts"
import { roleIn } from "../provisioning/Facet.ts"
import { get } from "../scim/ResourceValue.ts"
import type { ScimClientOperations } from "../scim/ScimClient.ts"
import type { ListIncomplete } from "../scim/ScimClientList.ts"
import type { NotFound, ScimError } from "../scim/ScimError.ts"
import { rolePath } from "../scim/Schemas.ts"
import * as Create from "./PerformCreate.ts"
import * as Patch from "./PerformPatch.ts"
import { done, forgotten, kept, type Performed } from "./Verdict.ts"

/** An action on a user. */
export type UserAction = Extract<
  Action,
  { readonly _tag: "Create" | "Update" | "RoleChange" | "Reactivate" | "Adopt" | "Deactivate" | "Delete" }
>

type CreateAction = Extract<Action, { readonly _tag: "Create" }>

/** What a user is created from. */
export const wantedOf = ({ key, resource }: CreateAction): Create.Wanted => ({ endpoint: "Users", key, resource })

/** A user was created. The role is looked at in the answer alone: a reduced one says nothing, and costs no request. */
export const created = (action: CreateAction, { by, id, resource }: Create.Made): Performed => {
  const role = roleIn(action.resource)
  const isTold = by === "answer" && get(resource, "userName") !== undefined
  // `default` keeps whatever the server gives.
  const isChecked = role !== null && role !== "default" && isTold
  const doubt = isChecked ? doubtOf([{ op: "replace", path: rolePath, value: role }], resource) : null
  return done(id, by, doubt, kept("Users", id, action.key))
}

/**
 * What a 404 means where somebody was to be taken away: a user who is gone has lost access, and a group that is gone has
 * nobody in it, so it is done. Since a 404 may mean the request rather than the resource, it takes a second one to a
 * mere look to believe it.
 */
export const ifGone = Effect.fnUntraced(function* (
  client: ScimClientOperations,
  endpoint: ManagedEndpoint,
  id: string,
  error: NotFound
): Effect.fn.Return<Performed, ScimError> {
  const read = yield* Effect.result(client.get(endpoint, id))
  if (Result.isSuccess(read)) return yield* error
  if (read.failure._tag !== "NotFound") return yield* read.failure
  return done(id, "found", null, forgotten(endpoint, id))
})

/** Removes a user or group. In doubt as well, it takes one request: a repeated one does no harm. */
export const remove = (
  client: ScimClientOperations,
  endpoint: ManagedEndpoint,
  id: string
): Effect.Effect<Performed, ScimError> =>
  client.delete(endpoint, id).pipe(
    Effect.as(done(id, "answer", null, forgotten(endpoint, id))),
    Effect.catchTag("NotFound", (error) => ifGone(client, endpoint, id, error))
  )

/** Does it; fails with whatever the server answers. */
export const performUser = (
  client: ScimClientOperations,
  action: UserAction,
  inDoubt: boolean
): Effect.Effect<Performed, ScimError | ListIncomplete> => {
  switch (action._tag) {
    case "Create":
      return Effect.map(Create.make(client, wantedOf(action), inDoubt), (made) => created(action, made))
    case "Update":
    case "RoleChange":
    case "Reactivate":
    case "Adopt":
    case "Deactivate": {
      const { id, key } = action
      const changed = Effect.map(Patch.patch(client, "Users", action, inDoubt), ({ by, doubt }) =>
        done(id, by, doubt, kept("Users", id, key))
      )
      return action._tag === "Deactivate"
        ? Effect.catchTag(changed, "NotFound", (error) => ifGone(client, "Users", id, error))
        : changed
    }
    case "Delete":
      return remove(client, "Users", action.id)
  }
}
