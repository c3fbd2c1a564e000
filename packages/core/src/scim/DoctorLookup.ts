/** Checks of looking people up, and of how wrong questions are answered. They change nothing. */
import type { JsonObject } from "./Json.ts"
import { Effect, Option, Result } from "effect"
import type { Known } from "./DoctorDirectory.ts"
import { look } from "./DoctorDirectory.ts"
import type { Outcome, Report, Verdict } from "./DoctorSession.ts"
import { after, bad, describe, ok } from "./DoctorSession.ts"
import { idOf } from "./ListPage.ts"
import type { ScimClientOperations } from "./ScimClient.ts"
import { filterLiteral } from "./ScimClientRequest.ts"
import type { ScimError } from "./ScimError.ts"

const refusedNext = "Look-ups by userName are needed to adopt existing members: tell whoever runs the server."

/** A spelling that differs in case only; undefined when there is none. */
const otherCase = (text: string): string | undefined =>
  [text.toUpperCase(), text.toLowerCase()].find((other) => other !== text)

const find = (client: ScimClientOperations, userName: string) =>
  look(client, "Users", { filter: `userName eq ${filterLiteral(userName)}`, count: 10, maxPages: 2 })

/** The first user as something to look up: skipped in an empty directory, and for rows without id or userName. */
const toKnown = ({ check, value }: Outcome<JsonObject | undefined>): Outcome<Known> => ({
  check,
  value: Option.flatMap(value, (row) => {
    const id = row === undefined ? null : idOf(row)
    const userName = row?.["userName"]
    return id !== null && typeof userName === "string" && userName !== ""
      ? Option.some({ id, userName })
      : Option.none()
  })
})

const judgeHit = (rows: ReadonlyArray<JsonObject>, { id }: Known, spelled: string): Verdict<undefined> => {
  const [first, ...others] = rows
  if (first === undefined) return bad("error", `userName eq, ${spelled}, found nobody.`, refusedNext)
  if (others.length > 0) {
    return bad("error", `userName eq, ${spelled}, gave ${rows.length} users instead of one.`, refusedNext)
  }
  return idOf(first) === id
    ? ok(`userName eq, ${spelled}, gave exactly the one asked for.`, undefined)
    : bad("error", `userName eq, ${spelled}, gave somebody else.`, refusedNext)
}

/** The filter by user name. Yields the user that was looked up, for other checks. */
export const filters = Effect.fnUntraced(function* (
  report: Report,
  client: ScimClientOperations,
  listed: Outcome<JsonObject | undefined>,
  absent: string
): Effect.fn.Return<Outcome<Known>> {
  yield* after(report, listed, "filterNone", () =>
    Effect.map(find(client, absent), ({ rows }) =>
      rows.length === 0
        ? ok("userName eq with a name that nobody has found nobody.", undefined)
        : bad("error", `userName eq with a name that nobody has gave ${rows.length} users.`, refusedNext)
    )
  )
  const known = toKnown(listed)
  const found = yield* after(report, known, "filterUserName", (user) =>
    Effect.map(find(client, user.userName), ({ rows }) => judgeHit(rows, user, "spelled as listed"))
  )
  yield* after(report, { ...known, value: Option.andThen(found.value, known.value) }, "filterCase", (user) => {
    const other = otherCase(user.userName)
    if (other === undefined) return Effect.succeed(ok("The user name has no letters with case.", undefined))
    return Effect.map(find(client, other), ({ rows }): Verdict<undefined> => {
      const verdict = judgeHit(rows, user, "in other case")
      // RFC 7643 §4.1.1 says that case does not matter; the client tries both spellings.
      return verdict.severity === "error" && rows.length === 0
        ? bad("warning", verdict.evidence, "Nothing to do: look-ups try the lower-case spelling as well.")
        : verdict
    })
  })
  return known
})

const judgeRefusal = (
  result: Result.Result<unknown, ScimError>,
  wanted: ReadonlyArray<ScimError["_tag"]>,
  what: string,
  onSuccess: "warning" | "error" = "warning"
): Effect.Effect<Verdict<undefined>, ScimError> => {
  const next = "Nothing to do here; tell whoever runs the server."
  if (Result.isSuccess(result)) return Effect.succeed(bad(onSuccess, `${what} was answered as a success.`, next))
  const error = result.failure
  if (!wanted.includes(error._tag)) return Effect.fail(error)
  const words = "detail" in error && (error.detail !== null || error.scimType !== null)
  return Effect.succeed(
    words
      ? ok(`${what}: ${describe(error)}`, undefined)
      : bad("info", `${what}: ${error.message} The answer is no SCIM error message.`, next)
  )
}

/** An id, a path and a filter that cannot be. */
export const refusals = Effect.fnUntraced(function* (
  report: Report,
  client: ScimClientOperations,
  listed: Outcome<JsonObject | undefined>,
  absent: string
) {
  yield* after(report, listed, "unknownId", () =>
    Effect.flatMap(Effect.result(client.get("Users", absent)), (result) =>
      judgeRefusal(result, ["NotFound"], "An id that nobody has", "error")
    )
  )
  yield* after(
    report,
    listed,
    "unknownEndpoint",
    () =>
      Effect.flatMap(Effect.result(look(client, absent, { count: 1, maxPages: 1 })), (result) =>
        judgeRefusal(result, ["NotFound"], "A path that does not exist")
      ),
    "warning"
  )
  const invalid = look(client, "Users", { filter: `userName is ${filterLiteral("nobody")}`, count: 1, maxPages: 1 })
  yield* after(
    report,
    listed,
    "invalidFilter",
    () =>
      Effect.flatMap(Effect.result(invalid), (result) =>
        judgeRefusal(result, ["InvalidFilter", "InvalidRequest"], "A filter that is none")
      ),
    "warning"
  )
})
