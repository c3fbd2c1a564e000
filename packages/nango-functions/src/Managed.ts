/** What we created, took over or recognised on a server, kept with the connection: only these are ever taken for gone. */
import { managedOf } from "@loom-scim/core/provisioning/PlanOptions"
import type { Managed as PlanManaged } from "@loom-scim/core/provisioning/PlanMatch"
import type { ManagedChange, ManagedEndpoint } from "@loom-scim/core/ports/Runs"
import { get } from "@loom-scim/core/scim/ResourceValue"
import type { JsonObject } from "@loom-scim/core/scim/Json"
import { idOf } from "@loom-scim/core/scim/ListPage"
import { Option, Predicate, Schema } from "effect"

/** Its field in the metadata. */
export const field = "loomScimManaged"

/** Keys by id. */
const Keys = Schema.Record(Schema.String, Schema.String)
const Stored = Schema.Struct({ Users: Keys, Groups: Keys })

const endpoints = ["Users", "Groups"] as const satisfies ReadonlyArray<ManagedEndpoint>

const decode = Schema.decodeUnknownOption(Stored)

/** By id, what it was given as external id. */
export class Managed {
  readonly #keys: { readonly Users: Map<string, string>; readonly Groups: Map<string, string> }
  readonly #ids = { Users: new Map<string, string>(), Groups: new Map<string, string>() }
  #isChanged = false

  constructor(metadata: unknown) {
    const stored = Predicate.hasProperty(metadata, field) ? Option.getOrNull(decode(metadata[field])) : null
    this.#keys = { Users: new Map(), Groups: new Map() }
    for (const endpoint of endpoints) {
      for (const [id, key] of Object.entries(stored?.[endpoint] ?? {})) this.#keep(endpoint, id, key)
    }
    this.#isChanged = false
  }

  /** Whether it is to be written. */
  get isChanged(): boolean {
    return this.#isChanged
  }

  /** For the planner. */
  get forPlan(): PlanManaged {
    const resources = (endpoint: ManagedEndpoint) =>
      [...this.#keys[endpoint]].map(([id, key]) => ({ endpoint, id, key }))
    return managedOf([...resources("Users"), ...resources("Groups")])
  }

  /** The id of what has a key; null for what is not there. */
  idOf(endpoint: ManagedEndpoint, key: string): string | null {
    return this.#ids[endpoint].get(key) ?? null
  }

  /** Takes what an action made. */
  take(change: ManagedChange): void {
    if (change._tag === "Keep") return this.#keep(change.resource.endpoint, change.resource.id, change.resource.key)
    const { endpoint, id } = change
    const key = this.#keys[endpoint].get(id)
    if (key === undefined) return
    this.#keys[endpoint].delete(id)
    if (this.#ids[endpoint].get(key) === id) this.#ids[endpoint].delete(key)
    this.#isChanged = true
  }

  #keep(endpoint: ManagedEndpoint, id: string, key: string): void {
    this.#ids[endpoint].set(key, id)
    if (this.#keys[endpoint].get(id) === key) return
    this.#keys[endpoint].set(id, key)
    this.#isChanged = true
  }

  /** Recognises in a whole list what has an external id that we give, and forgets what is not in it. */
  recognise(
    endpoint: ManagedEndpoint,
    resources: ReadonlyArray<JsonObject>,
    isOurs: (externalId: string) => boolean
  ): void {
    const there = new Set<string>()
    for (const resource of resources) {
      const id = idOf(resource)
      const key = get(resource, "externalId")
      if (id === null) continue
      there.add(id)
      if (typeof key === "string" && isOurs(key)) this.#keep(endpoint, id, key)
    }
    for (const id of this.#keys[endpoint].keys()) if (!there.has(id)) this.take({ _tag: "Forget", endpoint, id })
  }

  /** For the metadata. */
  get stored(): typeof Stored.Encoded {
    const { Groups, Users } = this.#keys
    return { Users: Object.fromEntries(Users), Groups: Object.fromEntries(Groups) }
  }
}
