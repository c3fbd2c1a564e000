/** Whether a kept plan may still be applied: reads the server again, and changes nothing. */
import { Effect, Stream } from "effect"
import type { Connected } from "../operations/ConnectedClient.ts"
import type { ResourceType } from "../scim/Attribute.ts"
import type { JsonObject } from "../scim/Json.ts"
import { tolerate } from "../scim/ResourceDecode.ts"
import { groupType, loomUser } from "../scim/Schemas.ts"
import type { ListIncomplete } from "../scim/ScimClientList.ts"
import type { ScimError } from "../scim/ScimError.ts"
import { endpointOf } from "./Action.ts"
import { type Drift, DriftWatch } from "./PlanDrift.ts"
import { type PlanFile, type PlanFileRefused, refuseOther } from "./PlanFile.ts"

/** Whoever else looks at what goes by. */
export interface Onlooker {
  readonly user: (user: JsonObject) => void
  readonly group: (group: JsonObject) => void
}

/**
 * All that moved since the plan was made; empty when it may be applied. Only what the plan touches is read, and all users
 * when somebody else looks on; a list that is not whole fails: what was not seen could be anything.
 */
export const check = Effect.fn("PlanCheck.check")(function* (
  file: PlanFile,
  connected: Pick<Connected, "id" | "url" | "client">,
  onlooker: Onlooker | null = null
): Effect.fn.Return<ReadonlyArray<Drift>, PlanFileRefused | ScimError | ListIncomplete> {
  yield* Effect.fromResult(refuseOther(file, connected))
  const watch = new DriftWatch(file.plan)
  const touched = new Set(file.plan.actions.map(endpointOf))
  if (onlooker !== null) {
    touched.add("Users")
    // Who is deleted leaves their groups, which have to be looked at for the guard.
    if (file.plan.actions.some((action) => action._tag === "Delete" && action.groups !== undefined))
      touched.add("Groups")
    for (const { endpoint } of file.recognised) touched.add(endpoint)
  }
  const found: Array<Drift> = []
  const look = (endpoint: "Users" | "Groups", type: ResourceType, see: (resource: JsonObject) => Drift | null) =>
    touched.has(endpoint)
      ? Stream.runForEachArray(connected.client.list(endpoint), (resources) =>
          Effect.sync(() => {
            for (const resource of resources) {
              const moved = see(tolerate(resource, type).resource)
              if (moved !== null) found.push(moved)
            }
          })
        )
      : Effect.void
  yield* look("Users", loomUser, (user) => {
    onlooker?.user(user)
    return watch.user(user)
  })
  yield* look("Groups", groupType, (group) => {
    onlooker?.group(group)
    return watch.group(group)
  })
  return [...found, ...watch.vanished]
})
