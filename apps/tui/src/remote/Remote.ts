/**
 * The set-up of every connection over the API of a server: core's own service, so that no command knows the difference.
 * The state is folded here from the log that the server keeps; every decision and every check is the server's.
 */
import { Api } from "@loom-scim/contract/Api"
import { ConnectionCursor } from "@loom-scim/contract/Connections"
import { Command as Submittable } from "@loom-scim/contract/Setup"
import type { TaskAnswer } from "@loom-scim/contract/SetupTask"
import { SamlMetadataRejected } from "@loom-scim/core/ports/SamlMetadata"
import type { MetadataSource } from "@loom-scim/core/ports/SamlMetadata"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { fromName } from "@loom-scim/core/setup/ConnectionId"
import type { Recorded } from "@loom-scim/core/setup/Event"
import * as Journey from "@loom-scim/core/setup/Journey"
import { SetupRefused } from "@loom-scim/core/setup/SetupRefused"
import type { Connection } from "@loom-scim/core/setup/SetupService"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import { fold } from "@loom-scim/core/setup/State"
import { DateTime, Effect, Layer, Redacted, Schema } from "effect"
import * as HttpApiClient from "effect/http-api/HttpApiClient"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import { readFile } from "node:fs/promises"
import type { Access } from "./Access.ts"
import type { Failure } from "./failures.ts"
import { failureOf, unreachable } from "./failures.ts"

/** Longer than any check of a server takes. */
const patience = "90 seconds"
const pageSize = 200
/** At once, while a list is read. */
const inFlight = 8

const isSubmittable = Schema.is(Submittable)

const clientOf = ({ key, url }: Access) =>
  HttpApiClient.make(Api, {
    baseUrl: url,
    transformClient: HttpClient.mapRequest(HttpClientRequest.bearerToken(key))
  }).pipe(Effect.provide(FetchHttpClient.layer))

const placeOf = Schema.decodeUnknownEffect(ConnectionCursor)

const unreadable = (path: string) =>
  new SamlMetadataRejected({
    reason: "fileNotReadable",
    detail: `${path} cannot be read here`,
    next: "Check the path, or paste its contents."
  })

/** A file of this machine is read here and sent; the server reads none of its own. */
const sourceText = (
  source: MetadataSource,
  entityID: string | undefined
): Effect.Effect<string, SamlMetadataRejected> => {
  switch (source.kind) {
    case "url":
      return Effect.succeed(entityID === undefined ? source.location : `${source.location}#${entityID}`)
    case "paste":
      return Effect.succeed(source.xml)
    case "file":
      return Effect.tryPromise({
        try: () => readFile(source.location, "utf8"),
        catch: () => unreadable(source.location)
      }).pipe(
        Effect.filterOrFail(
          (text) => text.trim().startsWith("<"),
          () => unreadable(source.location)
        )
      )
  }
}

