/** How many admins there are, for plans that were made without reading everybody. */
import { Effect, Result, Stream } from "effect"
import * as Filter from "../scim/Filter.ts"
import type { JsonObject } from "../scim/Json.ts"
import { tolerate } from "../scim/ResourceDecode.ts"
import { loomUser, rolePath } from "../scim/Schemas.ts"
import type { ScimClientOperations } from "../scim/ScimClient.ts"
import type { ScimError } from "../scim/ScimError.ts"
import type { Action } from "./Action.ts"
import { isActiveAdmin } from "./Facet.ts"
import type { Plan } from "./Plan.ts"

const isLoss = (action: Action): boolean => {
  switch (action._tag) {
    case "Delete":
      return isActiveAdmin(action.before)
    case "Update":
    case "RoleChange":
    case "Reactivate":
    case "Adopt":
    case "Deactivate":
      return action.admin.before && !action.admin.after
    default:
      return false
  }
}

const isAdmin = (user: JsonObject): boolean => isActiveAdmin(tolerate(user, loomUser).resource)

const counted = Effect.fnUntraced(function* (
  client: ScimClientOperations,
  query: { readonly filter?: string } = {}
): Effect.fn.Return<number, ScimError> {
  let count = 0
  yield* Stream.runForEach(client.pages("Users", { ...query, matches: isAdmin }), ({ resources }) =>
    Effect.sync(() => {
      count += resources.length
    })
  )
  return count
})

/**
 * A plan with the number of active admins that the guard needs, which costs requests only when somebody would stop being
 * one. A server that cannot filter by role is read whole. A number that is too low holds a plan that could go on, and
 * never the other way round, so a list that is not whole is as good as none.
 */
export const withAdmins = Effect.fn("SubsetAdmins.withAdmins")(function* (
  client: ScimClientOperations,
  plan: Plan
): Effect.fn.Return<Plan, ScimError> {
  const losses = plan.actions.filter(isLoss).length
  if (losses === 0) return plan
  const filter = Filter.print(Filter.eq(rolePath, "admin"))
  const filtered = yield* Effect.result(counted(client, { filter }))
  // Those who are about to lose the role were seen to have it: a list without them was not filtered as was asked.
  const isSure = Result.isSuccess(filtered) && filtered.success >= Math.max(losses, plan.census.admins)
  const admins = isSure ? filtered.success : yield* counted(client)
  return { ...plan, census: { ...plan.census, admins } }
})
