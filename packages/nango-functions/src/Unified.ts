/** People as Nango's unified models have them (`User`, `CreateUser`), and as SCIM has them: the one place in between. */
import type { Json, JsonObject } from "@loom-scim/core/scim/Json"
import { isJsonObject } from "@loom-scim/core/scim/Json"
import type { ScimError } from "@loom-scim/core/scim/ScimError"
import { Effect, Predicate } from "effect"
import type { Id, NewPerson, NewResource } from "./Inputs.ts"
import * as Resources from "./Resources.ts"
import type { Session } from "./Session.ts"

/** Nango's unified `User`. */
export interface UnifiedUser {
  readonly id: string
  readonly email: string
  readonly firstName: string
  readonly lastName: string
}

const textOf = (value: Json | undefined): string => (Predicate.isString(value) ? value : "")

const emailOf = ({ emails, userName }: JsonObject): string => {
  const all = Array.isArray(emails) ? emails.filter(isJsonObject) : []
  const best = all.find(({ primary }) => primary === true) ?? all.find(({ type }) => type === "work") ?? all[0]
  return textOf(best?.["value"]) || textOf(userName)
}

/** From a user as `Resources` gives one; what a server does not say is empty. */
export const toUser = (resource: JsonObject): UnifiedUser => {
  const name = isJsonObject(resource["name"]) ? resource["name"] : {}
  return {
    id: textOf(resource["id"]),
    email: emailOf(resource),
    firstName: textOf(name["givenName"]),
    lastName: textOf(name["familyName"])
  }
}

/** From `CreateUser` with whatever attributes of SCIM stand beside the three. */
export const toScim = ({ email, firstName, lastName, ...rest }: NewPerson): NewResource => ({
  userName: email,
  active: true,
  ...rest,
  name: { givenName: firstName, familyName: lastName },
  emails: [{ value: email, type: "work", primary: true }]
})

/** Creates a user from a person. */
export const createUser = (session: Session, person: NewPerson): Effect.Effect<UnifiedUser, ScimError> =>
  Effect.map(Resources.create(Resources.users)(session, toScim(person)), toUser)

/** Deletes a user. */
export const deleteUser = (session: Session, id: Id): Effect.Effect<{ readonly success: true }, ScimError> =>
  Effect.as(Resources.remove(Resources.users)(session, id), { success: true })
