/** The entry of a request that changed something and left none of its own, whatever becomes of the server meanwhile. */
import { Audited } from "@loom-scim/contract/Audited"
import { ofStore } from "@loom-scim/contract/problemOf"
import { AuditLog } from "@loom-scim/core/ports/AuditLog"
import type { AuditEntry, IntentId } from "@loom-scim/core/ports/AuditLog"
import { looking } from "@loom-scim/core/ports/Looking"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { Cause, DateTime, Effect, Exit, Layer, Option, Predicate, Schedule, Schema, SchemaAST } from "effect"
import type * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import { HttpApiSchemaError } from "effect/http-api/HttpApiError"
import { RouteContext } from "effect/http/HttpRouter"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import { isOurs } from "../http/WellFormedLive.ts"
import { actor, Trail } from "./Trail.ts"

const idOf = Schema.decodeUnknownOption(ConnectionId)

/** A change is done by then and cannot be taken back, so a store that is away for a moment is asked again. */
const again = { schedule: Schedule.exponential("200 millis"), times: 3 } as const

/** An answer that may have an id is no longer than this, in bytes. */
const longest = 65_536

/** The id that an answer has, or where it says that it stands. */
const resultOf = ({ body, headers }: HttpServerResponse): string | null => {
  const isShort = body._tag === "Uint8Array" && body.contentType.includes("json") && body.body.byteLength <= longest
  const value: unknown = isShort ? JSON.parse(new TextDecoder().decode(body.body)) : null
  const id = Predicate.hasProperty(value, "id") ? value.id : null
  return Predicate.isString(id) ? id : (headers["location"] ?? null)
}

type Outcome = Pick<Extract<AuditEntry["event"], { readonly _tag: "Requested" }>, "result" | "status">

/** Of what nobody knows yet, or any more: the caller left, or the server died. */
const unknown: Outcome = { result: null, status: null }

/** A refusal changed nothing. What failed on the way, here or on the SCIM server, may have changed something. */
const isRefusal = (status: number): boolean => status >= 400 && status < 500

/** Of a problem its own; what does not fit its schema is none yet. */
const statusOf = (error: unknown): number => {
  if (HttpApiSchemaError.is(error)) return isOurs(error) ? 500 : 400
  return Predicate.hasProperty(error, "status") && Predicate.isNumber(error.status) ? error.status : 500
}

/**
 * What is recorded of an answer; without a status when the caller left before it, since what was begun may have gone on.
 * Null when nothing is: of a refusal, and of an answer given again, which was recorded the first time.
 */
const outcomeOf = <E>(exit: Exit.Exit<HttpServerResponse, E>): Outcome | null => {
  if (Exit.isSuccess(exit)) {
    const { headers, status } = exit.value
    if (isRefusal(status) || headers["idempotency-replayed"] !== undefined) return null
    return { result: resultOf(exit.value), status }
  }
  if (Cause.hasInterrupts(exit.cause)) return unknown
  const status = Option.match(Cause.findErrorOption(exit.cause), { onNone: () => 500, onSome: statusOf })
  return isRefusal(status) ? null : { result: null, status }
}

/** What these do is in the log of the connection that they do it to. */
const logged: ReadonlySet<string> = new Set(["connections", "setup", "credentials"])

/** Of an endpoint that knows of dry runs; what the others are asked in addition changes nothing about what they do. */
const isDryRun = ({ query }: Pick<HttpApiEndpoint.Top, "query">, { url }: HttpServerRequest): boolean =>
  query !== undefined &&
  SchemaAST.isObjects(query.ast) &&
  query.ast.propertySignatures.some(({ name }) => name === "dryRun") &&
  /[?&]dryRun=true(?:&|$)/.test(url)

/** How often what is intended here is renewed, and what nobody renews any more is looked for. */
const beatEvery = { seconds: 15 } as const
/** One that was not renewed for this long is of a process that died. */
const abandonedAfter = { minutes: 1 } as const

/**
 * Intents of this process, kept before a request is carried out and settled before it is answered; from a process that
 * died they become entries without a status.
 */
const intents = Effect.gen(function* () {
  const log = yield* AuditLog
  const open = new Set<IntentId>()
  const beat = Effect.gen(function* () {
    const now = yield* DateTime.now
    yield* log.renew([...open], now)
    yield* log.recover(DateTime.subtract(now, abandonedAfter))
  }).pipe(
    looking,
    Effect.catch(({ reason }) => Effect.logError("the audit log could not take what a server left", reason)),
    Effect.repeat(Schedule.spaced(beatEvery))
  )
  yield* Effect.forkScoped(beat)
  return {
    intend: (entry: AuditEntry) =>
      log.intend(entry).pipe(
        Effect.tap((id) => Effect.sync(() => open.add(id))),
        Effect.mapError(ofStore)
      ),
    settle: (id: IntentId, entry: AuditEntry | null) =>
      log.settle(id, entry).pipe(
        Effect.retry(again),
        Effect.catch(({ reason }) => Effect.logError("the audit log could not take an entry", entry, reason)),
        Effect.ensuring(Effect.sync(() => open.delete(id)))
      )
  }
})

/** Over the audit log. */
export const layer: Layer.Layer<Audited, never, AuditLog> = Layer.effect(
  Audited,
  Effect.gen(function* () {
    const { intend, settle } = yield* intents
    return Audited.of(
      Effect.fnUntraced(function* (app, { endpoint, group }) {
        if (endpoint.method === "GET" || logged.has(group.identifier)) return yield* app
        if (isDryRun(endpoint, yield* HttpServerRequest)) return yield* app
        const { params } = yield* RouteContext
        const { connection, ...rest } = params
        const of = Object.fromEntries(
          Object.entries(rest).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
        )
        const by = yield* actor
        const entryOf = (outcome: Outcome) =>
          Effect.map(DateTime.now, (at): AuditEntry => ({
            connectionId: Option.getOrNull(idOf(connection)),
            at,
            actor: by,
            event: { _tag: "Requested", operation: `${group.identifier}.${endpoint.identifier}`, of, ...outcome }
          }))
        const trail = { entries: 0 }
        return yield* Effect.acquireUseRelease(
          Effect.flatMap(entryOf(unknown), intend),
          () => Effect.provideService(app, Trail, trail),
          Effect.fnUntraced(function* (id, exit) {
            const outcome = trail.entries > 0 ? null : outcomeOf(exit)
            yield* settle(id, outcome === null ? null : yield* entryOf(outcome))
          })
        )
      })
    )
  })
)
