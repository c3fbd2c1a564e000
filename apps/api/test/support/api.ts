/** The API in this process, on a socket of its own and a data directory of its own. */
import type { Grant, StoredApiKey } from "@loom-scim/core/ports/ApiKeys"
import { ApiKeys } from "@loom-scim/core/ports/ApiKeys"
import type { DomainResolver } from "@loom-scim/core/ports/DomainResolver"
import { ConfigProvider, Context, DateTime, Effect, Exit, Layer, Logger, Redacted, Scope } from "effect"
import { HttpServer } from "effect/http/HttpServer"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as App from "../../src/App.ts"
import * as KeySecret from "../../src/auth/KeySecret.ts"
import * as Listener from "../../src/Listener.ts"
import { Readiness } from "../../src/Readiness.ts"
import * as Services from "../../src/Services.ts"
import type { Settings } from "../../src/Settings.ts"
import { defaults } from "../../src/Settings.ts"

/** An answer, read to its end. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON, by its fields; empty when it is none. */
  readonly json: Readonly<Record<string, unknown>>
}

export interface Call {
  readonly key?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** Sends one request. */
export const call = async (base: string, method: string, path: string, options: Call = {}): Promise<Answer> => {
  const { body, headers, key } = options
  const response = await fetch(`${base}${path}`, {
    method,
    headers: {
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) })
  })
  const isStream = response.headers.get("content-type") === "text/event-stream"
  // A stream does not end by itself; who wants what is in it reads it elsewhere.
  if (isStream) await response.body?.cancel()
  const text = isStream ? "" : await response.text()
  const isJson = (response.headers.get("content-type") ?? "").includes("json")
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : {} }
}

const cleanups: Array<() => unknown> = []

/** To be called after each test. */
export const closeAll = async (): Promise<void> => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
}

/** Has something closed with the rest. */
export const closing = (cleanup: () => unknown): void => void cleanups.push(cleanup)

/** A directory that is gone when {@link closeAll} was called. */
export const temporary = (): string => {
  const directory = mkdtempSync(join(tmpdir(), "loom-scim-api-"))
  closing(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** A key straight into the store, with whatever end it should have. */
const keyWith = (grants: ReadonlyArray<Grant>, change: Partial<StoredApiKey["key"]>) =>
  Effect.gen(function* () {
    const fresh = KeySecret.make()
    const key = {
      id: fresh.id,
      name: "test",
      grants,
      createdAt: yield* DateTime.now,
      createdBy: "a test",
      expiresAt: null,
      revokedAt: null,
      lastUsedAt: null,
      ...change
    }
    yield* (yield* ApiKeys).insert({ key, hash: fresh.hash })
    return { id: fresh.id, whole: Redacted.value(fresh.whole) }
  })

/** Starts it; names are looked up as `resolver` says, if it is given. */
export const start = async (settings: Partial<Settings> = {}, resolver?: Layer.Layer<DomainResolver>) => {
  const directory = settings.directory ?? temporary()
  const all: Settings = { ...defaults, directory, ...settings, host: "127.0.0.1", port: 0 }
  const scope = Scope.makeUnsafe()
  const logged: Array<string> = []
  const logger = Logger.layer([Logger.map(Logger.formatJson, (line) => void logged.push(line))])
  const services = Layer.merge(Services.layer(all, resolver), Readiness.layer)
  const layer = App.layer(all, services).pipe(
    Layer.provideMerge(Listener.layer(all, 1000)),
    Layer.provideMerge(services),
    Layer.provide(logger),
    // The environment as it is now: some tests name a database in it.
    Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnv()))
  )
  const context = await Effect.runPromise(Layer.buildWithScope(layer, scope))
  const { address } = Context.get(context, HttpServer)
  if (address._tag === "UnixPathAddress") throw new Error("the server listens on a path")
  const base = `http://127.0.0.1:${address.port}`
  let open = true
  const close = async () => {
    if (open) await Effect.runPromise(Scope.close(scope, Exit.void))
    open = false
  }
  closing(close)
  const run = <A, E>(effect: Effect.Effect<A, E, ApiKeys>) => Effect.runPromise(Effect.provideContext(effect, context))
  const makeKey = (grants: ReadonlyArray<Grant>, change: Partial<StoredApiKey["key"]> = {}) =>
    run(keyWith(grants, change))
  const admin = (await makeKey([{ verb: "admin", connection: "*" }])).whole
  return {
    base,
    directory,
    admin,
    logged,
    makeKey,
    run,
    context,
    close,
    call: (method: string, path: string, options: Call = {}) => call(base, method, path, { key: admin, ...options }),
    /** Without any key unless one is given. */
    anonymous: (method: string, path: string, options: Call = {}) => call(base, method, path, options)
  }
}

export type Api = Awaited<ReturnType<typeof start>>
