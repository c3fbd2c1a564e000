/** What a store is to remember of people once a run is over, so that the next incremental plan can leave them alone. */
import type { ManagedChange, ManagedResource } from "../ports/Runs.ts"
import type { Action } from "./Action.ts"
import { type Digests, foldName, type Sent } from "./PersonDigest.ts"

/** Whom some actions are about, be it that they change them or the groups they are to be in. */
export class Concerned {
  readonly #keys = new Set<string>()
  readonly #ids = new Set<string>()
  readonly #groups = new Set<string>()

  constructor(actions: Iterable<Action>) {
    for (const action of actions) this.#take(action)
  }

  /** Whether a managed user is among them, in the groups that were kept or in those that are to be. */
  has(
    { groups, id, key }: Pick<ManagedResource, "id" | "key" | "groups">,
    wanted: ReadonlyArray<string> = []
  ): boolean {
    if (this.#ids.has(id) || this.#keys.has(key)) return true
    return this.#groups.size > 0 && [...groups, ...wanted].some((name) => this.#groups.has(foldName(name)))
  }

  #take(action: Action): void {
    switch (action._tag) {
      case "GroupCreate":
      case "MembersAdd":
      case "MembersRemove":
        for (const { id, key } of action.members) this.#person(key, id)
        return undefined
      case "GroupAdopt":
      case "GroupRename":
      case "GroupDelete":
        return undefined
      case "Conflict":
        if (action.endpoint === "Groups") this.#groups.add(foldName(action.key ?? action.label))
        else this.#person(action.key, null)
        return undefined
      case "Skip":
        return undefined
      case "Create":
        return this.#person(action.key, null)
      default:
        return this.#person(action.key, action.id)
    }
  }

  #person(key: string | null, id: string | null): void {
    if (key !== null) this.#keys.add(key)
    if (id !== null) this.#ids.add(id)
  }
}

const keep = (resource: ManagedResource, sent: Sent): ManagedChange => ({
  _tag: "Keep",
  resource: { ...resource, ...sent }
})

const isSame = (resource: ManagedResource, { digest, groups }: Sent): boolean =>
  resource.digest === digest &&
  resource.groups.length === groups.length &&
  groups.every((group, index) => group === resource.groups[index])

/**
 * To be stored before a run begins: those it is about are no longer known to be as they were sent. Without it, a run that
 * never ended could leave somebody changed whom a later plan takes for unchanged.
 */
export const doubted = (
  managed: Iterable<ManagedResource>,
  actions: Iterable<Action>
): ReadonlyArray<ManagedChange> => {
  const concerned = new Concerned(actions)
  return [...managed].flatMap((resource): ReadonlyArray<ManagedChange> =>
    resource.endpoint === "Users" && resource.digest !== null && concerned.has(resource)
      ? [keep(resource, { digest: null, groups: resource.groups })]
      : []
  )
}

/**
 * To be stored once a run is over, or at once when its plan had nothing to do. `managed` is what is managed afterwards,
 * `open` the actions that were not done, the doubtful and the conflicts among them: whoever they are about is looked at
 * again. Gives only what differs from what is stored.
 */
export const settled = (
  managed: Iterable<ManagedResource>,
  digests: Digests,
  open: Iterable<Action>
): ReadonlyArray<ManagedChange> => {
  const concerned = new Concerned(open)
  return [...managed].flatMap((resource): ReadonlyArray<ManagedChange> => {
    const sent = resource.endpoint === "Users" ? digests.of(resource.key) : null
    if (sent === null) return []
    const now = concerned.has(resource, sent.groups) ? { digest: null, groups: resource.groups } : sent
    return isSame(resource, now) ? [] : [keep(resource, now)]
  })
}
