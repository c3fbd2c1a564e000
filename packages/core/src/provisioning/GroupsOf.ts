/** In which groups some people are, for those of whom that has to be known. */
import { isJsonObject, type JsonObject } from "../scim/Json.ts"
import { get, isArray } from "../scim/ResourceValue.ts"

/** A group that the server has. */
export interface Sketch {
  readonly externalId: string | null
  readonly displayName: string
  /** Ids. */
  readonly members: ReadonlySet<string>
}

/** What a group is called, and who is in it. */
export const sketchOf = (resource: JsonObject): Sketch => {
  const members = get(resource, "members")
  const externalId = get(resource, "externalId")
  const displayName = get(resource, "displayName")
  return {
    externalId: typeof externalId === "string" && externalId !== "" ? externalId : null,
    displayName: typeof displayName === "string" ? displayName : "",
    members: new Set(
      (isArray(members) ? members : []).flatMap((member) => {
        const value = isJsonObject(member) ? get(member, "value") : member
        return typeof value === "string" ? [value] : []
      })
    )
  }
}

/** Notes what the groups are called that the people of some ids are in, name and key. */
export class GroupsOf {
  readonly #names: ReadonlyMap<string, Set<string>>

  constructor(ids: Iterable<string>) {
    this.#names = new Map(Array.from(ids, (id) => [id, new Set()]))
  }

  take({ displayName, externalId, members }: Sketch): void {
    for (const id of members) {
      const names = this.#names.get(id)
      names?.add(displayName)
      if (externalId !== null) names?.add(externalId)
    }
  }

  /** In any order of the groups the same. */
  of(id: string): ReadonlyArray<string> {
    return [...(this.#names.get(id) ?? [])].toSorted()
  }
}
