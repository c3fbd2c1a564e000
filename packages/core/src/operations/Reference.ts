/** How people name users and groups: by id, by user name or e-mail address, by a group's name. */
import { Effect, Predicate, Schema } from "effect"
import * as Filter from "../scim/Filter.ts"
import type { JsonObject } from "../scim/Json.ts"
import { idOf } from "../scim/ListPage.ts"
import type { ScimClientOperations } from "../scim/ScimClient.ts"
import type { ScimError } from "../scim/ScimError.ts"
import type { Endpoint } from "./Operation.ts"

/** Nobody, or more than one, has that name. Ambiguities are reported and not guessed. */
export class NotIdentified extends Schema.TaggedError<NotIdentified>()("NotIdentified", {
  reference: Schema.String,
  found: Schema.Int
}) {
  override get message(): string {
    return this.found === 0
      ? `There is no "${this.reference}". Names are user names, e-mail addresses, group names or ids.`
      : `"${this.reference}" fits ${this.found} of them. Name it by its id.`
  }
}

const sameText = (value: unknown, wanted: string): boolean =>
  Predicate.isString(value) && value.toLowerCase() === wanted.toLowerCase()

const hasEmail = (resource: JsonObject, wanted: string): boolean => {
  const emails = resource["emails"]
  return (
    Array.isArray(emails) &&
    emails.some((email) => Predicate.isObject(email) && sameText(Reflect.get(email, "value"), wanted))
  )
}

/**
 * Finds the one that is meant. A hit is verified to have the name before it is believed, since some servers ignore
 * filters: taking the first row would change an unrelated person.
 */
export const find = Effect.fn("Reference.find")(function* (
  client: ScimClientOperations,
  endpoint: Endpoint,
  reference: string
): Effect.fn.Return<JsonObject, ScimError | NotIdentified> {
  const wanted = reference.trim()
  const search = Effect.fnUntraced(function* (filter: Filter.Filter, matches: (resource: JsonObject) => boolean) {
    const { resources } = yield* client.listAll(endpoint, { filter: Filter.print(filter), matches })
    return resources
  })
  const one = (found: ReadonlyArray<JsonObject>): Effect.Effect<JsonObject, NotIdentified> | undefined => {
    const [first, ...others] = found
    if (first === undefined) return undefined
    return others.length === 0
      ? Effect.succeed(first)
      : Effect.fail(new NotIdentified({ reference: wanted, found: found.length }))
  }
  if (endpoint === "Users" && wanted.includes("@")) {
    // Loom keeps user names in lower case and some servers compare them exactly.
    const byName = one(
      yield* search(Filter.eq("userName", wanted.toLowerCase()), (user) => sameText(user["userName"], wanted))
    )
    if (byName !== undefined) return yield* byName
    const byEmail = one(yield* search(Filter.eq("emails.value", wanted), (user) => hasEmail(user, wanted)))
    if (byEmail !== undefined) return yield* byEmail
  }
  const byId = yield* client.get(endpoint, wanted).pipe(
    Effect.map(({ resource }) => (idOf(resource) === wanted ? resource : null)),
    Effect.catchTag("NotFound", () => Effect.succeed(null))
  )
  if (byId !== null) return byId
  const attribute = endpoint === "Users" ? "userName" : "displayName"
  const byName = one(yield* search(Filter.eq(attribute, wanted), (found) => sameText(found[attribute], wanted)))
  return yield* byName ?? Effect.fail(new NotIdentified({ reference: wanted, found: 0 }))
})
