/** A directory in memory behind HTTP, and what a server may do wrong on demand. */
import { Effect, Redacted } from "effect"
import { HttpClient } from "effect/http"
import { Result } from "effect"
import { isJsonObject, type Json, type JsonObject } from "../../src/scim/Json.ts"
import { apply } from "../../src/scim/Patch.ts"
import { type Behaviour as Spoken, type Profile, unknown } from "../../src/scim/Profile.ts"
import { groupType, loomUser } from "../../src/scim/Schemas.ts"
import * as ScimClient from "../../src/scim/ScimClient.ts"
import type { ScimClientOperations } from "../../src/scim/ScimClient.ts"
import { perform } from "../../src/runs/Perform.ts"
import type { Action } from "../../src/provisioning/Action.ts"
import { type Behaviour, baseUrl, httpClient, type Reply, type Seen, token } from "../scim/ScimClient.harness.ts"

const fold = (value: unknown): string => String(value).toLowerCase()

const parsed = (text: string): JsonObject => {
  const json: Json = JSON.parse(text)
  if (!isJsonObject(json)) throw new Error("the body is no object")
  return json
}

const operationsIn = (body: JsonObject): ReadonlyArray<{ readonly op: string; readonly path?: string }> =>
  JSON.parse(JSON.stringify(body["Operations"]))

/** A directory. What it does wrong is set from outside. */
export class Directory {
  readonly users = new Map<string, JsonObject>()
  readonly groups = new Map<string, JsonObject>()
  /** PATCH is answered with 204. */
  isSilent = false
  ignoresFilters = false
  forgetsExternalIds = false
  /** Members are shown to nobody, or only to who asks for them by name. */
  hidesMembers: "always" | "unlessAsked" | null = null
  /** What is kept of a resource that was written. */
  keeps: (resource: JsonObject) => JsonObject = (resource) => resource
  /** Takes an answer away, or gives another one instead of doing anything. */
  interferes: (seen: Seen) => Behaviour | "lose" | null = () => null
  /** How long an answer takes, in milliseconds. */
  takes: (seen: Seen) => number = () => 0
  #made = 0

  constructor(users: ReadonlyArray<JsonObject> = [], groups: ReadonlyArray<JsonObject> = []) {
    for (const user of users) this.users.set(String(user["id"]), user)
    for (const group of groups) this.groups.set(String(group["id"]), group)
  }

  readonly handle = (seen: Seen): Behaviour => {
    const interference = this.interferes(seen)
    if (interference !== null && interference !== "lose") return interference
    const answer = seen.path === "/Bulk" ? this.#bulk(seen) : this.#one(seen.method, seen.path, seen)
    if (interference === "lose") return "ECONNRESET"
    const millis = this.takes(seen)
    return millis === 0 ? answer : { ...answer, millis }
  }

