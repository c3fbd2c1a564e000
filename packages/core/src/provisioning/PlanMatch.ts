/** Which user is which person: by external id, then user name in any case, then primary e-mail address. */
import type { JsonObject } from "../scim/Json.ts"
import { idOf } from "../scim/ListPage.ts"
import { get } from "../scim/ResourceValue.ts"
import type { ConflictReason } from "./Action.ts"
import { addressesOf } from "./Facet.ts"
import { foldName } from "./PersonDigest.ts"
import { digestOfUser, type PlanIndex, type Row } from "./PlanIndex.ts"

/** What was created or adopted before, as a journal remembers it. */
export interface Managed {
  /** Users by id, with the external id they were given. */
  readonly users: ReadonlyMap<string, string>
  /** Ids of groups. */
  readonly groups: ReadonlySet<string>
}

/** What tells that a user is a person, the surest first; `ours` is our external id, or an id we manage without one. */
export type Evidence = "ours" | "userName" | "email"

/** A user that may be a person. */
export interface Sighting {
  readonly id: string | null
  readonly by: Evidence
  /** The external id on the server; null when it has none. */
  readonly externalId: string | null
  readonly isManaged: boolean
  /** It has the user name of one person and the address of another. */
  readonly isTorn: boolean
  /** Null for one that needs no change. */
  readonly user: JsonObject | null
}

/** What became of a row once every user was seen. */
export type Match =
  | { readonly _tag: "Absent" }
  | { readonly _tag: "Unchanged"; readonly id: string }
  | { readonly _tag: "Found"; readonly id: string; readonly sighting: Sighting; readonly user: JsonObject }
  | { readonly _tag: "Ambiguous"; readonly reason: ConflictReason; readonly ids: ReadonlyArray<string> }

const textOf = (user: JsonObject, name: string): string | null => {
  const value = get(user, name)
  return typeof value === "string" && value.trim() !== "" ? value : null
}

/** What a user is on its own, before people come into it. */
export interface Identity {
  readonly id: string | null
  /** As the server shows it. */
  readonly externalId: string | null
  /** The external id that we gave, by the journal. */
  readonly givenKey: string | null
  readonly userName: string
  readonly isManaged: boolean
}

/** Recognises the users that are ours. */
export class Ours {
  readonly #users: ReadonlyMap<string, string>
  readonly #keys: ReadonlySet<string>

  constructor(users: ReadonlyMap<string, string>) {
    this.#users = users
    this.#keys = new Set(users.values())
  }

