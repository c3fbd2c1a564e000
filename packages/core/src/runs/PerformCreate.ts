/** Creating one resource, never twice, whoever asks again. */
import { Effect, Result } from "effect"
import type { ManagedEndpoint } from "../ports/Runs.ts"
import type { JsonObject } from "../scim/Json.ts"
import { idOf } from "../scim/ListPage.ts"
import { get } from "../scim/ResourceValue.ts"
import type { ScimClientOperations } from "../scim/ScimClient.ts"
import { isSame, type LookupKey, lookupKeys } from "../scim/ScimClientIdentity.ts"
import type { ListIncomplete } from "../scim/ScimClientList.ts"
import * as Lookup from "../scim/ScimClientLookup.ts"
import type { Conflict, ScimError } from "../scim/ScimError.ts"
import { isOfConnection } from "./Verdict.ts"

/** A resource that is there. */
export interface Made {
  readonly id: string
  readonly by: "answer" | "found"
  readonly resource: JsonObject
}

/** What is to be created. */
export interface Wanted {
  readonly endpoint: ManagedEndpoint
  /** The external id that it is given. */
  readonly key: string
  readonly resource: JsonObject
}

/**
 * The resource as one that is there already, when it is that one: it has our key. In doubt one that has the name and no
 * external id is it as well: the plan was made because nobody had that name, and some servers keep no external ids.
 * Otherwise such a one belongs to somebody else.
 */
const recognised = ({ key, resource }: Wanted, hit: JsonObject, inDoubt: boolean): Made | null => {
  const id = idOf(hit)
  const isOurs = get(hit, "externalId") === key || (inDoubt && isSame(resource, hit))
  return id === null || !isOurs ? null : { id, by: "found", resource: hit }
}

/** Looks for who has one of the keys of a resource; without any given, its name or its external id. */
export const look = (
  client: ScimClientOperations,
  { endpoint, resource }: Wanted,
  keys: ReadonlyArray<LookupKey> = lookupKeys(resource)
): Effect.Effect<Lookup.Lookup> =>
  // The client's own lists note what is to be noted.
  Lookup.lookup({ pages: (query) => client.pages(endpoint, query), note: () => undefined }, keys)

/** What a conflict comes to: our own resource that is there already, or the conflict. */
export const ofConflict = (wanted: Wanted, conflict: Conflict, inDoubt: boolean): Result.Result<Made, Conflict> => {
  const made = conflict.resource === null ? null : recognised(wanted, conflict.resource, inDoubt)
  return made === null ? Result.fail(conflict) : Result.succeed(made)
}

/** Creates it. In doubt it is looked for first. */
export const make = Effect.fnUntraced(function* (
  client: ScimClientOperations,
  wanted: Wanted,
  inDoubt: boolean
): Effect.fn.Return<Made, ScimError | ListIncomplete> {
  const { endpoint } = wanted
  if (inDoubt) {
    const found = yield* look(client, wanted)
    const made = found._tag === "Found" ? recognised(wanted, found.hit, inDoubt) : null
    if (made !== null) return made
    if (found._tag === "Unknown" && found.error !== null) {
      const { error } = found
      // Of users the server refuses a second one of the same name (RFC 7643 §4.1.1); of groups it may take any number.
      const isSafe = endpoint === "Users" && (error._tag === "ListIncomplete" || !isOfConnection(error))
      if (!isSafe) return yield* error
    }
  }
  const result = yield* Effect.result(client.create(endpoint, wanted.resource))
  if (Result.isSuccess(result)) {
    const { id, resource, settled } = result.success
    return { id, by: settled === "answer" ? "answer" : "found", resource }
  }
  const error = result.failure
  return yield* error._tag === "Conflict" ? Effect.fromResult(ofConflict(wanted, error, inDoubt)) : error
})
