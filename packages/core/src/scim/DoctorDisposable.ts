/** The doctor's own user and group: how they are named, and how they are recognised again. */
import { Effect, Random } from "effect"
import type { JsonObject } from "./Json.ts"
import * as Schemas from "./Schemas.ts"

/** What the names of everything that the doctor creates begin with. */
export const prefix = "loom-scim-doctor-"

const digits = 12

// The whole form is asked for, so that somebody who merely has such a beginning in their name is never touched.
const form = new RegExp(`^${prefix}[0-9a-f]{${digits}}(?:-renamed|-replaced)?(?:@[^@\\s]+)?$`, "i")

/** The two endpoints the doctor creates at, and the attribute that holds the name. */
export const nameAttributes = { Users: "userName", Groups: "displayName" } as const
export type Endpoint = keyof typeof nameAttributes

/** The name of a resource, without a domain, when the doctor made it, by the form of that name; else null. */
export const ownName = (endpoint: Endpoint, resource: JsonObject): string | null => {
  const name = resource[nameAttributes[endpoint]]
  return typeof name === "string" && form.test(name) ? name.replace(/@.*$/, "") : null
}

/** A name that no other run has. */
export const newName: Effect.Effect<string> = Effect.map(
  Effect.forEach(Array.from({ length: digits }), () => Random.nextIntBetween(0, 15)),
  (values) => prefix + values.map((value) => value.toString(16)).join("")
)

/** The user to create. */
export const user = (name: string, domain: string): JsonObject => ({
  schemas: [Schemas.userUrn, Schemas.enterpriseUserUrn],
  externalId: name,
  userName: `${name}@${domain}`,
  name: { givenName: "Disposable", familyName: "Doctor" },
  displayName: "Disposable Doctor",
  active: true,
  emails: [{ value: `${name}@${domain}`, type: "work", primary: true }],
  [Schemas.enterpriseUserUrn]: { loomMemberRole: "viewer" }
})

/** The group to create. */
export const group = (name: string): JsonObject => ({
  schemas: [Schemas.groupUrn],
  externalId: name,
  displayName: name
})
