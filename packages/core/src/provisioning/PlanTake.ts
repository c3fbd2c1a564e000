/** A plan that was saved, as it may be carried out now: nothing it is about moved, and it is judged by what there is. */
import { Effect } from "effect"
import type { Connected } from "../operations/ConnectedClient.ts"
import type { ListIncomplete } from "../scim/ScimClientList.ts"
import type { ScimError } from "../scim/ScimError.ts"
import type { GuardPolicy } from "./Guard.ts"
import { check } from "./PlanCheck.ts"
import type { Drift } from "./PlanDrift.ts"
import * as PlanFile from "./PlanFile.ts"
import { Grounds } from "./PlanGrounds.ts"
import type { Managed } from "./PlanMatch.ts"

/** What is known of the connection, and not taken from a file. */
export interface Known {
  readonly managed: Managed
  readonly domains: GuardPolicy["domains"]
}

/** What became of it. */
export interface Taken {
  readonly moved: ReadonlyArray<Drift>
  /** Null when something moved. */
  readonly file: PlanFile.PlanFile | null
}

/**
 * Reads the server again, and changes nothing. All users are read, and of the groups those lists that the plan touches.
 * Refused when the file is none for this connection, or touches what is not ours.
 */
export const take = Effect.fn("PlanTake.take")(function* (
  given: PlanFile.PlanFile,
  connected: Pick<Connected, "id" | "url" | "client">,
  { domains, managed }: Known
): Effect.fn.Return<Taken, PlanFile.PlanFileRefused | ScimError | ListIncomplete> {
  const grounds = new Grounds(given, managed)
  const moved = yield* check(given, connected, grounds)
  if (moved.length > 0) return { moved, file: null }
  const { plan, recognised } = yield* Effect.fromResult(grounds.grounded)
  const { adopt, madeAt, source } = given
  const policy = { ...given.policy, domains }
  return { moved, file: PlanFile.make({ connected, madeAt, source, adopt, policy, recognised, plan }) }
})
