import { isObject, type JsonObject } from "./Input.ts"
import type { Tenant, UserRecord } from "./Tenant.ts"

/** A write the tenant does not take, as the status, scimType and detail of the answer (RFC 7644 §3.12). */
export interface Refusal {
  readonly status: 400 | 409
  readonly scimType: "invalidValue" | "invalidSyntax" | "uniqueness" | ""
  readonly detail: string
}

/** How a user or group reaches the tenant; some refusals differ by it. */
export type Operation = "create" | "replace" | "patch"

/** Looks like one e-mail address: enough for the rule that such a userName stands in for `emails`. */
function isEmail(text: string): boolean {
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text)
}

/** The path of the first null in a JSON value, or undefined. WorkOS types its schema strictly. */
function findNull(value: unknown, path: string): string | undefined {
  if (value === null) return path
  if (typeof value !== "object") return undefined
  for (const [key, inner] of Object.entries(value)) {
    const found = findNull(inner, path === "" ? key : `${path}.${key}`)
    if (found !== undefined) return found
  }
  return undefined
}

/** Refuses any null in a request body, on create, replace and patch alike. */
export function checkNulls(body: unknown): Refusal | undefined {
  const path = findNull(body, "")
  if (path === undefined) return undefined
  return { status: 400, scimType: "invalidSyntax", detail: `'${path}' is expected to have a value, received null` }
}

/** Rules on the body of a created or replaced user, before SCIMMY has coerced anything. */
export function checkUserBody(tenant: Tenant, body: JsonObject, operation: Operation): Refusal | undefined {
  const nulls = checkNulls(body)
  if (nulls !== undefined) return nulls
  const active = body["active"]
  if (active !== undefined && typeof active !== "boolean") {
    return {
      status: 400,
      scimType: "invalidSyntax",
      detail: `'active' is expected boolean, received ${typeof active}`
    }
  }
  if (typeof body["userName"] !== "string" || body["userName"].trim() === "") {
    return { status: 400, scimType: "invalidValue", detail: "'userName' is required" }
  }
  // The real server gives no reason here either.
  if (operation === "create" && active === false && !tenant.softDelete) {
    return { status: 400, scimType: "", detail: "" }
  }
  return undefined
}

/**
 * The e-mails to keep: the entries with a value, else the userName when it is an address, else a
 * refusal.
 */
export function emailsOf(user: JsonObject, userName: string, operation: Operation): UserRecord["emails"] | Refusal {
  const emails: Array<UserRecord["emails"][number]> = []
  for (const entry of Array.isArray(user["emails"]) ? user["emails"] : []) {
    if (isObject(entry) && typeof entry["value"] === "string" && entry["value"].trim() !== "") {
      emails.push({ ...entry, value: entry["value"] })
    }
  }
  if (emails.length > 0) return emails
  if (isEmail(userName)) return [{ value: userName, type: "work", primary: true }]
  return {
    status: 400,
    scimType: operation === "replace" ? "invalidSyntax" : "invalidValue",
    detail: "Required attributes missing: emails"
  }
}

/** Uniqueness of userName among all users and of e-mail addresses among active ones, in any case. */
export function checkUnique(tenant: Tenant, user: UserRecord): Refusal | undefined {
  const conflict = (what: string, value: string): Refusal => ({
    status: 409,
    scimType: "uniqueness",
    detail: `Another user already exists with this ${what} '${value}'`
  })
  const owner = tenant.userNameOwner(user.userName)
  if (owner !== undefined && owner !== user.id) return conflict("username", user.userName)
  if (!user.active) return undefined
  for (const { value } of user.emails) {
    const holder = tenant.activeEmailOwner(value)
    if (holder !== undefined && holder !== user.id) return conflict("email", value)
  }
  return undefined
}
