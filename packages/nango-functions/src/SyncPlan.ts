/** Whether a sync asks for changes only or for everything, and from when: pure. */
import type { Profile } from "@loom-scim/core/scim/Profile"
import type { Quirk } from "@loom-scim/core/scim/Quirk"
import { get } from "@loom-scim/core/scim/ResourceValue"
import type { JsonObject } from "@loom-scim/core/scim/Json"
import { isJsonObject } from "@loom-scim/core/scim/Json"
import { Predicate } from "effect"
import type { Checkpoint } from "./SyncNango.ts"

/** Changes since a moment do not show who was deleted, nor what a server does not date: so often everything is read. */
const wholeEvery = 24 * 60 * 60 * 1000

/** How far the server's clock may be behind Nango's, and how long a change may take to be seen. */
const margin = 10 * 60 * 1000

const filterIgnored: Quirk = "filterIgnored"

const isRecent = (moment: string, now: number): boolean => {
  const age = now - Date.parse(moment)
  // One from the future, or none that can be read, proves nothing.
  return age >= 0 && age < wholeEvery
}

/** The moment to ask from; null when everything has to be read. */
export const since = (checkpoint: Checkpoint | null, profile: Profile, now: number): string | null => {
  const takesFilters = profile.claims?.filter !== false && (profile.quirks[filterIgnored] ?? 0) === 0
  if (checkpoint === null || checkpoint.since === "" || !takesFilters || !isRecent(checkpoint.readAt, now)) return null
  return checkpoint.since
}

/** What to remember of changes that were told. */
export const afterChanges = (before: Checkpoint, latest: Latest, begun: number): Checkpoint => ({
  ...before,
  since: latest.next(begun)
})

/** What to remember of a whole list; `isRefused` when it had to be read since the server could not tell changes. */
export const afterWhole = (
  before: Checkpoint | null,
  latest: Latest,
  begun: number,
  isRefused: boolean
): Checkpoint => {
  const readAt = new Date(begun).toISOString()
  const earlier = before?.refusedAt ?? ""
  const refusedAt = isRefused ? readAt : isRecent(earlier, begun) ? earlier : ""
  return { since: refusedAt === "" ? latest.next(begun) : "", readAt, refusedAt }
}

/** The filter for what changed at a moment or later (RFC 7644 §3.4.2.2). */
export const changedSince = (moment: string): string => `meta.lastModified ge ${JSON.stringify(moment)}`

/** The latest `meta.lastModified` that was seen, in milliseconds; null before there was any. */
export class Latest {
  #millis: number | null = null
  #text = ""

  /** Takes a resource. */
  take(resource: JsonObject): void {
    const meta = get(resource, "meta")
    const text = isJsonObject(meta) ? get(meta, "lastModified") : undefined
    // Texts of one length that a server writes in one way are in the order of what they say, which spares reading most of
    // them; one that is left out wrongly makes the next run ask for more.
    if (!Predicate.isString(text) || (text.length === this.#text.length && text <= this.#text)) return
    const millis = Date.parse(text)
    if (Number.isNaN(millis) || (this.#millis !== null && millis <= this.#millis)) return
    this.#millis = millis
    this.#text = text
  }

  /**
   * Where the next run begins, for a list that was begun at `begun`; empty when the server dates nothing. Not later than
   * what was seen, so that the same resource has to come again and shows that the server understands the question; and
   * not later than the beginning of the list, since what had gone by may have changed before the end.
   */
  next(begun: number): string {
    return this.#millis === null ? "" : new Date(Math.min(this.#millis, begun - margin)).toISOString()
  }
}
