/** The entry of a request that changed something and left none of its own. */
import { Audited } from "@loom-scim/contract/Audited"
import { AuditLog } from "@loom-scim/core/ports/AuditLog"
import type { AuditEntry } from "@loom-scim/core/ports/AuditLog"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { Cause, DateTime, Effect, Exit, Layer, Option, Predicate, Schedule, Schema } from "effect"
import { RouteContext } from "effect/http/HttpRouter"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
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

/**
 * What is recorded of an answer; without a status when the caller left before it, since what was begun may have gone on.
 * Null when nothing is: a refusal changed nothing, and an answer given again was recorded the first time.
 */
const outcomeOf = <E>(exit: Exit.Exit<HttpServerResponse, E>): Outcome | null => {
  if (Exit.isFailure(exit)) return Cause.hasInterrupts(exit.cause) ? { result: null, status: null } : null
  const { headers, status } = exit.value
  return status >= 400 || headers["idempotency-replayed"] !== undefined
    ? null
    : { result: resultOf(exit.value), status }
}

/** What these do is in the log of the connection that they do it to. */
const logged: ReadonlySet<string> = new Set(["connections", "setup", "credentials"])

const isDryRun = ({ url }: HttpServerRequest): boolean => /[?&]dryRun=true(?:&|$)/.test(url)

/** Over the audit log. */
export const layer: Layer.Layer<Audited, never, AuditLog> = Layer.effect(
  Audited,
  Effect.map(AuditLog, ({ record }) =>
    Audited.of(
      Effect.fnUntraced(function* (app, { endpoint, group }) {
        if (endpoint.method === "GET" || logged.has(group.identifier)) return yield* app
        if (isDryRun(yield* HttpServerRequest)) return yield* app
        const { params } = yield* RouteContext
        const { connection, ...rest } = params
        const trail = { entries: 0 }
        const note = Effect.fnUntraced(function* (outcome: Outcome) {
          if (trail.entries > 0) return
          const of = Object.fromEntries(
            Object.entries(rest).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
          )
          const entry: AuditEntry = {
            connectionId: Option.getOrNull(idOf(connection)),
            at: yield* DateTime.now,
            actor: yield* actor,
            event: { _tag: "Requested", operation: `${group.identifier}.${endpoint.identifier}`, of, ...outcome }
          }
          yield* record(entry).pipe(
            Effect.retry(again),
            Effect.catch((failure) => Effect.logError("the audit log could not take an entry", entry, failure.reason))
          )
        })
        return yield* app.pipe(
          Effect.provideService(Trail, trail),
          Effect.onExit((exit) => {
            const outcome = outcomeOf(exit)
            return outcome === null ? Effect.void : note(outcome)
          })
        )
      })
    )
  )
)
