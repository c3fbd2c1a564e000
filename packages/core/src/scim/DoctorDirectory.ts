/** Checks that read the directory: lists, pages and projections. They change nothing. */
import { Effect, Option, Stream } from "effect"
import type { Outcome, Report } from "./DoctorSession.ts"
import { after, bad, check, ok, still } from "./DoctorSession.ts"
import type { ListCounts, ListQuirk, ListVerdict } from "./List.ts"
import type { JsonObject } from "./Json.ts"
import type { ScimClientOperations } from "./ScimClient.ts"
import { filterLiteral } from "./ScimClientRequest.ts"
import type { ListQuery, Projection } from "./ScimClientTypes.ts"
import type { ScimError } from "./ScimError.ts"

/** What a bounded look at a list saw. */
export interface Look {
  readonly rows: ReadonlyArray<JsonObject>
  readonly verdict: ListVerdict | null
}

/** Reads at most so many pages; the verdict then is `tooManyPages`. */
export const look = (
  client: ScimClientOperations,
  endpoint: string,
  query: ListQuery & { readonly maxPages: number }
): Effect.Effect<Look, ScimError> =>
  Effect.map(Stream.runCollect(client.pages(endpoint, query)), (pages) => ({
    rows: pages.flatMap(({ resources }) => resources),
    verdict: pages.at(-1)?.verdict ?? null
  }))

const numbers = ({ distinct, pages, total }: ListCounts): string =>
  `${distinct} users on ${pages} pages, totalResults ${total ?? "missing"}`

/** Quirks after which a total is no longer what it should be, though the list can be read to its end. */
const doubtful: ReadonlyArray<ListQuirk> = ["totalMissing", "totalIsPageSize", "duplicates", "idMissing"]

// 100 rows each: enough to judge a large directory by, little enough to be polite.
const totalsPages = 50

const judgeTotals = ({ verdict }: Look) => {
  if (verdict === null) return bad("error", "The list ended without a verdict.", "Run again.")
  const { counts, quirks } = verdict
  const found = [...quirks].toSorted().join(", ")
  const evidence = `${numbers(counts)}${found === "" ? "" : ` (${found})`}.`
  const isCut = verdict._tag === "Incomplete" && verdict.reason === "tooManyPages"
  if (verdict._tag === "Incomplete" && !isCut) {
    const next = "Tell whoever runs the server that totalResults and the rows do not fit. Do not delete by this list."
    return bad("error", `${evidence} The list is incomplete: ${verdict.reason}.`, next)
  }
  if (doubtful.some((quirk) => quirks.has(quirk))) {
    return still("warning", evidence, "Nothing to do: lists are read past their stated end.", undefined)
  }
  return isCut
    ? still("info", `${evidence} The rest was not read.`, "Nothing to do.", undefined)
    : ok(evidence, undefined)
}

const judgePages = ({ rows, verdict }: Look) => {
  if (verdict === null) return bad("error", "The list ended without a verdict.", "Run again.")
  const { counts, quirks } = verdict
  const evidence = `Asked for pages of 2: ${counts.distinct} different users on ${counts.pages} pages.`
  if (rows.length < 3)
    return still("info", evidence, "Too few users to tell; run again when there are more.", undefined)
  if (quirks.has("duplicates")) {
    return bad("error", `${evidence} ${counts.duplicates} came twice.`, "Tell whoever runs the server: pages overlap.")
  }
  if (quirks.has("pageTooLong")) {
    return still("warning", `${evidence} Pages were longer than asked.`, "Nothing to do: they are read.", undefined)
  }
  return quirks.has("countCapped")
    ? still("info", `${evidence} Pages were shorter than asked.`, "Nothing to do: reading goes on.", undefined)
    : ok(evidence, undefined)
}

// Always returned, whatever is asked for (RFC 7643 §3.1, §7).
const alwaysReturned = new Set(["id", "schemas", "username"])

const surplus = (row: JsonObject, wanted: string): ReadonlyArray<string> =>
  Object.keys(row).filter((key) => !alwaysReturned.has(key.toLowerCase()) && key.toLowerCase() !== wanted.toLowerCase())

