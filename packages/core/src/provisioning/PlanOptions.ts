/** How to plan. */
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