  identify(user: JsonObject): Identity {
    const id = idOf(user)
    const externalId = textOf(user, "externalId")
    const givenKey = (id === null ? undefined : this.#users.get(id)) ?? null
    return {
      id,
      externalId,
      givenKey,
      userName: foldName(textOf(user, "userName") ?? ""),
      isManaged: givenKey !== null || (externalId !== null && this.#keys.has(externalId))
    }
  }
}

/** The people of an index to whom a user may belong, by whatever tells it. */
export const rowsOf = (
  index: PlanIndex,
  user: JsonObject,
  { externalId, givenKey, userName }: Pick<Identity, "externalId" | "givenKey" | "userName">
): ReadonlySet<Row> => {
  const [address] = addressesOf(get(user, "emails"))
  const rows = [
    index.byKey.get(externalId ?? ""),
    index.byKey.get(givenKey ?? ""),
    index.byUserName.get(userName),
    address === undefined ? undefined : index.withEmail(address)
  ]
  return new Set(rows.filter((row) => row !== undefined))
}

/** Collects sightings, in any order. What needs no change takes one id; only the others are kept whole. */
export class Matches {
  readonly #index: PlanIndex
  readonly #clean: Array<string | undefined> = []
  readonly #others = new Map<Row, Array<Sighting>>()

  constructor(index: PlanIndex) {
    this.#index = index
  }

  /** Takes a user; false when it is nobody of the index. */
  take(user: JsonObject, { externalId, givenKey, id, isManaged, userName }: Identity): boolean {
    const { byKey, byUserName } = this.#index
    // A server that keeps no external ids still shows an id, and that is as good.
    const keyed = byKey.get(externalId ?? givenKey ?? "") ?? byKey.get(givenKey ?? "")
    if (keyed !== undefined) {
      this.#see(keyed, { id, by: "ours", externalId, isManaged: true, isTorn: false, user })
      return true
    }
    const named = byUserName.get(userName)
    const [address] = addressesOf(get(user, "emails"))
    const addressed = address === undefined ? undefined : this.#index.withEmail(address)
    const isTorn = named !== undefined && addressed !== undefined && named !== addressed
    const common = { id, externalId, isManaged, isTorn, user }
    if (named !== undefined) this.#see(named, { ...common, by: "userName" })
    if (addressed !== undefined && addressed !== named) this.#see(addressed, { ...common, by: "email" })
    return named !== undefined || addressed !== undefined
  }

  #see(row: Row, sighting: Sighting): void {
    const { id, user } = sighting
    const clean = this.#clean[row]
    if (clean !== undefined && clean === id) return
    const others = this.#others.get(row)
    const shape = this.#index.shapes[row]
    // One with an external id that is not ours is never clean, however equal it is.
    const isOurs = sighting.externalId === null || sighting.externalId === this.#index.keys[row]
    const isEqual =
      sighting.by === "ours" &&
      isOurs &&
      user !== null &&
      shape !== undefined &&
      digestOfUser(shape, user) === this.#index.digests[row]
    if (isEqual && id !== null && clean === undefined && others === undefined) {
      this.#clean[row] = id
      return
    }
    const list = others ?? []
    if (clean !== undefined) {
      const externalId = this.#index.keys[row] ?? null
      list.push({ id: clean, by: "ours", externalId, isManaged: true, isTorn: false, user: null })
      this.#clean[row] = undefined
    }
    if (!list.some((earlier) => earlier.id === id && id !== null))
      list.push(isEqual ? { ...sighting, user: null } : sighting)
    this.#others.set(row, list)
  }

  /** Decides about a row, once every user was seen. */
  match(row: Row): Match {
    const conflict = this.#index.conflicts.get(row)
    const clean = this.#clean[row]
    if (conflict === undefined && clean !== undefined) return { _tag: "Unchanged", id: clean }
    const seen = this.#others.get(row) ?? []
    const ids = [...(clean === undefined ? [] : [clean]), ...seen.flatMap(({ id }) => id ?? [])].toSorted()
    const ambiguous = (reason: ConflictReason): Match => ({ _tag: "Ambiguous", reason, ids })
    if (conflict !== undefined) return ambiguous(conflict)
    if (seen.length === 0) return { _tag: "Absent" }
    const keyed = seen.filter(({ by }) => by === "ours")
    // Our own external id decides against a mere address, but not against the user name that the person is to have.
    const rivals = keyed.length === 1 ? seen.filter(({ by }) => by !== "email") : seen
    const [sighting] = rivals
    if (sighting === undefined || rivals.length > 1) return ambiguous("severalMatch")
    if (sighting.isTorn) return ambiguous("pointsToTwo")
    if (sighting.id === null) return ambiguous("idMissing")
    if (sighting.user === null) return { _tag: "Unchanged", id: sighting.id }
    return { _tag: "Found", id: sighting.id, sighting, user: sighting.user }
  }

  /** Users we manage that only share an address with somebody who is found by external id: they are people of their own. */
  get strays(): ReadonlyArray<JsonObject> {
    const found: Array<JsonObject> = []
    for (const [row, seen] of this.#others) {
      if (this.#index.conflicts.has(row) || seen.filter(({ by }) => by === "ours").length !== 1) continue
      for (const { by, isManaged, user } of seen) if (by === "email" && isManaged && user !== null) found.push(user)
    }
    return found
  }
}
