import { Config, Resources, Schemas, Types } from "scimmy"
import { requestContext } from "./RequestContext.ts"
import { MEMBER_ROLES } from "./Schemas.ts"
import { Group } from "./ScimGroup.ts"
import { MAX_PAGE } from "./ScimLists.ts"
import { User } from "./ScimUser.ts"

/** The largest request body, in bytes: WorkOS refuses more than 2,000 KB with 413. */
export const MAX_BODY_BYTES = 2_000 * 1024

/**
 * SCIMMY keeps one base path per resource class for the whole process and its routers set it at
 * each request. Reading it from the request instead keeps `meta.location` right when requests to
 * two sandboxes interleave.
 */
function followRequest(resource: { readonly endpoint: string }): void {
  Object.defineProperty(resource, "basepath", {
    value: () => `${requestContext.getStore()?.baseUrl ?? ""}${resource.endpoint}`
  })
}

/** Declares users, groups, Loom's role attribute and the configuration to SCIMMY: once per process. */
function declareAll(): void {
  Schemas.EnterpriseUser.definition.extend([
    new Types.Attribute("string", "loomMemberRole", {
      canonicalValues: [...MEMBER_ROLES],
      description: "Role of the member in the Loom workspace; default keeps the current one."
    })
  ])
  Resources.declare(User).extend(Schemas.EnterpriseUser, false)
  Resources.declare(Group)
  Config.set({
    bulk: { supported: true, maxOperations: 1_000, maxPayloadSize: MAX_BODY_BYTES },
    filter: { supported: true, maxResults: MAX_PAGE }
  })
  for (const resource of [
    Resources.User,
    Resources.Group,
    Resources.Schema,
    Resources.ResourceType,
    Resources.ServiceProviderConfig
  ]) {
    followRequest(resource)
  }
}

// At import, and so exactly once however many sandboxes start.
declareAll()
