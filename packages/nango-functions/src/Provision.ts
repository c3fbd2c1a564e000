/** A person gets access, keeps it, loses it, or gets another role: each as often as it is asked for, and done once. */
import * as Person from "@loom-scim/core/provisioning/Person"
import { isActive } from "@loom-scim/core/provisioning/Facet"
import { FoundUsers } from "@loom-scim/core/provisioning/SubsetUsers"
import type { JsonObject } from "@loom-scim/core/scim/Json"
import { isJsonObject } from "@loom-scim/core/scim/Json"
import { idOf } from "@loom-scim/core/scim/ListPage"
import { get } from "@loom-scim/core/scim/ResourceValue"
import { Effect, Result } from "effect"
import type { Carried, Planned } from "./Carry.ts"
import { carry, planOne } from "./Carry.ts"
import * as Identify from "./Identify.ts"
import type { DeprovisionInput, ProvisionInput, Role, RoleInput } from "./PeopleInputs.ts"
import * as Policy from "./Policy.ts"
import { InvalidInput, toJson } from "./Resources.ts"
import type { Session } from "./Session.ts"

/** What a function answers. */
export type Answer = Pick<Carried, "changes" | "id" | "outcome">

const answered = ({ changes, id, outcome }: Carried): Answer => ({ id, outcome, changes })

const roles = {
  admin: "admin",
  creator: "creator",
  viewer: "viewer",
  Admin: "admin",
  Creator: "creator",
  Viewer: "viewer"
} as const satisfies Record<Role, Person.Role>

const named = (
  externalId: string,
  name: string
): Result.Result<Pick<Person.Person, "key" | "userName">, InvalidInput> => {
  const key = Person.personKey(externalId)
  const userName = Person.userName(name.trim().toLowerCase())
  return Result.isSuccess(key) && Result.isSuccess(userName)
    ? Result.succeed({ key: key.success, userName: userName.success })
    : Result.fail(new InvalidInput({ reason: "An external id or a user name is empty." }))
}

const unnamed: Person.Person["name"] = { givenName: null, familyName: null, formatted: null }

/** The person that an input describes; fails when it names nobody. */
export const personOf = (input: ProvisionInput): Result.Result<Person.Person, InvalidInput> => {
  const { displayName, email, externalId, familyName = null, givenName = null, role } = input
  const attributes = toJson({ ...(displayName === undefined ? {} : { displayName }), ...input.attributes })
  return Result.map(named(externalId, input.userName ?? email), (who) => ({
    ...who,
    emails: [{ value: email.trim(), type: "work", primary: true }],
    name: { ...unnamed, givenName, familyName },
    active: true,
    role: role === undefined ? null : roles[role],
    groups: [],
    attributes: isJsonObject(attributes) ? attributes : {},
    at: "the input"
  }))
}

/** Creates somebody, or takes over, lets in again or changes the user they are. */
export const provision = Effect.fnUntraced(function* (session: Session, input: ProvisionInput) {
  const { client } = session
  const policy = yield* Policy.guardOf(session)
  const person = yield* Effect.fromResult(personOf(input))
  const attempt = Effect.gen(function* () {
    const found = new FoundUsers(client)
    yield* found.findAll([person], () => [])
    const subject = { person, users: found.all, adopt: input.adopt ?? "unclaimed", leavers: "deactivate" } as const
    return yield* carry(client, policy, yield* planOne(client, { ...subject, managed: new Map() }))
  })
  const first = yield* attempt
  if (first.outcome !== "created" || !first.isFound) return answered(first)
  // The answer was lost, or somebody else did the same just now: it may differ from what was asked for.
  const second = yield* attempt
  return answered({ ...second, outcome: second.outcome === "unchanged" ? "created" : second.outcome })
})

/** A user as the one that is named, whatever they are called. */
const managedAs = (user: JsonObject, key: string): ReadonlyMap<string, string> => new Map([[idOf(user) ?? "", key]])

const keyOf = (user: JsonObject): string => {
  const externalId = get(user, "externalId")
  return typeof externalId === "string" && externalId !== "" ? externalId : (idOf(user) ?? "")
}

/** Somebody leaves, as the policy says. Whoever is gone, or shut out already, needs nothing. */
export const deprovision = Effect.fnUntraced(function* (session: Session, input: DeprovisionInput) {
  const { client } = session
  const leavers = yield* Policy.leavingOf(session, input.policy)
  const policy = yield* Policy.guardOf(session)
  const user = yield* Identify.find(session, input)
  if (user === null) return { id: null, outcome: "absent", changes: [] } satisfies Answer
  const managed = managedAs(user, keyOf(user))
  const planned = yield* planOne(client, { person: null, users: [user], adopt: "never", leavers, managed })
  const carried = yield* carry(client, policy, planned)
  return carried.outcome !== "unchanged" && carried.isFound
    ? answered({ ...carried, outcome: "absent", changes: [] })
    : answered(carried)
})

/** Somebody gets another role, and nothing else. */
export const setRole = Effect.fnUntraced(function* (session: Session, input: RoleInput) {
  const { client } = session
  const policy = yield* Policy.guardOf(session)
  const user = yield* Identify.one(session, input)
  const userName = get(user, "userName")
  const who = yield* Effect.fromResult(named(keyOf(user), typeof userName === "string" ? userName : ""))
  const person: Person.Person = {
    ...who,
    emails: [],
    name: unnamed,
    active: isActive(user),
    role: roles[input.role],
    groups: [],
    attributes: {},
    at: "the input"
  }
  const managed = managedAs(user, who.key)
  const planned: Planned = yield* planOne(client, {
    person,
    users: [user],
    adopt: "never",
    leavers: "deactivate",
    managed
  })
  return answered(yield* carry(client, policy, planned))
})
