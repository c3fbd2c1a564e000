/** How to plan. */
import type { ManagedResource } from "../ports/Runs.ts"
import type { DiffOptions } from "../scim/PatchDiff.ts"
import type { DeprovisioningPolicy } from "../setup/Choice.ts"
import type { LeftGroups } from "./PlanGroups.ts"
import type { Managed } from "./PlanMatch.ts"

/** What a plan may do, and what is known beforehand. */
export interface PlanOptions {
  /** What becomes of people we manage who are no longer in the source. */
  readonly leavers: DeprovisioningPolicy
  /**
   * Whether users and groups that something else created are taken over when they match somebody desired: `unclaimed`
   * those without an external id, `any` also users with one that something else gave. Whoever matches nobody is always
   * left alone.
   */
  readonly adopt: "never" | "unclaimed" | "any"
  readonly leftGroups: LeftGroups
  readonly managed: Managed
  /** What the server understands, see its profile. */
  readonly diff: DiffOptions
}

/** What a plan is to know of what we manage. */
export const managedOf = (resources: Iterable<Pick<ManagedResource, "endpoint" | "id" | "key">>): Managed => {
  const users = new Map<string, string>()
  const groups = new Set<string>()
  for (const { endpoint, id, key } of resources) {
    if (endpoint === "Users") users.set(id, key)
    else groups.add(id)
  }
  return { users, groups }
}
