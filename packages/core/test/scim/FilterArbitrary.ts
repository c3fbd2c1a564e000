/** Random filters for the properties of the parser, the printer and their comparison with others. */
import * as FastCheck from "fast-check"
import * as Filter from "../../src/scim/Filter.ts"

const name = FastCheck.oneof(
  FastCheck.constantFrom("userName", "active", "emails", "not", "and", "or", "pr", "eq", "externalId", "x-y_1"),
  FastCheck.stringMatching(/^[a-zA-Z][a-zA-Z0-9_-]{0,8}$/)
)
const schema = FastCheck.constantFrom(
  null,
  null,
  null,
  "urn:ietf:params:scim:schemas:core:2.0:User",
  "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
)

/** Any path the grammar allows. */
export const path = FastCheck.record({ schema, name, sub: FastCheck.option(name) })

/** Any JSON literal. */
export const value = FastCheck.oneof(
  FastCheck.string({ unit: "binary" }),
  FastCheck.string({ unit: FastCheck.constantFrom('"', "\\", "\n", " ", ")", "]", "a", "\u0000", "é", "/") }),
  FastCheck.double({ noNaN: true, noDefaultInfinity: true }),
  FastCheck.integer(),
  FastCheck.boolean(),
  FastCheck.constant(null)
)

/** Any operator but `pr`. */
export const operator = FastCheck.constantFrom(...(["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"] as const))

interface Parts {
  readonly path: FastCheck.Arbitrary<Filter.Present["path"]>
  readonly value: FastCheck.Arbitrary<Filter.CompareValue>
}

/** Any filter over the given paths and values; brackets only where the grammar has them. */
export const filterOf = (parts: Parts): FastCheck.Arbitrary<Filter.Filter> => {
  const expression = FastCheck.oneof(
    FastCheck.record({
      _tag: FastCheck.constant("Compare" as const),
      path: parts.path,
      operator,
      value: parts.value
    }),
    FastCheck.record({ _tag: FastCheck.constant("Present" as const), path: parts.path })
  )
  const tree = (leaf: FastCheck.Arbitrary<Filter.Filter>) =>
    FastCheck.letrec<{ filter: Filter.Filter }>((tie) => {
      const several = FastCheck.tuple(tie("filter"), tie("filter"), FastCheck.array(tie("filter"), { maxLength: 2 }))
      return {
        filter: FastCheck.oneof(
          { maxDepth: 4, depthIdentifier: "filter" },
          leaf,
          several.map(([first, second, rest]): Filter.Filter => ({ _tag: "And", filters: [first, second, ...rest] })),
          several.map(([first, second, rest]): Filter.Filter => ({ _tag: "Or", filters: [first, second, ...rest] })),
          tie("filter").map(Filter.not)
        )
      }
    }).filter
  const inBrackets = FastCheck.record({
    _tag: FastCheck.constant("ValuePath" as const),
    path: parts.path,
    filter: tree(expression)
  })
  return tree(FastCheck.oneof({ weight: 4, arbitrary: expression }, { weight: 1, arbitrary: inBrackets }))
}

/** Any filter. */
export const filter = filterOf({ path, value })
