/** Which attributes a filter of a mapping looks at that no mapped user ever has. */
import { Result } from "effect"
import { locate } from "../scim/Attribute.ts"
import { type AttributePath, print } from "../scim/AttributePath.ts"
import type { Filter } from "../scim/Filter.ts"
import { parse } from "../scim/Path.ts"
import { loomUser, rolePath } from "../scim/Schemas.ts"

/** What every mapped user has, whatever is mapped; groups as filters see them. */
const always = ["schemas", "externalId", "userName", "emails", "active", "groups"]

const pathsIn = (filter: Filter): ReadonlyArray<AttributePath> => {
  switch (filter._tag) {
    case "Compare":
    case "Present":
    case "ValuePath":
      return [filter.path]
    case "Not":
      return pathsIn(filter.filter)
    case "And":
    case "Or":
      return filter.filters.flatMap(pathsIn)
  }
}

interface Named {
  readonly container: string
  /** Null for an extension as a whole. */
  readonly name: string | null
}

const named = (path: AttributePath): Named => {
  const { container, name } = locate(loomUser, path)
  return { container: container?.toLowerCase() ?? "", name: name?.toLowerCase() ?? null }
}

/**
 * The paths of a filter that nothing is mapped to, as they are written. A misspelt attribute would let nobody in, or
 * leave nobody out, without a word. `mapped` are the paths of the mapping; `hasRoles`: its rules give roles, too.
 */
export const unmapped = (filter: Filter, mapped: ReadonlyArray<string>, hasRoles: boolean): ReadonlyArray<string> => {
  const known = [...always, ...mapped, ...(hasRoles ? [rolePath] : [])].flatMap((text) => {
    const parsed = parse(text)
    return Result.isSuccess(parsed) ? [named(parsed.success.path)] : []
  })
  const isKnown = ({ container, name }: Named) =>
    known.some((one) => one.container === container && (name === null || one.name === null || one.name === name))
  return [
    ...new Set(
      pathsIn(filter)
        .filter((path) => !isKnown(named(path)))
        .map(print)
    )
  ]
}
