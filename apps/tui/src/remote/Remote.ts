/**
 * The set-up of every connection over the API of a server: core's own service, so that no command knows the difference.
 * The state is folded here from the log that the server keeps; every decision and every check is the server's.
 */
import { Command as Submittable } from "@loom-scim/contract/Setup"
import type { TaskAnswer } from "@loom-scim/contract/SetupTask"
import { SamlMetadataRejected } from "@loom-scim/core/ports/SamlMetadata"
import type { MetadataSource } from "@loom-scim/core/ports/SamlMetadata"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { fromName } from "@loom-scim/core/setup/ConnectionId"
import type { Recorded } from "@loom-scim/core/setup/Event"
import * as Journey from "@loom-scim/core/setup/Journey"
import { TokenNotTaken } from "@loom-scim/core/setup/Rotation"
import { SetupRefused } from "@loom-scim/core/setup/SetupRefused"
import type { Connection } from "@loom-scim/core/setup/SetupService"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import { fold } from "@loom-scim/core/setup/State"
import { DateTime, Effect, Layer, Option, Redacted, Schema, Stream } from "effect"
import { readFile } from "node:fs/promises"
import type { Access } from "./Access.ts"
import { Client, inFlight, pageSize } from "./Client.ts"
import type { Failure } from "./failures.ts"
import { failureOf, unreachable } from "./failures.ts"
import { Whereabouts } from "./Whereabouts.ts"

const isSubmittable = Schema.is(Submittable)

const triedReason = Schema.decodeUnknownOption(TokenNotTaken.fields.reason)

/** That the server tried a token in vain; null for whatever else it says. */
const notTaken = (failure: Failure): TokenNotTaken | null => {
  if (failure._tag !== "InvalidInputProblem") return null
  const { detail, next } = failure
  return Option.match(triedReason(failure.reason), {
    onNone: () => null,
    onSome: (reason) => new TokenNotTaken({ reason, detail, next })
  })
}

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

const make = Effect.gen(function* () {
  const { api, asked, url } = yield* Client
  const { connections } = yield* Whereabouts
  /** What of each log was read; it only grows, so the rest is asked for. */
  const logs = new Map<ConnectionId, ReadonlyArray<Recorded>>()
  const known = (id: ConnectionId): ReadonlyArray<Recorded> => logs.get(id) ?? []

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

  const loaded = Effect.forEach(load, { concurrency: inFlight })

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

  const list = Effect.flatMap(Stream.runCollect(connections), loaded)

  return SetupService.of({
    list,
    get,
    present: (ids) =>
      Effect.map(loaded(ids), (all) => all.filter(({ state }) => state.name !== null && !state.removed)),
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
    rotateToken: (id, token, expiresAt) => {
      const payload = { token: Redacted.make(Redacted.value(token)), ...(expiresAt === null ? {} : { expiresAt }) }
      const rotated = asked(api.credentials.rotate({ params: { connection: id }, headers: {}, payload }))
      return Effect.andThen(
        Effect.mapError(
          rotated,
          (failure) => notTaken(failure) ?? failureOf(url, "ReportToken", id, known(id).length)(failure)
        ),
        load(id)
      )
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
export const layer: Layer.Layer<SetupService, never, Client | Whereabouts> = Layer.effect(SetupService, make)

/** The same for a server. */
export const layerOf = (access: Access): Layer.Layer<SetupService> =>
  layer.pipe(Layer.provide(Whereabouts.layer), Layer.provide(Client.layer(access)))
