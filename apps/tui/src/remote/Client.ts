/** The API of one server, as everything here speaks to it: with the key, with patience, and never twice by accident. */
import { Api } from "@loom-scim/contract/Api"
import type { IdempotencyKey } from "@loom-scim/contract/Idempotency"
import { header } from "@loom-scim/contract/Idempotency"
import { Context, Effect, Layer, Option, Schedule, Stream } from "effect"
import type { Duration } from "effect"
import * as HttpApiClient from "effect/http-api/HttpApiClient"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import type * as HttpBody from "effect/http/HttpBody"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import { randomUUID } from "node:crypto"
import type { Access } from "./Access.ts"
import type { Failure } from "./failures.ts"

/** Longer than any check of a server takes. */
const patience = "90 seconds"

/** What a page is asked for with at most. */
export const pageSize = 200

/** Requests of one list at once. */
export const inFlight = 8

/** Everything that a list has, page after page. */
export const paged = <A, E, R>(
  page: (
    cursor: string | null
  ) => Effect.Effect<{ readonly items: ReadonlyArray<A>; readonly nextCursor: string | null }, E, R>
): Stream.Stream<A, E, R> =>
  Stream.paginate(null, (cursor: string | null) =>
    Effect.map(page(cursor), ({ items, nextCursor }) => [items, Option.fromNullOr(nextCursor)] as const)
  )

/** A body in place of the one that a request has: a form whose parts are read only while they are sent. */
export const Sent = Context.Reference<HttpBody.HttpBody | null>("loom-scim/remote/Client/Sent", {
  defaultValue: () => null
})

const clientOf = ({ key, url }: Access) =>
  HttpApiClient.make(Api, {
    baseUrl: url,
    transformClient: (client) =>
      client.pipe(
        HttpClient.mapRequest(HttpClientRequest.bearerToken(key)),
        HttpClient.mapRequestEffect((request) =>
          Effect.map(Sent, (body) => (body === null ? request : HttpClientRequest.setBody(request, body)))
        )
      )
  }).pipe(Effect.provide(FetchHttpClient.layer))

/** The server did nothing yet and will soon do it: the key sends too much at once, or the server stops or starts. */
const isPassing = ({ _tag }: Failure): boolean => _tag === "TooManyProblem" || _tag === "NotReadyProblem"

/** Nobody knows what became of it; sent under the same Idempotency-Key again, it is done once. */
const isOpen = ({ _tag }: Failure): boolean =>
  _tag === "HttpClientError" || _tag === "TimeoutError" || _tag === "StillRunningProblem"

const soon = Schedule.spaced("500 millis")
const often = 60
/** As long as a server takes to start again. */
const again = 20

const make = Effect.fnUntraced(function* (access: Access) {
  const api = yield* clientOf(access)

  /** Asks once. A redirect would carry the key to wherever it points, so none is followed. */
  const asked = <A, E extends Failure, R>(request: Effect.Effect<A, E, R>, longest: Duration.Input = patience) =>
    request.pipe(
      Effect.provideService(FetchHttpClient.RequestInit, { redirect: "error" }),
      Effect.timeout(longest),
      Effect.retry({ schedule: soon, times: often, while: isPassing })
    )

  /** Has something done that must be done once: until the server has said what became of it, it is sent again. */
  const posted = <A, E extends Failure, R>(
    request: (headers: { readonly [header]: typeof IdempotencyKey.Type }) => Effect.Effect<A, E, R>,
    longest: Duration.Input = patience
  ) =>
    Effect.suspend(() => {
      const headers = { [header]: randomUUID() } as const
      return Effect.retry(asked(request(headers), longest), { schedule: soon, times: again, while: isOpen })
    })

  return { url: access.url, api, asked, posted }
})

/** One server. */
export class Client extends Context.Service<Client, Effect.Success<ReturnType<typeof make>>>()(
  "loom-scim/remote/Client"
) {
  static readonly layer = (access: Access): Layer.Layer<Client> => Layer.effect(Client, make(access))
}
