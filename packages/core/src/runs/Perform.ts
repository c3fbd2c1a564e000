/**
 * Carrying out one action of a plan, with as few requests as it takes.
 *
 * | Action                                     | Requests | In doubt: as it is to be | In doubt: not yet |
 * | ------------------------------------------ | -------- | ------------------------ | ----------------- |
 * | Create                                     | 1        | 1 or 2 (a)               | 1 + 2 (a)         |
 * | Update                                     | 1        | 1                        | 1 + 1             |
 * | RoleChange, Reactivate, Adopt, Deactivate  | 1 (b)    | 1                        | 1 + 1 (b)         |
 * | Delete, GroupDelete                        | 1 (c)    | 2 (c)                    | 1                 |
 * | GroupAdopt, GroupRename                    | 1 (d)    | 1                        | 1 + 1 (d)         |
 * | GroupCreate                                | 1        | 1 or 2 (a)               | 1 + 2 (a)         |
 * | … and its members                          | n + 1    | 1 (e)                    | n + 2             |
 * | MembersAdd, MembersRemove                  | n + 1    | 1 (e)                    | n + 2             |
 *
 * n: one for each 500 members, or for as many as the server takes; of removals the first has 100, and a slow server's
 * others no more than it is quick enough for.
 * (a) A look-up by user name, then one by external id; of groups the other way round, with the group's name.
 * (b) One more when the answer does not show a role, or whether somebody is active, as it was asked for.
 * (c) A 404 is believed once a look says the same.
 * (b, d) One more, too, when the answer is 200 and has no body, which is no answer to a PATCH (RFC 7644 §3.5.2).
 * (d) One more when a new name is answered without the group: some servers ignore a change of case.
 * (e) One more when the group shows no members, since some servers show them only to who asks for them by name.
 */
import { Effect } from "effect"
import type { ManagedEndpoint } from "../ports/Runs.ts"
import type { Action } from "../provisioning/Action.ts"
import type { ScimClientOperations } from "../scim/ScimClient.ts"
import type { ListIncomplete } from "../scim/ScimClientList.ts"
import type { ScimError } from "../scim/ScimError.ts"
import { performGroup } from "./PerformGroup.ts"
import { performUser } from "./PerformUser.ts"
import { failureOf, isOfConnection, type Performed } from "./Verdict.ts"

export { failureOf, isOfConnection, type Performed }

/** What an action meets. */
export interface PerformContext {
  /** It may have been carried out before, so look first. */
  readonly inDoubt: boolean
  /** The ids of what was created since the plan was made, by key. */
  readonly idOf: (endpoint: ManagedEndpoint, key: string) => string | null
}

const nothing: Performed = { outcome: { _tag: "Dropped", reason: "conflict" }, managed: [] }

const requested = (
  client: ScimClientOperations,
  action: Action,
  { idOf, inDoubt }: PerformContext
): Effect.Effect<Performed, ScimError | ListIncomplete> => {
  switch (action._tag) {
    case "Create":
    case "Update":
    case "RoleChange":
    case "Reactivate":
    case "Adopt":
    case "Deactivate":
    case "Delete":
      return performUser(client, action, inDoubt)
    case "GroupCreate":
    case "GroupAdopt":
    case "GroupRename":
    case "MembersAdd":
    case "MembersRemove":
    case "GroupDelete":
      return performGroup(client, action, inDoubt, (key) => idOf("Users", key))
    case "Skip":
    case "Conflict":
      return Effect.succeed(nothing)
  }
}

/** Turns an error that concerns the object alone into its outcome. */
export const settled = (
  effect: Effect.Effect<Performed, ScimError | ListIncomplete>
): Effect.Effect<Performed, ScimError> =>
  effect.pipe(
    Effect.catch((error) =>
      error._tag !== "ListIncomplete" && isOfConnection(error)
        ? Effect.fail(error)
        : Effect.succeed({ outcome: failureOf(error), managed: [] })
    )
  )

/** Does it. Fails only with what concerns the whole connection; what concerns the object alone is its outcome. */
export const perform = (
  client: ScimClientOperations,
  action: Action,
  context: PerformContext
): Effect.Effect<Performed, ScimError> => settled(requested(client, action, context))
