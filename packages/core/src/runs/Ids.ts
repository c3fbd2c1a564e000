/** The ids of what we manage, by key: members of groups are planned before those who are yet to be created have one. */
import type { ManagedChange, ManagedEndpoint, ManagedResource } from "../ports/Runs.ts"

/** An index that follows what a run does. */
export interface Ids {
  readonly of: (endpoint: ManagedEndpoint, key: string) => string | null
  readonly take: (change: ManagedChange) => void
}

/** Begins with what is managed. */
export const make = (managed: Iterable<ManagedResource>): Ids => {
  const known = { Users: new Map<string, string>(), Groups: new Map<string, string>() }
  for (const { endpoint, id, key } of managed) known[endpoint].set(key, id)
  return {
    of: (endpoint, key) => known[endpoint].get(key) ?? null,
    take: (change) => {
      if (change._tag === "Keep") known[change.resource.endpoint].set(change.resource.key, change.resource.id)
    }
  }
}