  #bulk(seen: Seen): Reply {
    const { Operations: operations } = parsed(seen.body)
    const answers = (Array.isArray(operations) ? operations : []).filter(isJsonObject).map((one) => {
      const method = String(one["method"])
      const path = String(one["path"])
      const { body, status } = this.#one(method, path, {
        query: new URLSearchParams(),
        body: JSON.stringify(one["data"])
      })
      const id = isJsonObject(body) ? body["id"] : undefined
      const response = status >= 400 ? { response: body } : {}
      const location = method === "POST" ? `${path}/${encodeURIComponent(String(id))}` : path
      return { method, bulkId: one["bulkId"], location, status: String(status), ...response }
    })
    return { body: { Operations: answers } }
  }

  #one(method: string, path: string, { body, query }: Pick<Seen, "query" | "body">): { status: number; body?: Json } {
    const [, endpoint = "", encoded] = path.split("/")
    const all = endpoint === "Users" ? this.users : this.groups
    const type = endpoint === "Users" ? loomUser : groupType
    if (encoded === undefined) return method === "POST" ? this.#create(all, parsed(body)) : this.#list(all, query)
    const id = decodeURIComponent(encoded)
    const held = all.get(id)
    if (held === undefined) return { status: 404, body: { detail: "no such resource" } }
    if (method === "DELETE") {
      all.delete(id)
      return { status: 204 }
    }
    if (method === "GET") return { status: 200, body: this.#shown(held, query) }
    const changed = apply(held, operationsIn(parsed(body)), type)
    if (Result.isFailure(changed)) return { status: 400, body: { scimType: changed.failure.scimType } }
    all.set(id, { ...this.keeps(changed.success), id })
    return this.isSilent ? { status: 204 } : { status: 200, body: this.#shown(all.get(id) ?? {}, query) }
  }

  #create(all: Map<string, JsonObject>, resource: JsonObject): { status: number; body: Json } {
    const taken = [...all.values()].some(
      (other) => other["userName"] !== undefined && fold(other["userName"]) === fold(resource["userName"])
    )
    if (taken) return { status: 409, body: { scimType: "uniqueness" } }
    const id = `new/${++this.#made}`
    const { externalId, ...rest } = resource
    const kept = this.forgetsExternalIds || externalId === undefined ? rest : { ...rest, externalId }
    all.set(id, { ...this.keeps(kept), id })
    return { status: 201, body: all.get(id) ?? null }
  }

  #list(all: Map<string, JsonObject>, query: URLSearchParams): { status: number; body: Json } {
    const [, attribute = "", literal = '""'] = /^(\S+) eq (".*")$/.exec(query.get("filter") ?? "") ?? []
    const wanted: Json = JSON.parse(literal)
    const rows = [...all.values()].filter(
      (one) => this.ignoresFilters || attribute === "" || fold(one[attribute]) === fold(wanted)
    )
    const from = Number(query.get("startIndex") ?? "1") - 1
    return { status: 200, body: { totalResults: rows.length, Resources: rows.slice(from) } }
  }

  #shown(resource: JsonObject, query: URLSearchParams): JsonObject {
    const isAsked = query.get("attributes") === "members"
    if (this.hidesMembers === null || (this.hidesMembers === "unlessAsked" && isAsked)) return resource
    const { members: _, ...rest } = resource
    return rest
  }
}

/** The requests since the last time, as `GET /Users/1`. */
export interface Watched {
  readonly seen: ReadonlyArray<Seen>
  readonly client: ScimClientOperations
  /** The methods of the requests since this was last called. */
  readonly methods: () => ReadonlyArray<string>
  /** Performs an action; nobody was created before unless `ids` says so. */
  readonly run: (
    action: Action,
    inDoubt?: boolean,
    ids?: Readonly<Record<string, string>>
  ) => ReturnType<typeof perform>
}

/** Runs with a client of a directory that is asked once for everything. */
export const watching = <A, E, R>(
  directory: Directory,
  use: (watched: Watched) => Effect.Effect<A, E, R>,
  behaviour: Partial<Spoken> = {},
  profile: Partial<Profile> = {}
) => {
  const { client: http, seen } = httpClient(directory.handle)
  return Effect.gen(function* () {
    const client = yield* ScimClient.make({
      baseUrl,
      token: Redacted.make(token),
      maxRetries: 0,
      maxWaits: 0,
      trustTotals: true,
      profile: { ...unknown, ...profile, behaviour: { ...unknown.behaviour, ...behaviour } }
    })
    let told = 0
    return yield* use({
      seen,
      client,
      methods: () => {
        const methods = seen.slice(told).map(({ method }) => method)
        told = seen.length
        return methods
      },
      run: (action, inDoubt = false, ids = {}) =>
        perform(client, action, {
          inDoubt,
          idOf: (endpoint, key) => (endpoint === "Users" ? (ids[key] ?? null) : null)
        })
    })
  }).pipe(Effect.provideService(HttpClient.HttpClient, http))
}
