/** Which user is meant. Nobody is guessed, and nobody is absent before that is sure. */
import { addressesOf } from "@loom-scim/core/provisioning/Facet"
import type { JsonObject } from "@loom-scim/core/scim/Json"
import { idOf } from "@loom-scim/core/scim/ListPage"
import { get } from "@loom-scim/core/scim/ResourceValue"
import type { LookupKey } from "@loom-scim/core/scim/ScimClientIdentity"
import { conflictKeys } from "@loom-scim/core/scim/ScimClientIdentity"
import type { ListIncomplete } from "@loom-scim/core/scim/ScimClientList"
import type { ScimError } from "@loom-scim/core/scim/ScimError"
import { Effect, Schema, Stream } from "effect"
import type { Reference } from "./PeopleInputs.ts"
import { mended, users } from "./Resources.ts"
import type { Session } from "./Session.ts"

/** Several users are meant, or somebody else may be. Nothing was changed. */
export class Ambiguous extends Schema.TaggedError<Ambiguous>()("Ambiguous", {
  /** In words that follow "It cannot be told what is to be done:". */
  reason: Schema.String,
  /** Of the users it is about. */
  ids: Schema.Array(Schema.String),
  next: Schema.String
}) {
  override get message(): string {
    return `It cannot be told what is to be done: ${this.reason}.`
  }
}

/** Nobody is called so. */
export class NoSuchUser extends Schema.TaggedError<NoSuchUser>()("NoSuchUser", {}) {
  override get message(): string {
    return "No user has what was given."
  }
  get next(): string {
    return "See list-scim-users, or let provision-user create them."
  }
}

const fold = (text: string): string => text.trim().toLowerCase()

/** The address that counts is the primary one: any other may be shared. */
const isMeant = ({ attribute, matches }: LookupKey, reference: Reference, user: JsonObject): boolean =>
  attribute === "emails" ? addressesOf(get(user, "emails"))[0] === fold(reference.email ?? "") : matches(user)

const search = Effect.fnUntraced(function* ({ client }: Session, key: LookupKey, reference: Reference) {
  for (const filter of key.filters) {
    const matches = (user: JsonObject) => isMeant(key, reference, mended(users, user))
    const found = yield* Stream.runCollect(client.list("Users", { filter, matches }))
    if (found.length > 0) return found
  }
  return []
})

const byId = ({ client }: Session, id: string): Effect.Effect<ReadonlyArray<JsonObject>, ScimError> =>
  client.get("Users", id).pipe(
    Effect.map(({ resource }) => [{ ...resource, id }]),
    // A 404 may mean the address of the server rather than the user: it is believed when others can be read.
    Effect.catchTag("NotFound", () => Effect.as(client.listAll("Users", { count: 1, maxPages: 1 }), []))
  )

const order = ["externalId", "userName", "emails"] as const

/** Finds the user, by each reference that is given; by the address only when nothing better found anybody. */
export const find = Effect.fnUntraced(function* (
  session: Session,
  reference: Reference
): Effect.fn.Return<JsonObject | null, ScimError | ListIncomplete | Ambiguous> {
  const { email, externalId, id, userName } = reference
  const found = new Map<string, JsonObject>()
  const take = (all: ReadonlyArray<JsonObject>) => {
    for (const user of all) found.set(idOf(user) ?? "", mended(users, user))
  }
  if (id !== undefined) take(yield* byId(session, id))
  const keys = conflictKeys({
    ...(externalId === undefined ? {} : { externalId }),
    ...(userName === undefined ? {} : { userName }),
    ...(email === undefined ? {} : { emails: [{ value: email }] })
  })
  for (const attribute of order) {
    const key = keys.find((one) => one.attribute === attribute)
    if (key === undefined || (attribute === "emails" && found.size > 0)) continue
    take(yield* search(session, key, reference))
  }
  const [user, ...others] = found.values()
  if (user === undefined) return null
  const ids = [...found.keys()]
  if (others.length > 0) {
    return yield* new Ambiguous({ reason: "several users match", ids, next: "Name the one that is meant by its id." })
  }
  const shown = get(user, "externalId")
  if (externalId !== undefined && typeof shown === "string" && shown !== "" && shown !== externalId) {
    return yield* new Ambiguous({
      reason: "the user that was found has another external id",
      ids,
      next: "If it is the one that is meant, name it by its id alone."
    })
  }
  return user
})

/** The same, for what cannot be done without a user. */
export const one = (session: Session, reference: Reference) =>
  Effect.flatMap(find(session, reference), (user) =>
    user === null ? Effect.fail(new NoSuchUser()) : Effect.succeed(user)
  )
