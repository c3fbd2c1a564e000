/** The groups of a plan: which are to be, which there are, and who goes in and out. */
import type { JsonObject } from "../scim/Json.ts"
import { idOf } from "../scim/ListPage.ts"
import type { PatchOperation } from "../scim/Patch.ts"
import { groupType } from "../scim/Schemas.ts"
import type { Action, ConflictReason, MemberRef, SkipReason } from "./Action.ts"
import { fingerprintOfResource } from "./Fingerprint.ts"
import { GroupsOf, type Sketch, sketchOf } from "./GroupsOf.ts"
import { type DesiredGroup, GroupKey, toGroupResource } from "./Person.ts"
import { foldName as fold } from "./PersonDigest.ts"
import type { Row } from "./PlanIndex.ts"
import type { Recognised } from "./Recognised.ts"
import { composed } from "./Text.ts"

/** What is done about groups that we manage and that the source no longer has. */
export type LeftGroups = "empty" | "delete"

interface Wanted {
  readonly group: DesiredGroup
  readonly rows: Set<Row>
  /** The source lists it; otherwise people only name it. */
  readonly isListed: boolean
  /** The source lists the name under several keys. */
  readonly isTwice: boolean
}

interface Actual extends Sketch {
  /** Null when the server forgets it; nothing can be done about such a group. */
  readonly id: string | null
  readonly basis: string
}

/** What the users' side of a plan knows by the end. */
export interface Memberships {
  /** Somebody who is or will be on the server; null for whom nothing is done. */
  readonly refOf: (row: Row) => MemberRef | null
  /** Whom we may take out of a group: people who are known by their id; null for anybody else. */
  readonly known: (id: string) => MemberRef | null
  /** Whether somebody who was read, and names no group, is in none. */
  readonly isSourceWhole: boolean
  /** Whether what is not in the source is gone. */
  readonly isAbsenceCertain: boolean
  /** Whether nobody is in a group that no one names: every record could be read, and none contradicts another. */
  readonly areNamesCertain: boolean
}

const rename = (displayName: string): PatchOperation => ({ op: "replace", path: "displayName", value: displayName })

const actualOf = (resource: JsonObject): Actual => ({
  ...sketchOf(resource),
  id: idOf(resource),
  basis: fingerprintOfResource(resource, groupType)
})

/** Collects groups of both sides, in any order. Grows with names, keys and ids. */
export class PlanGroups {
  readonly #managed: ReadonlySet<string>
  readonly #wanted = new Map<string, Wanted>()
  readonly #actual: Array<Actual> = []
  readonly #recognised: Array<Pick<Recognised, "id" | "key">> = []

  constructor(managed: ReadonlySet<string>) {
    this.#managed = managed
  }

  /** Enters a group that the source lists. */
  enter(group: DesiredGroup): void {
    const name = fold(group.displayName)
    const earlier = this.#wanted.get(name)
    const rows = earlier?.rows ?? new Set<Row>()
    const isTwice = earlier?.isListed === true && earlier.group.key !== group.key
    const first = isTwice && earlier.group.key < group.key ? earlier.group : group
    this.#wanted.set(name, { group: first, rows, isListed: true, isTwice: isTwice || earlier?.isTwice === true })
  }

  /** Enters a person's membership; a group that only people name has its name for a key. */
  join(row: Row, named: string): void {
    const displayName = named.trim()
    const name = fold(displayName)
    const known = this.#wanted.get(name)
    known?.rows.add(row)
    if (name === "" || known?.isListed === true) return
    // Of several spellings the first in order of code units, so that the order of people does not matter.
    if (known !== undefined && known.group.displayName <= displayName) return
    const group = { key: GroupKey.make(displayName), displayName, at: "" }
    this.#wanted.set(name, { group, rows: known?.rows ?? new Set([row]), isListed: false, isTwice: false })
  }

  /** Whether members have to be told apart by id. */
  get isUsed(): boolean {
    return this.#wanted.size > 0 || this.#actual.length > 0
  }

  /** Groups that are ours by external id and not known as managed, once {@link actions} was gone through. */
  get recognised(): ReadonlyArray<Pick<Recognised, "id" | "key">> {
    return this.#recognised
  }

  /** Takes a group that the server has, and says what it is called. */
  take(resource: JsonObject): Sketch {
    const actual = actualOf(resource)
    this.#actual.push(actual)
    return actual
  }

