/**
 * Attributes that a server shows of nobody. Some take an attribute and never show it; comparing with what they show, every
 * full plan would send it again, for everybody and for ever.
 */
import type { JsonObject } from "../scim/Json.ts"
import { rolePath } from "../scim/Schemas.ts"
import type { Facet } from "./Facet.ts"

/** Whether a user shows nothing for a facet. */
export const lacks = ({ read, text }: Facet, user: JsonObject): boolean => text(read(user)) === text(null)

/** Goes through the users of a server; what nobody has shown so far is left. Costs nothing once all was shown. */
export class Unshown {
  #left: ReadonlyArray<Facet>

  /** The facets that are asked about. A role is not: whether it was dropped is doubted, and told, each time. */
  constructor(facets: Iterable<Facet>) {
    const byPath = new Map(Array.from(facets, (facet) => [facet.path, facet]))
    byPath.delete(rolePath)
    this.#left = [...byPath.values()]
  }

  take(user: JsonObject): void {
    if (this.#left.some((facet) => !lacks(facet, user))) this.#left = this.#left.filter((facet) => lacks(facet, user))
  }

  /** What none of the users has. */
  get paths(): ReadonlySet<string> {
    return new Set(this.#left.map(({ path }) => path))
  }
}
