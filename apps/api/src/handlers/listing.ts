/** What a list of users or groups is asked for with, from the query of a request. */
import { defaultLimit } from "@loom-scim/contract/Page"
import { InvalidInputProblem } from "@loom-scim/contract/Problem"
import type { Endpoint } from "@loom-scim/core/operations/Operation"
import { fullName } from "@loom-scim/core/scim/AttributePath"
import type { Filter } from "@loom-scim/core/scim/Filter"
import { compile } from "@loom-scim/core/scim/FilterEvaluate"
import { parse } from "@loom-scim/core/scim/FilterParser"
import type { ListQuery } from "@loom-scim/core/scim/ScimClientTypes"
import * as Schemas from "@loom-scim/core/scim/Schemas"
import { Result } from "effect"

/** The query of a request. */
export interface Asked {
  readonly limit?: number
  readonly filter?: string
  readonly sortBy?: string
  readonly sortOrder?: "ascending" | "descending"
  readonly attributes?: string
}

const namesIn = (filter: Filter): ReadonlyArray<string> => {
  switch (filter._tag) {
    case "And":
    case "Or":
      return filter.filters.flatMap(namesIn)
    case "Not":
      return namesIn(filter.filter)
    case "Compare":
    case "Present":
    case "ValuePath":
      return [fullName(filter.path)]
  }
}

const isMembers = (name: string): boolean => /^members\b/i.test(name)

/** Rows are held against the filter when they come, so what it names has to be among their attributes. */
const projectionOf = (endpoint: Endpoint, attributes: string | undefined, filtered: ReadonlyArray<string>) => {
  if (attributes !== undefined) return { attributes: [...new Set([...attributes.split(","), ...filtered])] }
  // The members of large groups make lists that servers cannot give.
  return endpoint === "Groups" && !filtered.some(isMembers) ? { excludedAttributes: ["members"] } : {}
}

/** A filter is checked here before the server sees it, and its rows are checked again when they come. */
export const queryOf = (
  endpoint: Endpoint,
  { attributes, filter, limit, sortBy, sortOrder }: Asked
): Result.Result<ListQuery, InvalidInputProblem> => {
  const common = {
    count: limit ?? defaultLimit,
    ...(sortBy === undefined ? {} : { sortBy }),
    ...(sortOrder === undefined ? {} : { sortOrder })
  }
  if (filter === undefined) return Result.succeed({ ...common, ...projectionOf(endpoint, attributes, []) })
  return Result.mapBoth(parse(filter), {
    onSuccess: (parsed): ListQuery => ({
      ...common,
      ...projectionOf(endpoint, attributes, namesIn(parsed)),
      filter,
      matches: compile(parsed, endpoint === "Users" ? Schemas.loomUser : Schemas.groupType)
    }),
    onFailure: ({ message }) =>
      new InvalidInputProblem({
        detail: `The filter cannot be read. ${message}`,
        next: 'Write it as RFC 7644 §3.4.2.2 has it, for example userName eq "ada@acme.com".',
        reason: "invalidFilter",
        missing: null
      })
  })
}
