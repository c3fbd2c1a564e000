/** Lists as streams that end with a verdict. */
import { Array, Effect, Option, Result, Schema, Stream } from "effect"
import type { ListCounts, ListVerdict, PageRequest, WalkStep } from "./List.ts"
import { ListWalk } from "./List.ts"
import * as ListPage from "./ListPage.ts"
import type { Learner } from "./Profile.ts"
import * as Request from "./ScimClientRequest.ts"
import type { ListedPage, ListQuery } from "./ScimClientTypes.ts"
import type { ScimError } from "./ScimError.ts"
import type { Call, Transport } from "./Transport.ts"
import type { ResolvedOptions } from "./TransportOptions.ts"

/** Not everything was seen: the rows so far are right, but nothing may be concluded from those that are missing. */
export class ListIncomplete extends Schema.TaggedError<ListIncomplete>()("ListIncomplete", {
  operation: Schema.String,
  /** An `IncompleteReason`. */
  reason: Schema.String,
  distinct: Schema.Int,
  /** The last `totalResults`, or null. */
  total: Schema.NullOr(Schema.Int)
}) {
  override get message(): string {
    const promised = this.total === null ? "" : ` of ${this.total}`
    return `${this.operation}: the list is incomplete, ${this.distinct}${promised} were seen (${this.reason}).`
  }
  get next(): string {
    return "Do not take those that are missing for gone. Read again; if it stays, tell whoever runs the server."
  }
}

/** How a list is asked for: `GET /Users?…` or `POST /Users/.search`. */
export type ListMethod = "query" | "search"

/** What a walk through a list needs. */
export interface ListSource {
  readonly transport: Transport
  readonly options: ResolvedOptions
  readonly learner: Learner
}

const defaultMaxPages = 100_000

const toCall = (target: Request.Target, query: ListQuery, method: ListMethod, page: PageRequest): Call =>
  method === "query"
    ? { method: "GET", path: target.path + Request.listQuery(query, page), label: target.label, retry: "always" }
    : { method: "POST", ...target, body: Request.searchBody(query, page), retry: "always" }

/** The pages of a list. The last one has the verdict. */
export const pages = (
  { learner, options, transport }: ListSource,
  target: Result.Result<Request.Target, ScimError>,
  query: ListQuery,
  method: ListMethod
): Stream.Stream<ListedPage, ScimError> =>
  Stream.unwrap(
    Effect.map(Effect.fromResult(target), (found) => {
      const walk = new ListWalk({
        count: query.count ?? options.pageSize,
        paging: query.paging ?? "index",
        trustTotals: options.trustTotals || learner.behaviour.trustTotals,
        maxPages: query.maxPages ?? defaultMaxPages,
        ...(query.matches === undefined ? {} : { matches: query.matches })
      })
      const ask = (page: PageRequest): Effect.Effect<WalkStep, ScimError> =>
        transport.call(toCall(found, query, method, page)).pipe(
          Effect.flatMap((answer) =>
            Result.match(ListPage.decode(answer.json), {
              onSuccess: (decoded) => Effect.succeed(walk.take(decoded)),
              onFailure: (reason) => Effect.fail(answer.malformed(reason))
            })
          ),
          Effect.catch((error) => {
            const isRefusal = error._tag === "InvalidRequest" || error._tag === "NotFound"
            const step = isRefusal ? walk.refused() : null
            return step === null ? Effect.fail(error) : Effect.succeed(step)
          })
        )
      return Stream.paginate(walk.first, (page: PageRequest) =>
        Effect.map(ask(page), ({ next, rows, verdict }) => {
          const listed: ListedPage = { resources: rows, verdict }
          return [[listed], Option.fromNullOr(next)] as const
        })
      )
    })
  )

/** The error of an incomplete verdict; undefined for a complete one. */
export const incomplete = (operation: string, verdict: ListVerdict): ListIncomplete | undefined => {
  if (verdict._tag === "Complete") return undefined
  const { distinct, total }: ListCounts = verdict.counts
  return new ListIncomplete({ operation, reason: verdict.reason, distinct, total })
}

/** The rows of a list, in order; fails at the end when not everything was seen. */
export const rows = (
  all: Stream.Stream<ListedPage, ScimError>,
  operation: string
): Stream.Stream<ListPage.JsonObject, ScimError | ListIncomplete> =>
  Stream.suspend(() => {
    let error: ListIncomplete | undefined
    // Page by page as they come: a stream for each of them would cost more than walking through it.
    const found = all.pipe(
      Stream.map(({ resources, verdict }) => {
        if (verdict !== null) error = incomplete(operation, verdict)
        return resources
      }),
      Stream.filter(Array.isReadonlyArrayNonEmpty),
      Stream.flattenArray
    )
    return Stream.concat(
      found,
      Stream.suspend(() => (error === undefined ? Stream.empty : Stream.fail(error)))
    )
  })

/** All pages in memory, with the verdict. */
export const collected = Effect.fnUntraced(function* (pages: Stream.Stream<ListedPage, ScimError>) {
  const all = yield* Stream.runCollect(pages)
  const verdict = all.at(-1)?.verdict ?? null
  // The last page always has one; a stream without pages has failed before.
  if (verdict === null) return yield* Effect.die(new Error("a list ended without a verdict"))
  return { resources: all.flatMap(({ resources }) => resources), verdict }
})
