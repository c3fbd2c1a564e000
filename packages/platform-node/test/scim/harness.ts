/** The SCIM client over the real HTTP client, pointed at the sandbox or at a server of a test's own. */
import type { ScimClientOperations } from "@loom-scim/core/scim/ScimClient"
import * as ScimClient from "@loom-scim/core/scim/ScimClient"
import type { ScimClientOptions } from "@loom-scim/core/scim/TransportOptions"
import * as BridgeUrl from "@loom-scim/core/setup/BridgeUrl"
import { startSandbox } from "@loom-scim/sandbox/Sandbox"
import type { SandboxOptions } from "@loom-scim/sandbox/Sandbox"
import { Effect, Layer, Redacted, Result } from "effect"
import * as ScimHttpClient from "../../src/http/ScimHttpClient.ts"
import * as FakeResolver from "../http/fakeResolver.ts"

/** Runs with a client of a local server. Waits are short, so that tests are. */
export const withClient = <A, E, R>(
  url: string,
  token: string,
  use: (client: ScimClientOperations) => Effect.Effect<A, E, R>,
  options: Partial<ScimClientOptions> = {}
) => {
  const layer = Layer.provide(
    ScimHttpClient.layer(),
    FakeResolver.layer(() => ["127.0.0.1"])
  )
  const baseUrl = Result.getOrThrow(BridgeUrl.parse(url, { allowPrivateNetwork: true }))
  return Effect.flatMap(
    ScimClient.make({
      baseUrl,
      token: Redacted.make(token),
      allowPrivateNetwork: true,
      retryDelay: "5 millis",
      ...options
    }),
    use
  ).pipe(Effect.provide(layer), Effect.scoped)
}

/** A sandbox for the length of a test. */
export const sandbox = (options: SandboxOptions = {}) =>
  Effect.acquireRelease(
    Effect.promise(() => startSandbox(options)),
    (started) => Effect.promise(() => started.close())
  ).pipe(
    Effect.map((started) => {
      const control = (path: string, body?: object, method = "POST") =>
        Effect.promise(async () => {
          const response = await fetch(
            `${started.controlUrl}${path}`,
            body === undefined
              ? {}
              : { method, body: JSON.stringify(body), headers: { "content-type": "application/json" } }
          )
          const text = await response.text()
          if (!response.ok) throw new Error(text)
          const parsed: unknown = text === "" ? null : JSON.parse(text)
          return parsed
        })
      return {
        ...started,
        /** Puts a fault in force. */
        fault: (effect: object, rest: object = {}) => control("/faults", { ...effect, ...rest }),
        /** Takes all faults back. */
        mend: control("/faults", {}, "DELETE"),
        revoke: control("/token", { action: "revoke" }),
        accept: control("/token", { action: "restore" }),
        state: control("/state"),
        /** Every request so far. */
        requests: control("/requests"),
        /** Begins to count them anew. */
        forget: control("/requests", {}, "DELETE"),
        /** Runs with a client of this sandbox. */
        client: <A, E, R>(
          use: (client: ScimClientOperations) => Effect.Effect<A, E, R>,
          clientOptions: Partial<ScimClientOptions> = {}
        ) => withClient(started.scimUrl, started.token, use, clientOptions)
      }
    })
  )
