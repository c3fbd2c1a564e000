/** Users and groups in memory. */
import { isJsonObject, type JsonObject } from "@loom-scim/core/scim/Json"
import type { Kind } from "./Exchange.ts"

/** A resource as it is kept: without id, meta and schemas, which are made when it is shown. */
export interface Entry {
  readonly id: string
  readonly resource: JsonObject
  readonly version: number
  readonly created: string
  readonly changed: string
}

/** The ids of a group's members. */
export const memberIds = ({ members }: JsonObject): ReadonlyArray<string> =>
  (Array.isArray(members) ? members : []).flatMap((member: unknown) => {
    const id = isJsonObject(member) ? member["value"] : undefined
    return typeof id === "string" ? [id] : []
  })

const fold = (value: unknown): string | undefined => (typeof value === "string" ? value.toLowerCase() : undefined)

const emailsOf = ({ emails }: JsonObject): ReadonlyArray<string> =>
  (Array.isArray(emails) ? emails : []).flatMap((email: unknown) => {
    const value = isJsonObject(email) ? fold(email["value"]) : undefined
    return value === undefined ? [] : [value]
  })

/** The directory, in the order of creation. */
export class Directory {
  readonly #entries: Readonly<Record<Kind, Map<string, Entry>>> = { Users: new Map(), Groups: new Map() }
  #born = 0

  /** A number that was not given before. */
  next(): number {
    return ++this.#born
  }

  all(kind: Kind): ReadonlyArray<Entry> {
    return [...this.#entries[kind].values()]
  }

  find(kind: Kind, id: string): Entry | undefined {
    return this.#entries[kind].get(id)
  }

  add(kind: Kind, id: string, resource: JsonObject): Entry {
    const now = new Date().toISOString()
    const entry = { id, resource, version: 1, created: now, changed: now }
    this.#entries[kind].set(id, entry)
    return entry
  }

  change(kind: Kind, before: Entry, resource: JsonObject): Entry {
    const entry = { ...before, resource, version: before.version + 1, changed: new Date().toISOString() }
    this.#entries[kind].set(before.id, entry)
    return entry
  }

  /** Removes one; a user also leaves the groups. */
  remove(kind: Kind, id: string): void {
    this.#entries[kind].delete(id)
    if (kind === "Groups") return
    for (const group of this.all("Groups")) {
      const { members } = group.resource
      if (!Array.isArray(members) || !memberIds(group.resource).includes(id)) continue
      const rest = members.filter((member: unknown) => !isJsonObject(member) || member["value"] !== id)
      this.change("Groups", group, { ...group.resource, members: rest })
    }
  }

  /** Who has a unique value already: user names and names of groups, without case (RFC 7643 §4.1.1). */
  rival(kind: Kind, resource: JsonObject, self: string | null, uniqueEmails: boolean): Entry | undefined {
    const key = kind === "Users" ? "userName" : "displayName"
    const name = fold(resource[key])
    const emails = uniqueEmails && kind === "Users" ? emailsOf(resource) : []
    return this.all(kind).find(
      (other) =>
        other.id !== self &&
        ((name !== undefined && fold(other.resource[key]) === name) ||
          emailsOf(other.resource).some((email) => emails.includes(email)))
    )
  }
}
