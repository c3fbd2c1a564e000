/** Rows of one source that mean the same person. */
import { canonical, digest } from "./Fingerprint.ts"
import type { Person } from "./Person.ts"

/** A row that says again what another said, or contradicts it. Both are named by where they are. */
export interface Repetition {
  /** `duplicate`: the same content; one of the rows is enough. `conflict`: another content; nobody can tell which holds. */
  readonly kind: "duplicate" | "conflict"
  /** What the two have in common. */
  readonly by: "key" | "userName" | "email"
  readonly value: string
  readonly first: string
  readonly again: string
}

interface Seen {
  readonly at: string
  readonly content: number
  readonly key: string
}

const contentOf = (person: Person): number =>
  digest(canonical({ ...person, attributes: { ...person.attributes }, at: null }))

/** Takes people in order and says of each whether an earlier one is in its way. Grows with the number of keys only. */
export class Repetitions {
  readonly #byKey = new Map<string, Seen>()
  readonly #byUserName = new Map<string, Seen>()
  readonly #byEmail = new Map<string, Seen>()

  /**
   * Takes the next person. The same key with equal content is a `duplicate`; with other content, or the same user name
   * or address under another key, a `conflict`. Null for somebody new.
   */
  take(person: Person): Repetition | null {
    const seen: Seen = { at: person.at, content: contentOf(person), key: person.key }
    const earlier = this.#byKey.get(person.key)
    if (earlier !== undefined) {
      const kind = earlier.content === seen.content ? "duplicate" : "conflict"
      return { kind, by: "key", value: person.key, first: earlier.at, again: person.at }
    }
    this.#byKey.set(person.key, seen)
    const rival = this.#enter(this.#byUserName, person.userName, seen)
    if (rival !== null)
      return { kind: "conflict", by: "userName", value: person.userName, first: rival.at, again: person.at }
    for (const { value } of person.emails) {
      const address = value.toLowerCase()
      const other = this.#enter(this.#byEmail, address, seen)
      if (other !== null) return { kind: "conflict", by: "email", value: address, first: other.at, again: person.at }
    }
    return null
  }

  #enter(index: Map<string, Seen>, value: string, seen: Seen): Seen | null {
    const earlier = index.get(value)
    if (earlier === undefined) index.set(value, seen)
    return earlier === undefined || earlier.key === seen.key ? null : earlier
  }
}

/** Every repetition among people, in their order. */
export const repetitions = (people: Iterable<Person>): ReadonlyArray<Repetition> => {
  const collector = new Repetitions()
  const found: Array<Repetition> = []
  for (const person of people) {
    const repetition = collector.take(person)
    if (repetition !== null) found.push(repetition)
  }
  return found
}