  /** In which of them some people are. */
  groupsOf(ids: Iterable<string>): GroupsOf {
    const groups = new GroupsOf(ids)
    for (const actual of this.#actual) groups.take(actual)
    return groups
  }

  /** The actions, once both sides were seen. */
  *actions(memberships: Memberships, left: LeftGroups, adopts: boolean): Generator<Action> {
    const byKey = Map.groupBy(this.#actual, ({ externalId }) => (externalId === null ? null : fold(externalId)))
    const byName = Map.groupBy(this.#actual, ({ displayName }) => fold(displayName))
    const keys = Map.groupBy(this.#wanted.values(), ({ group }) => fold(group.key))
    const matched = new Set<Actual>()
    for (const [name, wanted] of this.#wanted) {
      const key = fold(wanted.group.key)
      const keyed = byKey.get(key) ?? []
      // A group that has the name still, but belongs to another key, is about to be renamed.
      const named = (byName.get(name) ?? []).filter(
        ({ externalId }) => externalId === null || fold(externalId) === key || !keys.has(fold(externalId))
      )
      const all = [...new Set([...keyed, ...named])]
      for (const actual of all) matched.add(actual)
      const isShared = (keys.get(key)?.length ?? 0) > 1
      yield* this.#one(wanted, all, memberships, adopts, isShared)
    }
    for (const actual of this.#actual) {
      if (!matched.has(actual)) yield* this.#leftOver(actual, memberships, left)
    }
  }

  *#one(
    { group, isListed, isTwice, rows }: Wanted,
    all: ReadonlyArray<Actual>,
    memberships: Memberships,
    adopts: boolean,
    isShared: boolean
  ): Generator<Action> {
    const at = isListed ? group.at : null
    const { displayName: label, key } = group
    const conflict = (reason: ConflictReason, detail: string): Action => ({
      _tag: "Conflict",
      endpoint: "Groups",
      key,
      label,
      at,
      reason,
      ids: all.flatMap(({ id }) => id ?? []).toSorted(),
      detail
    })
    if (isTwice) return yield conflict("sameName", label)
    if (isShared) return yield conflict("sameKey", key)
    const [actual, ...others] = all
    if (others.length > 0) return yield conflict("severalMatch", all.map(({ displayName }) => displayName).join(", "))
    const members = [...rows].flatMap((row) => memberships.refOf(row) ?? [])
    if (actual === undefined) {
      // A name that only people gave, and whom nobody will have, makes no group.
      if (members.length > 0 || isListed)
        yield { _tag: "GroupCreate", key, label, at, reason: "newInSource", resource: toGroupResource(group), members }
      return
    }
    const { basis, displayName, externalId, id } = actual
    if (id === null) return yield conflict("idMissing", displayName)
    const isOurs = this.#managed.has(id) || (externalId !== null && fold(externalId) === fold(key))
    if (!isOurs && !adopts) {
      const reason = externalId === null ? "notAdopted" : "unmanaged"
      yield { _tag: "Skip", endpoint: "Groups", id, key, label, at, reason }
      return
    }
    if (!isOurs && externalId !== null) return yield conflict("otherExternalId", externalId)
    if (isOurs && !this.#managed.has(id)) this.#recognised.push({ id, key })
    const common = { id, key, label, at, basis }
    const renaming = composed(displayName) === label ? [] : [rename(label)]
    if (!isOurs) {
      const operations = [{ op: "replace", path: "externalId", value: key }, ...renaming]
      yield { _tag: "GroupAdopt", ...common, reason: "matchedByName", operations }
    } else if (renaming.length > 0) {
      yield { _tag: "GroupRename", ...common, reason: "nameDiffers", before: displayName, operations: renaming }
    }
    const missing = members.filter((member) => member.id === null || !actual.members.has(member.id))
    if (missing.length > 0) yield { _tag: "MembersAdd", ...common, reason: "memberMissing", members: missing }
    const kept = new Set(members.map((member) => member.id))
    yield* this.#removal(actual, common, kept, memberships)
  }

  *#removal(
    actual: Actual,
    common: {
      readonly id: string
      readonly key: string | null
      readonly label: string
      readonly at: string | null
      readonly basis: string
    },
    kept: ReadonlySet<string | null>,
    memberships: Memberships
  ): Generator<Action> {
    if (!memberships.isSourceWhole) return
    const members = [...actual.members].toSorted().flatMap((id) => (kept.has(id) ? [] : (memberships.known(id) ?? [])))
    if (members.length > 0) yield { _tag: "MembersRemove", ...common, reason: "memberLeft", members }
  }

  *#leftOver(actual: Actual, memberships: Memberships, left: LeftGroups): Generator<Action> {
    const { basis, displayName: label, externalId: key, id } = actual
    const skip = (reason: SkipReason): Action => ({
      _tag: "Skip",
      endpoint: "Groups",
      id,
      key,
      label,
      at: null,
      reason
    })
    if (id === null || !this.#managed.has(id)) return yield skip("unmanaged")
    const isDeleted = left === "delete"
    if (!memberships.isAbsenceCertain || (isDeleted && !memberships.areNamesCertain))
      return yield skip("groupsWithheld")
    const common = { id, key, label, at: null, basis }
    if (isDeleted) yield { _tag: "GroupDelete", ...common, reason: "groupGone" }
    else yield* this.#removal(actual, common, new Set(), memberships)
  }
}
