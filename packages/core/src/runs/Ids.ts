/** The ids of what we manage, by key: members of groups are planned before those who are yet to be created have one. */
import type { ManagedEndpoint, ManagedResource } from "../ports/Runs.ts"

/** The id for a key; null when there is none. */
export type IdOf = (endpoint: ManagedEndpoint, key: string) => string | null

/** Looks among what is managed. */
export const among = (managed: Iterable<ManagedResource>): IdOf => {
  const known = { Users: new Map<string, string>(), Groups: new Map<string, string>() }
  for (const { endpoint, id, key } of managed) known[endpoint].set(key, id)
  return (endpoint, key) => known[endpoint].get(key) ?? null
}