const make = Effect.fnUntraced(function* (access: Access) {
  const { url } = access
  const api = yield* clientOf(access)
  /** What of each log was read; it only grows, so the rest is asked for. */
  const logs = new Map<ConnectionId, ReadonlyArray<Recorded>>()
  const known = (id: ConnectionId): ReadonlyArray<Recorded> => logs.get(id) ?? []

  /** A redirect would carry the key to wherever it points, so none is followed. */
  const asked = <A, E extends Failure>(request: Effect.Effect<A, E>) =>
    request.pipe(Effect.provideService(FetchHttpClient.RequestInit, { redirect: "error" }), Effect.timeout(patience))

  /** The whole log; an unknown connection has none. */
  const read = Effect.fnUntraced(function* (id: ConnectionId) {
    for (;;) {
      const before = known(id)
      const { items, nextCursor } = yield* asked(
        api.setup.events({
          params: { connection: id },
          query: { limit: pageSize, cursor: { eventsAfter: before.length } }
        })
      ).pipe(
        Effect.catchTag("NotFoundProblem", () => Effect.succeed({ items: [], nextCursor: null })),
        Effect.mapError(unreachable(url))
      )
      // Another request of this program may have read them meanwhile.
      const fresh = items.filter(({ sequence }) => sequence > known(id).length)
      logs.set(id, [...known(id), ...fresh])
      if (nextCursor === null) return known(id)
    }
  })

  const load = (id: ConnectionId) => Effect.map(read(id), (log): Connection => ({ id, state: fold(log) }))

  const get = Effect.fnUntraced(function* (id: ConnectionId) {
    const connection = yield* load(id)
    yield* Effect.fromResult(Journey.admit(connection.state, { _tag: "Remove" }))
    return connection
  })

  /** Has the server change something, then reads what came of it. */
  const changed = <A, E extends Failure>(id: ConnectionId, command: string, request: Effect.Effect<A, E>) =>
    Effect.andThen(
      Effect.mapError(asked(request), (error) => failureOf(url, command, id, known(id).length)(error)),
      load(id)
    )

  const answer = (id: ConnectionId, task: string, payload: typeof TaskAnswer.Type) =>
    changed(id, task, api.setup.answer({ params: { connection: id, task }, headers: {}, payload }))

  const list = Effect.gen(function* () {
    const ids: Array<ConnectionId> = []
    let query: { readonly limit: number; readonly cursor?: typeof ConnectionCursor.Type } = { limit: pageSize }
    for (;;) {
      const { items, nextCursor } = yield* asked(api.connections.list({ query }))
      ids.push(...items.map(({ id }) => id))
      if (nextCursor === null) break
      query = { limit: pageSize, cursor: yield* placeOf(nextCursor) }
    }
    return ids
  }).pipe(Effect.mapError(unreachable(url)), Effect.flatMap(Effect.forEach(load, { concurrency: inFlight })))

  return SetupService.of({
    list,
    get,
    events: read,
    begin: Effect.fnUntraced(function* (name) {
      const trimmed = name.trim()
      const nowhere = failureOf(url, "Begin", fromName(trimmed), 0)
      const { body } = yield* Effect.mapError(
        asked(api.connections.create({ headers: {}, payload: { name: trimmed } })),
        nowhere
      )
      return yield* load(body.id)
    }),
    submit: (id, command) =>
      isSubmittable(command)
        ? changed(id, command._tag, api.setup.submit({ params: { connection: id }, headers: {}, payload: command }))
        : Effect.die(`${command._tag} has a way of its own`),
    remove: (id) =>
      Effect.asVoid(changed(id, "Remove", api.connections.remove({ params: { connection: id }, headers: {} }))),
    checkDomain: (id, domain) => answer(id, `verifyDomain:${domain}`, { _tag: "Confirm" }),
    reviewMembers: (id, emails) =>
      emails.length === 0
        ? Effect.fail(
            new SetupRefused({
              command: "ReportMembers",
              reason: "invalidInput",
              missing: null,
              detail: "No e-mail address was found.",
              next: "Paste one per line, or type none."
            })
          )
        : answer(id, "members", { _tag: "Value", value: emails.join("\n") }),
    readMetadata: Effect.fnUntraced(function* (id, source, entityID) {
      return yield* answer(id, "metadata", { _tag: "Value", value: yield* sourceText(source, entityID) })
    }),
    saveToken: (id, token, expiresAt) => {
      const payload = { token: Redacted.make(Redacted.value(token)), ...(expiresAt === null ? {} : { expiresAt }) }
      return changed(id, "ReportToken", api.credentials.save({ params: { connection: id }, headers: {}, payload }))
    },
    setBridgeUrl: (id, input) => answer(id, "bridgeUrl", { _tag: "Value", value: input }),
    probe: (id) => answer(id, "probe", { _tag: "Confirm" }),
    checkExpiry: Effect.fnUntraced(function* (id) {
      const connection = yield* get(id)
      const at = yield* DateTime.now
      const ended = Journey.expiries(connection.state).some((expiry) => !DateTime.isGreaterThan(expiry.at, at))
      // Nothing has ended in nearly every case; only the server may record that something has.
      return ended
        ? yield* changed(id, "checkExpiry", api.checks.run({ params: { connection: id }, headers: {} }))
        : connection
    })
  })
})

/** Over a server. */
export const layer = (access: Access): Layer.Layer<SetupService> => Layer.effect(SetupService, make(access))
