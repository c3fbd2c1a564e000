/** How many of those we manage have access, for plans that were made without reading everybody. */
import type { ManagedResource } from "../ports/Runs.ts"
import type { JsonObject } from "../scim/Json.ts"
import { isActive } from "./Facet.ts"
import { goneDigest } from "./PersonDigest.ts"

/**
 * Whoever was looked up counts as found: `user` gives null for one who is not on the server any more, and undefined for
 * one who was not looked up. The others count as the store has them, unless `isInactive` knows better.
 */
export const activeOf = (
  managed: Iterable<ManagedResource>,
  user: (id: string) => JsonObject | null | undefined,
  isInactive: (resource: ManagedResource) => boolean = () => false
): number => {
  let active = 0
  for (const resource of managed) {
    if (resource.endpoint !== "Users") continue
    const found = user(resource.id)
    if (found === undefined) active += Number(resource.digest !== goneDigest && !isInactive(resource))
    else active += Number(found !== null && isActive(found))
  }
  return active
}
