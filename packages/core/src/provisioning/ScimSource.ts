/** Another SCIM server as a source of people. */
import { Result, Stream } from "effect"
import type { PeopleSource } from "../ports/PeopleSource.ts"
import { SourceFailure } from "../ports/PeopleSource.ts"
import type { SyntaxFault } from "../scim/AttributePath.ts"
import { compile } from "../scim/FilterEvaluate.ts"
import { parse } from "../scim/FilterParser.ts"
import type { ScimClientOperations } from "../scim/ScimClient.ts"
import { idOf } from "../scim/ListPage.ts"
import type { ListIncomplete } from "../scim/ScimClientList.ts"
import type { ListQuery } from "../scim/ScimClientTypes.ts"
import type { ScimError } from "../scim/ScimError.ts"
import { loomUser } from "../scim/Schemas.ts"
import type { ScimSettings } from "./SourceSettings.ts"

const reasonOf = (error: ScimError | ListIncomplete, seen: number): SourceFailure["reason"] => {
  if (seen > 0 || error._tag === "ListIncomplete") return "endedEarly"
  switch (error._tag) {
    case "Unauthorized":
    case "Forbidden":
    case "Redirected":
      return "refused"
    case "NotFound":
      return "notFound"
    case "Malformed":
      return "malformed"
    default:
      return "unreadable"
  }
}

const withoutStop = (sentence: string): string => sentence.replace(/\.$/, "")

/** What is read of the other server. */
export type ScimSourceQuery = Pick<ListQuery, "filter" | "matches" | "attributes" | "excludedAttributes" | "paging">

/** What settings ask for. The filter is sent, and what comes is checked by it again: servers ignore what they do not know. */
export const queryOf = ({ filter }: ScimSettings): Result.Result<ScimSourceQuery, SyntaxFault> =>
  filter === undefined
    ? Result.succeed({})
    : Result.map(parse(filter), (parsed) => ({ filter, matches: compile(parsed, loomUser) }))

/**
 * The users of another server. `name` is what a person calls it. A list that the client cannot vouch for fails at its
 * end, so that those who were not listed are not taken for gone.
 */
export const make = (
  name: string,
  client: Pick<ScimClientOperations, "list">,
  query: ScimSourceQuery = {}
): PeopleSource => ({
  name,
  read: () =>
    Stream.suspend(() => {
      let seen = 0
      return client.list("Users", query).pipe(
        Stream.map((fields) => {
          seen++
          return { at: idOf(fields) ?? `user ${seen}`, fields }
        }),
        Stream.mapError(
          (error) =>
            new SourceFailure({
              reason: reasonOf(error, seen),
              source: name,
              at: null,
              detail: withoutStop(error.message),
              next: withoutStop(error.next)
            })
        )
      )
    })
})