/** The same user, read alone and in a list, with a projection. */
const projected = (client: ScimClientOperations, { id, userName }: Known, projection: Projection) =>
  Effect.gen(function* () {
    const { resource } = yield* client.get("Users", id, projection)
    const filter = `userName eq ${filterLiteral(userName)}`
    const { rows } = yield* look(client, "Users", { filter, count: 10, maxPages: 1, ...projection })
    return [resource, ...rows]
  })

const moreNext = "Nothing to do: more is read than needed."

const judgeAttributes = (rows: ReadonlyArray<JsonObject>) => {
  const more = [...new Set(rows.flatMap((row) => surplus(row, "active")))]
  return more.length === 0
    ? ok("attributes=active gave nothing else, for one user and in a list.", undefined)
    : bad("warning", `attributes=active gave ${more.length} more.`, moreNext)
}

const judgeExcluded = (rows: ReadonlyArray<JsonObject>) =>
  rows.some((row) => "emails" in row)
    ? bad("warning", "emails came although they were excluded.", moreNext)
    : ok("excludedAttributes=emails left them out, for one user and in a list.", undefined)

const judgeSearch = (hit: Option.Option<JsonObject>, userName: string) => {
  if (Option.isNone(hit)) return bad("info", "POST /Users/.search found nobody.", "Nothing to do: look-ups use GET.")
  if (String(hit.value["userName"]).toLowerCase() !== userName.toLowerCase()) {
    return bad("warning", "POST /Users/.search found somebody else.", "Nothing to do: look-ups use GET.")
  }
  const more = surplus(hit.value, "userName")
  return more.length === 0
    ? ok("POST /Users/.search found the user, with the attributes asked for.", undefined)
    : bad("info", `POST /Users/.search found the user, but gave ${more.length} more attributes.`, moreNext)
}

/** A user to ask about: its id and its user name as the server writes it. */
export interface Known {
  readonly id: string
  readonly userName: string
}

const judgeList = ({ rows, verdict }: Look) => {
  const first = rows[0]
  const total = verdict?.counts.total
  const evidence = `GET /Users?count=1 gave ${rows.length} rows, totalResults ${total ?? "missing"}.`
  return ok(evidence, first)
}

/** Lists of users. The outcome's value is the first user, or undefined in an empty directory. */
export const users = Effect.fnUntraced(function* (
  report: Report,
  client: ScimClientOperations
): Effect.fn.Return<Outcome<JsonObject | undefined>> {
  const listed = yield* check(
    report,
    "listUsers",
    Effect.map(look(client, "Users", { count: 1, maxPages: 1 }), judgeList)
  )
  yield* after(report, listed, "listTotals", () =>
    Effect.map(look(client, "Users", { maxPages: totalsPages }), judgeTotals)
  )
  yield* after(report, listed, "pagination", () =>
    Effect.map(look(client, "Users", { count: 2, maxPages: 4 }), judgePages)
  )
  return listed
})

/** What `attributes` and `excludedAttributes` leave out, for one user. */
export const projections = Effect.fnUntraced(function* (
  report: Report,
  client: ScimClientOperations,
  known: Outcome<Known>
) {
  yield* after(
    report,
    known,
    "attributes",
    (user) => Effect.map(projected(client, user, { attributes: ["active"] }), judgeAttributes),
    "warning"
  )
  yield* after(
    report,
    known,
    "excludedAttributes",
    (user) => Effect.map(projected(client, user, { excludedAttributes: ["emails"] }), judgeExcluded),
    "warning"
  )
  yield* after(
    report,
    known,
    "searchPost",
    ({ userName }) => {
      const query = { filter: `userName eq ${filterLiteral(userName)}`, attributes: ["userName"], maxPages: 2 }
      return Effect.map(Stream.runHead(client.search("Users", query)), (hit) => judgeSearch(hit, userName))
    },
    "info"
  )
})

/** The list of groups, without their members. */
export const groups = (report: Report, client: ScimClientOperations): Effect.Effect<Outcome<undefined>> =>
  check(
    report,
    "listGroups",
    Effect.map(
      look(client, "Groups", { count: 1, maxPages: 1, excludedAttributes: ["members"] }),
      ({ rows, verdict }) =>
        ok(
          `GET /Groups?count=1 gave ${rows.length} rows, totalResults ${verdict?.counts.total ?? "missing"}.`,
          undefined
        )
    )
  )
