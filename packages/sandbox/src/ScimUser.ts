import { type Messages, Resources, Schemas, Types } from "scimmy"
import { randomId } from "./Ids.ts"
import { isObject, type JsonObject } from "./Input.ts"
import { currentRequest } from "./RequestContext.ts"
import { checkNulls, checkUnique, checkUserBody, emailsOf, type Operation, type Refusal } from "./Rules.ts"
import { listPage } from "./ScimLists.ts"
import type { Tenant, UserRecord } from "./Tenant.ts"

/** The SCIMMY error of a refusal; SCIMMY turns it into the answer. */
export function refuse(refusal: Refusal): Types.SCIMError {
  return new Types.Error(refusal.status, refusal.scimType, refusal.detail)
}

/** The error for a resource that is not there. */
export function notFound(id: string | undefined): Types.SCIMError {
  return new Types.Error(404, "", `Resource ${id ?? ""} not found`)
}

/** A SCIMMY schema instance (accessors and proxies) as plain JSON. */
export function plain(instance: object): JsonObject {
  const value: unknown = JSON.parse(JSON.stringify(instance))
  return isObject(value) ? value : {}
}

function requireUser(tenant: Tenant, id: string | undefined): UserRecord {
  const user = id === undefined ? undefined : tenant.user(id)
  if (user === undefined) throw notFound(id)
  return user
}

function store(id: string | undefined, instance: object, operation: Operation): UserRecord {
  const { tenant } = currentRequest()
  const now = new Date().toISOString()
  const before = id === undefined ? undefined : requireUser(tenant, id)
  const data = plain(instance)
  const userName = typeof data["userName"] === "string" ? data["userName"].trim().toLowerCase() : ""
  const emails = emailsOf(data, userName, operation)
  if ("status" in emails) throw refuse(emails)
  const user: UserRecord = {
    ...data,
    id: before?.id ?? `directory_user_${randomId(26)}`,
    userName,
    // Absent on create or replace means active.
    active: data["active"] !== false,
    emails,
    meta: { created: before?.meta.created ?? now, lastModified: now }
  }
  const conflict = checkUnique(tenant, user)
  if (conflict !== undefined) throw refuse(conflict)
  // With soft delete off a deactivated user is deleted; the answer still shows its last state.
  if (!user.active && !tenant.softDelete) tenant.removeUser(user.id)
  else tenant.putUser(user)
  return user
}

function shape(user: object, attributes?: Types.Filter): Schemas.User {
  return new Schemas.User(user, "out", `${currentRequest().baseUrl}/Users`, attributes)
}

/** Users as SCIMMY serves them, with the rules of WorkOS. The class name is SCIMMY's name of the type. */
export class User extends Resources.User {
  override async read(): Promise<Messages.ListResponse | Schemas.User> {
    const context = currentRequest()
    if (this.id !== undefined) return shape(requireUser(context.tenant, this.id), this.attributes)
    return listPage(context.tenant.users(), this, (user) => shape(user, this.attributes), context)
  }

  override async write(body: unknown): Promise<Schemas.User> {
    const { tenant } = currentRequest()
    // SCIMMY ends a PATCH with a write of the patched instance.
    const patched = body instanceof Types.Schema
    const operation = patched ? "patch" : this.id === undefined ? "create" : "replace"
    if (!patched) {
      if (this.id !== undefined) requireUser(tenant, this.id)
      const refusal = isObject(body) ? checkUserBody(tenant, body, operation) : undefined
      if (refusal !== undefined) throw refuse(refusal)
    }
    return super.write(body, operation)
  }

  override async patch(message: Parameters<Resources.User["patch"]>[0]): Promise<Schemas.User> {
    const refusal = checkNulls(message)
    if (refusal !== undefined) throw refuse(refusal)
    if (this.attributes === undefined) return super.patch(message)
    // Patching a view with attributes left out would lose them, so the whole resource is patched.
    const whole = await new User(this.id).patch(message)
    return whole === undefined ? whole : shape(whole, this.attributes)
  }
}

User.ingress((resource, instance, operation: Operation) => shape(store(resource.id, instance, operation)))
User.degress((resource) => {
  if (resource.id === undefined || !currentRequest().tenant.removeUser(resource.id)) throw notFound(resource.id)
})
