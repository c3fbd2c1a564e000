import { afterEach } from "vitest"
import { asObject, isObject, type JsonObject } from "../src/Input.ts"
import { startSandbox, type Sandbox, type SandboxOptions } from "../src/Sandbox.ts"
import { ENTERPRISE_USER, USER_SCHEMA } from "../src/Schemas.ts"

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body when it is a JSON object, else an empty object. */
  readonly json: JsonObject
}

const open: Array<Sandbox> = []

afterEach(async () => {
  await Promise.all(open.splice(0).map((sandbox) => sandbox.close()))
})

/** A sandbox that is closed after the test. */
export async function sandbox(options?: SandboxOptions): Promise<Sandbox> {
  const started = await startSandbox(options)
  open.push(started)
  return started
}

function parse(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}

async function request(url: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(5_000), ...init })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: parse(text) }
}

/** A SCIM request with the sandbox's token; a body that is no string is sent as JSON. */
export function scim(at: Sandbox, method: string, path: string, body?: unknown, init?: RequestInit): Promise<Answer> {
  return request(at.scimUrl + path, {
    method,
    headers: { authorization: `Bearer ${at.token}`, "content-type": "application/scim+json" },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    ...init
  })
}

/** A request to the control endpoint. */
export function control(at: Sandbox, method: string, path: string, body?: unknown): Promise<Answer> {
  return request(at.controlUrl + path, {
    method,
    headers: { "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })
}

/** Puts a fault in force. */
export async function fault(at: Sandbox, body: JsonObject): Promise<void> {
  const { status, text } = await control(at, "POST", "/faults", body)
  if (status !== 201) throw new Error(text)
}

/** A valid body of a new user, with overrides; `undefined` removes an attribute. */
export function userBody(userName: string, overrides: JsonObject = {}): JsonObject {
  return {
    schemas: [USER_SCHEMA, ENTERPRISE_USER],
    userName,
    active: true,
    name: { givenName: "Test", familyName: "Person" },
    emails: [{ value: `${userName}@mail.example.com`, type: "work", primary: true }],
    [ENTERPRISE_USER]: { loomMemberRole: "creator" },
    ...overrides
  }
}

/** A PATCH body (RFC 7644 §3.5.2). */
export function patchBody(...operations: ReadonlyArray<JsonObject>): JsonObject {
  return { schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations: operations }
}

/** The id in an answer; fails the test when there is none. */
export function idOf(answer: Answer): string {
  const id = answer.json["id"]
  if (typeof id !== "string") throw new Error(`No id in ${answer.status} ${answer.text}`)
  return id
}

/** Creates a user and returns its id. */
export async function createUser(at: Sandbox, userName: string, overrides?: JsonObject): Promise<string> {
  return idOf(await scim(at, "POST", "/Users", userBody(userName, overrides)))
}

/** The rows of a list answer. */
export function rows(answer: Answer): ReadonlyArray<JsonObject> {
  const found = answer.json["Resources"]
  return Array.isArray(found) ? found.map((row) => asObject(row, "A row")) : []
}

/** The member ids of a group. */
export function memberIds(group: JsonObject): ReadonlyArray<unknown> {
  const members = group["members"]
  return Array.isArray(members) ? members.map((member) => asObject(member, "A member")["value"]) : []
}
