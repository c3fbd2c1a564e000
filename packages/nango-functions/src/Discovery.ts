/** What a server says of itself (RFC 7643 §5 to §7), with what it leaves out filled in as the RFC understands it. */
import type { Json, JsonObject } from "@loom-scim/core/scim/Json"
import { isJsonObject } from "@loom-scim/core/scim/Json"
import { claimsOf } from "@loom-scim/core/scim/Profile"
import type { ScimError } from "@loom-scim/core/scim/ScimError"
import { Effect, Predicate } from "effect"
import type { Session } from "./Session.ts"

const supported = (part: Json | undefined, is: boolean | null, more: JsonObject = {}): JsonObject => ({
  ...(isJsonObject(part) ? part : {}),
  supported: is === true,
  ...more
})

const isTrue = (part: Json | undefined): boolean => isJsonObject(part) && String(part["supported"]) === "true"

/** ServiceProviderConfig; what is not mentioned is not supported. */
export const serviceProviderConfig = ({ client }: Session): Effect.Effect<JsonObject, ScimError> =>
  Effect.map(client.serviceProviderConfig, (config) => {
    const claims = claimsOf(config)
    const { authenticationSchemes: schemes, bulk, changePassword, etag, filter, patch, sort, schemas } = config
    const limits = { maxOperations: claims.maxOperations ?? 0, maxPayloadSize: claims.maxPayloadSize ?? 0 }
    return {
      ...config,
      schemas: Array.isArray(schemas) ? schemas : ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
      patch: supported(patch, claims.patch),
      bulk: supported(bulk, claims.bulk, limits),
      filter: supported(filter, claims.filter, { maxResults: claims.maxResults ?? 0 }),
      changePassword: supported(changePassword, isTrue(changePassword)),
      sort: supported(sort, claims.sort),
      etag: supported(etag, claims.etag),
      authenticationSchemes: Array.isArray(schemes) ? schemes : []
    }
  })

/** All schemas. */
export const schemas = ({ client }: Session): Effect.Effect<JsonObject, ScimError> =>
  Effect.map(client.schemas, (found) => ({ schemas: found }))

const listUrn = "urn:ietf:params:scim:api:messages:2.0:ListResponse"

/** All resource types. The id is the name where a server leaves it out (RFC 7643 §6). */
export const resourceTypes = ({ client }: Session): Effect.Effect<JsonObject, ScimError> =>
  Effect.map(client.resourceTypes, (found) => ({
    schemas: [listUrn],
    totalResults: found.length,
    startIndex: 1,
    itemsPerPage: found.length,
    Resources: found.map((type) => ({
      ...type,
      id: Predicate.isString(type["id"]) ? type["id"] : (type["name"] ?? "")
    }))
  }))
