/** What was last sent of a person, in a few bytes, so that whoever is still the same costs no request. */
import type { ManagedResource } from "../ports/Runs.ts"
import type { Withheld } from "./Census.ts"
import { canonical, fingerprintOf } from "./Fingerprint.ts"
import { type Person, valuesOf } from "./Person.ts"
import type { Recognised } from "./Recognised.ts"
import { composed } from "./Text.ts"

/** Names of groups are the same in any case, as on the server, and however their accents are written. */
export const foldName = (name: string): string => composed(name.trim().toLowerCase())

/**
 * The fingerprint of everything of a person that is sent: the attributes and the groups, in any order. Another mapping
 * that leads to other values leads to another digest. Where the record is does not matter.
 */
export const personDigest = (person: Person): string =>
  fingerprintOf(
    [
      ...valuesOf(person).map(([path, value]) => `${path} ${canonical(value)}`),
      ...person.groups.map((name) => `group ${JSON.stringify(name.trim())}`).toSorted()
    ].join("\n")
  )

/**
 * The digest of somebody who is no longer in the source and was dealt with. It is nobody's fingerprint, so that who comes
 * back with the very same record is noticed, and until then costs nothing.
 */
export const goneDigest = "gone"

/** What a store keeps of a person who was sent. */
export type Sent = Pick<ManagedResource, "digest" | "groups">

/** Whether a person is as they were sent the last time. */
export const isAsSent = (person: Person, { digest, groups }: Sent): boolean => {
  if (digest === null || digest !== personDigest(person)) return false
  const kept = new Set(groups.map(foldName))
  const wanted = new Set(person.groups.map(foldName))
  return kept.size === wanted.size && [...wanted].every((name) => kept.has(name))
}

/**
 * The digests of a source's people by key, collected while it is read for a plan. Grows with the keys; lists of groups
 * that are equal are kept once.
 */
export class Digests {
  readonly #digests = new Map<string, string>()
  readonly #groups = new Map<string, ReadonlyArray<string>>()
  readonly #lists = new Map<string, ReadonlyArray<string>>()
  readonly #unreadable = new Set<string>()
  #isWhole = true

  /** Takes a person. Of several with one key the first counts; the plan has a conflict for them. */
  take(person: Person): void {
    if (this.#digests.has(person.key)) return
    this.#digests.set(person.key, personDigest(person))
    this.#join(person.key, person.groups)
  }

  /** Takes the key of a record that makes no person; null when not even that can be read. */
  unreadable(key: string | null): void {
    if (key === null) this.#isWhole = false
    else this.#unreadable.add(key)
  }

  /** Forgets everybody: what was read says nothing. */
  clear(): void {
    for (const held of [this.#digests, this.#groups, this.#lists, this.#unreadable]) held.clear()
  }

  /** Notes that the source was not read to its end. */
  cut(): void {
    this.#isWhole = false
  }

  /** Notes that somebody is no longer in the source. */
  leave(key: string): void {
    this.#digests.set(key, goneDigest)
    this.#groups.delete(key)
  }

  /**
   * Notes of all whom we manage and who were not taken that they are gone. Only a plan that took them for gone does
   * something about them, so nothing is noted where one withheld that.
   */
  leaveOthers(
    managed: Iterable<Pick<ManagedResource, "endpoint" | "key">>,
    { withheld }: { readonly withheld: ReadonlyArray<Withheld> }
  ): void {
    if (!this.#isWhole || withheld.length > 0) return
    for (const { endpoint, key } of managed) {
      if (endpoint === "Users" && !this.#digests.has(key) && !this.#unreadable.has(key)) this.leave(key)
    }
  }

  /** Everybody who was taken or is gone, for a store. */
  *entries(): Generator<readonly [key: string, sent: Sent]> {
    for (const [key, digest] of this.#digests) yield [key, { digest, groups: this.#groups.get(key) ?? [] }]
  }

  /** Takes what a store kept of somebody. */
  restore(key: string, { digest, groups }: Sent): void {
    if (digest === null) return
    this.#digests.set(key, digest)
    this.#join(key, groups)
  }

  #join(key: string, groups: ReadonlyArray<string>): void {
    if (groups.length === 0) return
    const name = groups.join("\n")
    const list = this.#lists.get(name) ?? groups
    this.#lists.set(name, list)
    this.#groups.set(key, list)
  }

  /** What is to be kept of a person; null for one who was not taken. */
  of(key: string): Sent | null {
    const digest = this.#digests.get(key)
    return digest === undefined ? null : { digest, groups: this.#groups.get(key) ?? [] }
  }
}

/** Resources as they are kept, with what was sent of the people among them. */
export const withDigests = (resources: Iterable<Recognised>, digests: Digests): ReadonlyArray<ManagedResource> =>
  Array.from(resources, ({ endpoint, id, key }) => ({
    endpoint,
    id,
    key,
    ...((endpoint === "Users" ? digests.of(key) : null) ?? { digest: null, groups: [] })
  }))
