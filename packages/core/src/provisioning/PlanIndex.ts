/** The desired people as an index of keys: what is needed to recognise them and to see whether they changed. */
import { Result } from "effect"
import type { Json, JsonObject } from "../scim/Json.ts"
import type { ConflictReason } from "./Action.ts"
import { Repetitions } from "./Duplicates.ts"
import { type Facet, facetOf } from "./Facet.ts"
import { digest } from "./Fingerprint.ts"
import { type Person, primaryEmail, valuesOf } from "./Person.ts"
import { foldName } from "./PersonDigest.ts"

/** The facets that some people have in common. Most sources know one shape or a few. */
export interface Shape {
  readonly paths: ReadonlyArray<string>
  readonly facets: ReadonlyArray<Facet>
  /** What cannot be compared, in words; null when all can. */
  readonly fault: string | null
}

/** The digest of what a user has for a shape. */
export const digestOfUser = ({ facets }: Shape, user: JsonObject): number =>
  digest(...facets.map(({ read, text }) => text(read(user))))

const makeShape = (paths: ReadonlyArray<string>): Shape => {
  const facets: Array<Facet> = []
  let fault: string | null = null
  for (const path of paths) {
    const facet = facetOf(path)
    if (Result.isSuccess(facet)) facets.push(facet.success)
    else fault ??= `${path}: ${facet.failure}`
  }
  return { paths, facets, fault }
}

const groupsOf = ({ groups }: Person): number => (groups.length === 0 ? 0 : digest(...groups.map(foldName).toSorted()))

const surest: ReadonlyArray<ConflictReason> = ["sameKey", "sameUserName", "sameEmail"]

/** Positions in the index. */
export type Row = number

/** An index that grows by one person at a time, by some hundred bytes each. */
export class PlanIndex {
  readonly byKey = new Map<string, Row>()
  readonly byUserName = new Map<string, Row>()
  /** By primary address, where it is another than the user name. */
  readonly #byEmail = new Map<string, Row>()
  /** Why nothing can be decided about a row. */
  readonly conflicts = new Map<Row, ConflictReason>()
  readonly keys: Array<string> = []
  readonly userNames: Array<string> = []
  readonly digests: Array<number> = []
  readonly shapes: Array<Shape> = []
  readonly active: Array<boolean> = []
  /** Whether the user name is the primary address as well, so that one index serves for both. */
  readonly #isAddress: Array<boolean> = []
  /** Digests of the names of a person's groups. */
  readonly #groups: Array<number> = []
  /** Rows that say again what another said, or contradict it. */
  readonly repetitions = new Repetitions()
  readonly #shapes = new Map<string, Shape>()
  // Neighbours mostly have the same shape.
  #lastShape: Shape | null = null

  get size(): number {
    return this.keys.length
  }

  /** What people are compared by, whoever they are. */
  *facets(): Generator<Facet> {
    for (const { facets } of this.#shapes.values()) yield* facets
  }

  /** Enters a person; the row, or null for one who was entered before. */
  enter(person: Person): Row | null {
    const values = valuesOf(person)
    const shape = this.#shapeOf(values)
    const content = this.#contentOf(shape, values)
    const groups = groupsOf(person)
    const earlier = this.byKey.get(person.key)
    if (earlier !== undefined) {
      const isEqual =
        this.digests[earlier] === content && this.shapes[earlier] === shape && this.#groups[earlier] === groups
      if (!isEqual) this.#doubt(earlier, "sameKey")
      const kind = isEqual ? "duplicate" : "conflict"
      this.repetitions.note(earlier, { kind, by: "key", value: person.key, again: person.at })
      return null
    }
    const row = this.size
    this.byKey.set(person.key, row)
    this.keys.push(person.key)
    this.userNames.push(person.userName)
    this.digests.push(content)
    this.shapes.push(shape)
    this.active.push(person.active)
    this.#groups.push(groups)
    const email = primaryEmail(person)
    const isAddress = email === person.userName
    this.#isAddress.push(isAddress)
    const { userName } = person
    const named = this.byUserName.get(userName)
    const addressed = email === null ? undefined : isAddress ? this.#byEmail.get(userName) : this.withEmail(email)
    if (email !== null && !isAddress) this.#claim(this.#byEmail, email, row, addressed, "sameEmail")
    this.#claim(this.byUserName, userName, row, named, "sameUserName")
    if (isAddress && addressed !== undefined) for (const one of [addressed, row]) this.#doubt(one, "sameEmail")
    const rival = named ?? addressed
    if (rival !== undefined) {
      const by = named === undefined ? "email" : "userName"
      const value = named === undefined ? (email ?? "") : userName
      this.repetitions.note(rival, { kind: "conflict", by, value, again: person.at })
    }
    return row
  }

  /** Whose primary address it is. */
  withEmail(address: string): Row | undefined {
    const named = this.byUserName.get(address)
    return named !== undefined && this.#isAddress[named] === true ? named : this.#byEmail.get(address)
  }

  /** Whether a person is the one that was entered with that key. */
  isSame(row: Row, person: Person): boolean {
    const values = valuesOf(person)
    const shape = this.#shapeOf(values)
    return this.shapes[row] === shape && this.digests[row] === this.#contentOf(shape, values)
  }

  /** Of several reasons the surest is given, so that the order of people does not matter. */
  #doubt(row: Row, reason: ConflictReason): void {
    const earlier = this.conflicts.get(row)
    if (earlier === undefined || surest.indexOf(reason) < surest.indexOf(earlier)) this.conflicts.set(row, reason)
  }

  /** Enters a row under a value that is to be its own; of several, the one with the first key stays. */
  #claim(index: Map<string, Row>, value: string, row: Row, other: Row | undefined, reason: ConflictReason): void {
    if (other !== undefined) for (const one of [other, row]) this.#doubt(one, reason)
    const holder = index.get(value)
    if (holder === undefined || (this.keys[row] ?? "") < (this.keys[holder] ?? "")) index.set(value, row)
  }

  #shapeOf(values: ReadonlyArray<readonly [string, Json]>): Shape {
    const last = this.#lastShape
    if (last?.paths.length === values.length && last.paths.every((path, index) => path === values[index]?.[0]))
      return last
    const paths = values.map(([path]) => path)
    const name = paths.join("\n")
    const shape = this.#shapes.get(name) ?? makeShape(paths)
    this.#shapes.set(name, shape)
    this.#lastShape = shape
    return shape
  }

  #contentOf({ facets, fault }: Shape, values: ReadonlyArray<readonly [string, Json]>): number {
    if (fault !== null) return 0
    return digest(...values.map(([, value], index) => facets[index]?.text(value) ?? ""))
  }
}
