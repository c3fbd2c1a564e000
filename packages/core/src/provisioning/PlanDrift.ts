/** Whether what a plan was based on is still so. A kept plan is refused when it is not. */
import type { JsonObject } from "../scim/Json.ts"
import { idOf } from "../scim/ListPage.ts"
import { get } from "../scim/ResourceValue.ts"
import { groupType, loomUser } from "../scim/Schemas.ts"
import type { Action } from "./Action.ts"
import { fingerprintOfResource } from "./Fingerprint.ts"
import { foldName } from "./PersonDigest.ts"
import type { Plan } from "./Plan.ts"

/**
 * How reality moved. `changed`: the resource is another than the one planned for. `vanished`: it is gone. `appeared`:
 * somebody has the external id or name of one who is to be created; `id` is theirs.
 */
export interface Drift {
  readonly kind: "changed" | "vanished" | "appeared"
  readonly id: string
  readonly label: string
  readonly action: Action["_tag"]
}

interface Based {
  readonly label: string
  readonly action: Action["_tag"]
  readonly basis: string
}

const keysOf = (resource: JsonObject, name: string): ReadonlyArray<string> => {
  const externalId = get(resource, "externalId")
  const named = get(resource, name)
  return [
    ...(typeof externalId === "string" && externalId !== "" ? [`external id ${externalId}`] : []),
    ...(typeof named === "string" && named.trim() !== "" ? [`name ${foldName(named)}`] : [])
  ]
}

/** One endpoint's side of a plan. */
class Watch {
  readonly #nameOf: string
  readonly #fingerprint: (resource: JsonObject) => string
  readonly #based = new Map<string, Based>()
  readonly #created = new Map<string, Pick<Based, "label" | "action">>()
  readonly #seen = new Set<string>()

  constructor(nameOf: string, fingerprint: (resource: JsonObject) => string) {
    this.#nameOf = nameOf
    this.#fingerprint = fingerprint
  }

  expect(id: string, based: Based): void {
    this.#based.set(id, based)
  }

  expectNone(resource: JsonObject, created: Pick<Based, "label" | "action">): void {
    for (const key of keysOf(resource, this.#nameOf)) this.#created.set(key, created)
  }

  see(resource: JsonObject): Drift | null {
    const id = idOf(resource)
    const based = id === null ? undefined : this.#based.get(id)
    if (id !== null && based !== undefined) {
      this.#seen.add(id)
      const { action, basis, label } = based
      return this.#fingerprint(resource) === basis ? null : { kind: "changed", id, label, action }
    }
    // A resource that the plan itself changes may have the name still that it is about to give up.
    const rival = keysOf(resource, this.#nameOf)
      .map((key) => this.#created.get(key))
      .find((created) => created !== undefined)
    return rival === undefined ? null : { kind: "appeared", id: id ?? "", ...rival }
  }

  get unseen(): ReadonlyArray<Drift> {
    return [...this.#based].flatMap(([id, { action, label }]): ReadonlyArray<Drift> =>
      this.#seen.has(id) ? [] : [{ kind: "vanished", id, label, action }]
    )
  }
}

/** Compares a plan with what the server has now, which goes by once. Grows with the plan only. */
export class DriftWatch {
  readonly #users = new Watch("userName", (user) => fingerprintOfResource(user, loomUser))
  readonly #groups = new Watch("displayName", (group) => fingerprintOfResource(group, groupType))

  constructor({ actions }: Plan) {
    for (const action of actions) this.#expect(action)
  }

  /** Takes a user of the server. */
  user(user: JsonObject): Drift | null {
    return this.#users.see(user)
  }

  /** Takes a group of the server, with its members. */
  group(group: JsonObject): Drift | null {
    return this.#groups.see(group)
  }

  /** Once everything went by: what did not. Only for lists that were wholly read. */
  get vanished(): ReadonlyArray<Drift> {
    return [...this.#users.unseen, ...this.#groups.unseen]
  }

  #expect(action: Action): void {
    switch (action._tag) {
      case "Create":
        return this.#users.expectNone(action.resource, { label: action.label, action: action._tag })
      case "Update":
      case "RoleChange":
      case "Reactivate":
      case "Adopt":
      case "Deactivate":
      case "Delete":
        return this.#users.expect(action.id, { label: action.label, action: action._tag, basis: action.basis })
      case "GroupCreate":
        return this.#groups.expectNone(action.resource, { label: action.label, action: action._tag })
      case "GroupAdopt":
      case "GroupRename":
      case "MembersAdd":
      case "MembersRemove":
      case "GroupDelete":
        return this.#groups.expect(action.id, { label: action.label, action: action._tag, basis: action.basis })
      case "Skip":
      case "Conflict":
        return undefined
    }
  }
}

/** All that moved since a plan was made; empty when it may be applied. Both lists have to be whole. */
export const drift = (
  plan: Plan,
  now: { readonly users: Iterable<JsonObject>; readonly groups: Iterable<JsonObject> }
): ReadonlyArray<Drift> => {
  const watch = new DriftWatch(plan)
  const found: Array<Drift> = []
  for (const user of now.users) {
    const moved = watch.user(user)
    if (moved !== null) found.push(moved)
  }
  for (const group of now.groups) {
    const moved = watch.group(group)
    if (moved !== null) found.push(moved)
  }
  return [...found, ...watch.vanished]
}
