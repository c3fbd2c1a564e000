/** How to plan. */
import type { ManagedResource } from "../ports/Runs.ts"
import type { DiffOptions } from "../scim/PatchDiff.ts"
import type { DeprovisioningPolicy } from "../setup/Choice.ts"
import type { Person } from "./Person.ts"
import { isAsSent } from "./PersonDigest.ts"
import type { LeftGroups } from "./PlanGroups.ts"
import type { Managed } from "./PlanMatch.ts"
import type { Protection } from "./Protection.ts"

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
  /**
   * Whether the user with an id was sent exactly this person before, and nothing of it was doubtful. To be given only when
   * all users of the server are gone through: it then decides about what the server shows of nobody, which is planned
   * again when this is absent.
   */
  readonly isAsSent?: (id: string, person: Person) => boolean
  /**
   * Whom and what the guard's policy protects, so that the plan says which of these names mean nobody. To be given only
   * when all users of the server are gone through.
   */
  readonly protect?: Protection
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

/** {@link PlanOptions.isAsSent} by what a store keeps. The index is made when it is first asked, which it seldom is. */
export const sentBefore = (resources: ReadonlyArray<ManagedResource>): PlanOptions["isAsSent"] & {} => {
  let users: ReadonlyMap<string, ManagedResource> | undefined
  return (id, person) => {
    users ??= new Map(resources.flatMap((one) => (one.endpoint === "Users" ? [[one.id, one]] : [])))
    const sent = users.get(id)
    return sent !== undefined && isAsSent(person, sent)
  }
}
