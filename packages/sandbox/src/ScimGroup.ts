import { type Messages, Resources, Schemas, Types } from "scimmy"
import { randomId } from "./Ids.ts"
import { isObject } from "./Input.ts"
import { currentRequest, type RequestContext } from "./RequestContext.ts"
import { checkNulls } from "./Rules.ts"
import { listPage } from "./ScimLists.ts"
import { notFound, plain, refuse } from "./ScimUser.ts"
import type { GroupRecord, Tenant } from "./Tenant.ts"

function requireGroup(tenant: Tenant, id: string | undefined): GroupRecord {
  const group = id === undefined ? undefined : tenant.group(id)
  if (group === undefined) throw notFound(id)
  return group
}

/** Ids of the members that are users here; all others are dropped without a word, as WorkOS does. */
function resolveMembers(tenant: Tenant, members: unknown): ReadonlyArray<string> {
  const ids = new Set<string>()
  for (const member of Array.isArray(members) ? members : []) {
    const value: unknown = isObject(member) ? member["value"] : undefined
    if (typeof value === "string" && tenant.user(value) !== undefined) ids.add(value)
  }
  return [...ids]
}

/** A group with its members spelled out, as filters see it and answers show it. */
function expand(group: GroupRecord, { tenant, baseUrl }: RequestContext): object {
  const { memberIds, identity: _, ...shown } = group
  const members = memberIds.map((id) => ({
    value: id,
    $ref: `${baseUrl}/Users/${id}`,
    display: tenant.user(id)?.userName,
    type: "User"
  }))
  return members.length === 0 ? shown : { ...shown, members }
}

function store(id: string | undefined, instance: object): object {
  const context = currentRequest()
  const { tenant } = context
  const now = new Date().toISOString()
  const before = id === undefined ? undefined : requireGroup(tenant, id)
  const data = plain(instance)
  const displayName = typeof data["displayName"] === "string" ? data["displayName"] : ""
  const externalId = typeof data["externalId"] === "string" ? data["externalId"] : undefined
  const groupId = before?.id ?? `directory_group_${randomId(26)}`
  const identity = before?.identity ?? externalId ?? displayName
  const owner = tenant.identityOwner(identity)
  if (owner !== undefined && owner !== groupId) {
    throw refuse({
      status: 409,
      scimType: "uniqueness",
      detail: `Another group already exists with this ID '${identity}'`
    })
  }
  const group: GroupRecord = {
    id: groupId,
    displayName,
    ...(externalId === undefined ? {} : { externalId }),
    identity,
    memberIds: context.dropMembers ? (before?.memberIds ?? []) : resolveMembers(tenant, data["members"]),
    meta: { created: before?.meta.created ?? now, lastModified: now }
  }
  tenant.putGroup(group)
  return expand(group, context)
}

function shape(group: object, attributes?: Types.Filter): Schemas.Group {
  return new Schemas.Group(group, "out", `${currentRequest().baseUrl}/Groups`, attributes)
}

/** Groups as SCIMMY serves them, with the rules of WorkOS. The class name is SCIMMY's name of the type. */
export class Group extends Resources.Group {
  override async read(): Promise<Messages.ListResponse | Schemas.Group> {
    const context = currentRequest()
    if (this.id !== undefined) {
      return shape(expand(requireGroup(context.tenant, this.id), context), this.attributes)
    }
    const rows = context.tenant.groups().map((group) => expand(group, context))
    return listPage(rows, this, (group) => shape(group, this.attributes), context)
  }

  override async write(body: unknown): Promise<Schemas.Group> {
    const patched = body instanceof Types.Schema
    if (!patched) {
      if (this.id !== undefined) requireGroup(currentRequest().tenant, this.id)
      const refusal = checkNulls(body)
      if (refusal !== undefined) throw refuse(refusal)
      if (isObject(body) && (typeof body["displayName"] !== "string" || body["displayName"].trim() === "")) {
        throw refuse({ status: 400, scimType: "invalidValue", detail: "'displayName' is required" })
      }
    }
    return super.write(body)
  }

  override async patch(message: Parameters<Resources.Group["patch"]>[0]): Promise<Schemas.Group> {
    const refusal = checkNulls(message)
    if (refusal !== undefined) throw refuse(refusal)
    if (this.attributes === undefined) return super.patch(message)
    // Patching a view without its members would lose them, so the whole resource is patched.
    const whole = await new Group(this.id).patch(message)
    return whole === undefined ? whole : shape(whole, this.attributes)
  }
}

Group.ingress((resource, instance) => shape(store(resource.id, instance)))
Group.degress((resource) => {
  if (resource.id === undefined || !currentRequest().tenant.removeGroup(resource.id)) throw notFound(resource.id)
})
