/** What the server says of itself (RFC 7644 §4). */
import type { JsonObject } from "@loom-scim/core/scim/Json"
import * as Schemas from "@loom-scim/core/scim/Schemas"
import { limits, Refusal, type Context, type Outgoing } from "./Exchange.ts"

const config = ({ has, url }: Context): JsonObject => {
  const isWrong = has("claimsWrong")
  return {
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
    patch: { supported: !isWrong },
    bulk: { supported: true, maxOperations: limits.bulkOperations, maxPayloadSize: limits.payload },
    filter: { supported: true, maxResults: limits.page },
    changePassword: { supported: false },
    sort: { supported: false },
    etag: { supported: !has("etagMissing") },
    pagination: { cursor: true, index: !has("cursorOnly"), defaultPaginationMethod: "index" },
    authenticationSchemes: [
      { type: "oauthbearertoken", name: "Bearer token", description: "A token in the header Authorization" }
    ],
    meta: { resourceType: "ServiceProviderConfig", location: `${url}/ServiceProviderConfig` }
  }
}

const resourceTypes = ({ url }: Context): ReadonlyArray<JsonObject> =>
  (["User", "Group"] as const).map((name) => ({
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
    id: name,
    name,
    endpoint: `/${name}s`,
    schema: `urn:ietf:params:scim:schemas:core:2.0:${name}`,
    schemaExtensions: name === "User" ? [{ schema: Schemas.enterpriseUserUrn, required: false }] : [],
    meta: { resourceType: "ResourceType", location: `${url}/ResourceTypes/${name}` }
  }))

// The attributes are of no concern here: the client reads none of them.
const schemas = ({ url }: Context): ReadonlyArray<JsonObject> =>
  [
    [Schemas.userUrn, "User"] as const,
    [Schemas.groupUrn, "Group"] as const,
    [Schemas.enterpriseUserUrn, "EnterpriseUser"] as const
  ].map(([id, name]) => ({
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
    id,
    name,
    attributes:
      name === "EnterpriseUser"
        ? [{ name: "loomMemberRole", type: "string", multiValued: false, required: false, mutability: "readWrite" }]
        : [{ name: "externalId", type: "string", multiValued: false, required: false, mutability: "readWrite" }],
    meta: { resourceType: "Schema", location: `${url}/Schemas/${id}` }
  }))

const listed = (all: ReadonlyArray<JsonObject>, id: string | undefined): Outgoing => {
  if (id === undefined) {
    const body = {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
      totalResults: all.length,
      itemsPerPage: all.length,
      startIndex: 1,
      Resources: all
    }
    return { status: 200, body }
  }
  const found = all.find((one) => one["id"] === id)
  if (found === undefined) throw new Refusal(404, null, "There is no such thing.")
  return { status: 200, body: found }
}

/** The answer to a discovery request; undefined when the path is no discovery endpoint. */
export const discovery = (context: Context, [name, id]: ReadonlyArray<string>): Outgoing | undefined => {
  switch (name) {
    case "ServiceProviderConfig":
      if (context.has("discoveryMissing")) throw new Refusal(404, null, "There is no ServiceProviderConfig.")
      return { status: 200, body: config(context) }
    case "ResourceTypes":
      return listed(resourceTypes(context), id)
    case "Schemas":
      return listed(schemas(context), id)
    default:
      return undefined
  }
}
