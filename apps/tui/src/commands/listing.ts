/** `users list` and `groups list`: the same listing of two resource types. */
import type { Connected } from "@loom-scim/core/operations/ConnectedClient"
import type { Endpoint } from "@loom-scim/core/operations/Operation"
import type { ResourceType } from "@loom-scim/core/scim/Attribute"
import { compile } from "@loom-scim/core/scim/FilterEvaluate"
import { parse } from "@loom-scim/core/scim/FilterParser"
import type { ListQuery } from "@loom-scim/core/scim/ScimClientTypes"
import { Console, Effect, Option, Result, Stream } from "effect"
import { codes, Ended, fromError } from "../Exit.ts"
import * as Table from "../plain/Table.ts"
import { oneForm, type SharedFlags } from "./shared.ts"

/** The flags of a listing. */
export interface ListFlags {
  readonly connection: Option.Option<string>
  readonly filter: Option.Option<string>
  readonly columns: Option.Option<string>
  readonly jsonl: boolean
  readonly csv: boolean
}

/** A filter is checked here before the server sees it, and its rows are checked again when they come. */
const queryOf = (filter: Option.Option<string>, type: ResourceType): Result.Result<ListQuery, Ended> =>
  Option.match(filter, {
    onNone: () => Result.succeed({}),
    onSome: (text) =>
      Result.match(parse(text), {
        onSuccess: (parsed) => Result.succeed({ filter: text, matches: compile(parsed, type) }),
        onFailure: ({ message }) =>
          Result.fail(new Ended({ code: codes.usage, reason: "InvalidFilter", detail: message }))
      })
  })

/** Prints as the flags say; fails with exit code 4 when the list is incomplete, after what was seen. */
export const list = Effect.fn("listing.list")(function* (
  flags: SharedFlags,
  { client }: Connected,
  endpoint: Endpoint,
  own: ListFlags,
  type: ResourceType,
  defaultColumns: ReadonlyArray<string>
) {
  const { csv, jsonl } = own
  yield* oneForm({ csv, jsonl, json: flags.json && !jsonl })
  const given = yield* Effect.fromResult(queryOf(own.filter, type))
  const columns = Option.match(own.columns, { onNone: () => defaultColumns, onSome: (text) => text.split(",") })
  const wantsMembers = endpoint === "Users" || flags.json || jsonl || columns.some((path) => /^members\b/i.test(path))
  const query = wantsMembers ? given : { ...given, excludedAttributes: ["members"] }
  const pages = client.pages(endpoint, query)
  if (csv) yield* Console.log(Table.csvLine(columns))
  const collected: Array<ReadonlyArray<string>> = []
  const whole: Array<unknown> = []
  let verdict: { readonly _tag: string; readonly reason?: string } | null = null
  yield* Stream.runForEach(pages, (page) => {
    verdict = page.verdict ?? verdict
    return Effect.forEach(page.resources, (resource) => {
      if (jsonl) return Console.log(JSON.stringify(resource))
      const cells = columns.map((path) => Table.cell(resource, path))
      if (csv) return Console.log(Table.csvLine(cells))
      if (flags.json) whole.push(resource)
      else collected.push(cells)
      return Effect.void
    })
  }).pipe(Effect.mapError(fromError))
  const end = describe(verdict)
  if (flags.json && !jsonl && !csv) {
    yield* Console.log(JSON.stringify({ resources: whole, complete: end === null, reason: end }))
  } else if (!jsonl && !csv) {
    for (const line of Table.lines(columns.map(Table.heading), collected)) yield* Console.log(line)
    yield* Console.log(`\n${collected.length} ${endpoint.toLowerCase()}`)
  }
  if (end !== null) {
    const detail = `The list is incomplete (${end}). Those that are missing are not gone.`
    return yield* new Ended({ code: codes.checkFailed, reason: "ListIncomplete", detail })
  }
  return undefined
})

const describe = (verdict: { readonly _tag: string; readonly reason?: string } | null): string | null =>
  verdict === null || verdict._tag === "Complete" ? null : (verdict.reason ?? "unknown")
