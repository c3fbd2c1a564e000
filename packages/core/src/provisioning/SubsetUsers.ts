/** Finds the users that a plan about a few people has to know, without listing everybody. */
import { Effect, Stream } from "effect"
import * as Filter from "../scim/Filter.ts"
import type { JsonObject } from "../scim/Json.ts"
import { idOf } from "../scim/ListPage.ts"
import { tolerate } from "../scim/ResourceDecode.ts"
import { get } from "../scim/ResourceValue.ts"
import { loomUser } from "../scim/Schemas.ts"
import type { ScimClientOperations } from "../scim/ScimClient.ts"
import type { ListIncomplete } from "../scim/ScimClientList.ts"
import type { ScimError } from "../scim/ScimError.ts"
import { addressesOf } from "./Facet.ts"
import { type Person, primaryEmail } from "./Person.ts"
import { foldName } from "./PersonDigest.ts"
import type { PlanIndex } from "./PlanIndex.ts"
import { Ours, rowsOf } from "./PlanMatch.ts"

// The client slows down by itself where a server wants it; this bounds what waits for it.
const concurrency = 16

const textOf = (user: JsonObject, name: string): string | null => {
  const value = get(user, name)
  return typeof value === "string" && value.trim() !== "" ? value : null
}

const nameOf = (user: JsonObject): string => foldName(textOf(user, "userName") ?? "")

const addressOf = (user: JsonObject): string | undefined => addressesOf(get(user, "emails"))[0]

const mend = (user: JsonObject): JsonObject => tolerate(user, loomUser).resource

/** Users by id, each asked for once, and who was found by other means. */
export class FoundUsers {
  readonly #client: ScimClientOperations
  readonly #byId = new Map<string, JsonObject | null>()
  /** Those that the server gives no id; nothing can be done about them, but they have to be seen. */
  readonly #nameless: Array<JsonObject> = []

  constructor(client: ScimClientOperations) {
    this.#client = client
  }

  /** All that were found. */
  get all(): ReadonlyArray<JsonObject> {
    return [...[...this.#byId.values()].filter((user) => user !== null), ...this.#nameless]
  }

  /** The user of an id, as found before; null when there is none, undefined when nobody looked. */
  of(id: string): JsonObject | null | undefined {
    return this.#byId.get(id)
  }

  /** Reads some by id. */
  readonly fetch = (ids: Iterable<string>): Effect.Effect<void, ScimError> =>
    Effect.forEach(
      [...new Set(ids)].filter((id) => !this.#byId.has(id)),
      (id) =>
        this.#client.get("Users", id).pipe(
          Effect.map(({ resource }) => mend(resource)),
          Effect.catchTag("NotFound", () => Effect.succeed(null)),
          Effect.map((user) => void this.#byId.set(id, user))
        ),
      { concurrency, discard: true }
    )

  /** Finds who may be a person: by the ids under which we manage them, else by what they are called. */
  readonly findAll = (
    people: Iterable<Person>,
    idsOf: (key: string) => ReadonlyArray<string>
  ): Effect.Effect<void, ScimError | ListIncomplete> =>
    Effect.forEach(people, (person) => this.#find(person, idsOf(person.key)), { concurrency, discard: true })

  readonly #find = Effect.fnUntraced({ self: this }, function* (person: Person, ids: ReadonlyArray<string>) {
    yield* this.fetch(ids)
    const held = ids.map((id) => this.of(id)).filter((user) => user !== null && user !== undefined)
    const { key, userName } = person
    // Whoever is found by id is found; only what the person is newly called may belong to somebody else, and an external
    // id that is not ours may mean that ours is somewhere else.
    const isKeyed = held.length > 0 && held.every((user) => (textOf(user, "externalId") ?? key) === key)
    const isNamed = held.length > 0 && held.every((user) => nameOf(user) === userName)
    const keyed = isKeyed
      ? held
      : yield* this.#search(Filter.eq("externalId", key), (user) => textOf(user, "externalId") === key)
    if (!isNamed) yield* this.#search(Filter.eq("userName", userName), (user) => nameOf(user) === userName)
    const address = primaryEmail(person)
    if (held.length > 0 || keyed.length > 0 || address === null) return
    yield* this.#search(Filter.eq("emails.value", address), (user) => addressOf(user) === address)
  })

  /** Every hit is checked before it is believed, since some servers ignore filters. */
  readonly #search = Effect.fnUntraced(
    { self: this },
    function* (filter: Filter.Filter, matches: (user: JsonObject) => boolean) {
      const query = { filter: Filter.print(filter), matches: (user: JsonObject) => matches(mend(user)) }
      const found = yield* Stream.runCollect(this.#client.list("Users", query))
      const users = found.map(mend)
      for (const user of users) {
        const id = idOf(user)
        if (id === null) this.#nameless.push(user)
        else this.#byId.set(id, user)
      }
      return users
    }
  )

  /**
   * The keys of the people of a source to whom the users that were found may belong. A plan that saw a user and not its
   * person would take it for somebody else's, or for one who left.
   */
  ownersIn(index: PlanIndex, managed: ReadonlyMap<string, string>): ReadonlySet<string> {
    const ours = new Ours(managed)
    const keys = new Set<string>()
    for (const user of this.all) {
      for (const row of rowsOf(index, user, ours.identify(user))) {
        const key = index.keys[row]
        if (key !== undefined) keys.add(key)
      }
    }
    return keys
  }
}
