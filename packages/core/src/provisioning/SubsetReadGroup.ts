/** Reads one group with its members. */
import { Effect } from "effect"
import type { JsonObject } from "../scim/Json.ts"
import { shownMembers } from "../scim/Members.ts"
import { tolerate } from "../scim/ResourceDecode.ts"
import { get } from "../scim/ResourceValue.ts"
import { groupType } from "../scim/Schemas.ts"
import type { ScimClientOperations } from "../scim/ScimClient.ts"
import type { ScimError } from "../scim/ScimError.ts"

/**
 * The group, put right by `ResourceDecode`; null when there is none. One that shows no members is asked for them by name:
 * some servers leave them out otherwise, and it would pass for empty.
 */
export const readGroup = Effect.fn("SubsetReadGroup.readGroup")(function* (
  client: ScimClientOperations,
  id: string
): Effect.fn.Return<JsonObject | null, ScimError> {
  const read = Effect.fnUntraced(function* () {
    const { resource } = yield* client.get("Groups", id)
    const group = tolerate(resource, groupType).resource
    if (shownMembers(group) !== null) return group
    const asked = yield* client.get("Groups", id, { attributes: ["members"] })
    const members = get(tolerate(asked.resource, groupType).resource, "members")
    return members === undefined ? group : { ...group, members }
  })
  return yield* Effect.catchTag(read(), "NotFound", () => Effect.succeed(null))
})
