/** A sandbox over real HTTP and the doctor pointed at it. */
import type { Connected } from "@loom-scim/core/operations/ConnectedClient"
import * as Doctor from "@loom-scim/core/scim/Doctor"
import type { CheckName, Finding } from "@loom-scim/core/scim/DoctorFinding"
import type { DoctorOptions } from "@loom-scim/core/scim/DoctorOptions"
import { ScimProbe } from "@loom-scim/core/scim/Probe"
import * as ScimClient from "@loom-scim/core/scim/ScimClient"
import type { ScimClientOptions } from "@loom-scim/core/scim/TransportOptions"
import { BridgeUrl } from "@loom-scim/core/setup/BridgeUrl"
import type { DeprovisioningPolicy } from "@loom-scim/core/setup/Choice"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import type { Sandbox } from "@loom-scim/sandbox/Sandbox"
import { startSandbox } from "@loom-scim/sandbox/Sandbox"
import { Effect, Layer, Redacted } from "effect"
import type { Scope } from "effect"
import * as ScimHttpClient from "../../src/http/ScimHttpClient.ts"
import * as FakeResolver from "../http/fakeResolver.ts"

export const token = "tok_doctor-secret-0123456789abcdef"

/** A sandbox with so many users, closed with the scope. */
export const sandbox = (users = 7): Effect.Effect<Sandbox, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(() => startSandbox({ users, token })),
    (started) => Effect.promise(() => started.close())
  )

/** Asks the control endpoint. */
export const control = (
  { controlUrl }: Sandbox,
  path: string,
  body?: object
): Effect.Effect<Readonly<Record<string, unknown>>> =>
  Effect.promise(async () => {
    const init =
      body === undefined
        ? {}
        : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }
    const response = await fetch(`${controlUrl}${path}`, init)
    if (!response.ok) throw new Error(`control ${path}: ${response.status}`)
    const text = await response.text()
    return text === "" ? {} : JSON.parse(text)
  })

/** How many users and groups there are. */
export const counts = (started: Sandbox) =>
  Effect.map(control(started, "/state"), ({ groups, users }) => ({ groups, users }))

const platform = ScimHttpClient.layer({ timeoutMillis: 2000 }).pipe(
  Layer.provideMerge(FakeResolver.layer(() => ["127.0.0.1"]))
)

export interface Visit extends Partial<DoctorOptions> {
  readonly policy?: DeprovisioningPolicy
  readonly client?: Partial<ScimClientOptions>
  readonly onFinding?: (finding: Finding) => Effect.Effect<void>
}

/** Runs the doctor with short waits. */
export const visit = (started: Sandbox, { client, onFinding, policy, ...options }: Visit = {}) =>
  Effect.gen(function* () {
    const url = BridgeUrl.make(started.scimUrl)
    const target = { url, token: Redacted.make(token), allowPrivateNetwork: true }
    const connected: Connected = {
      id: ConnectionId.make("acme"),
      url,
      deprovisioning: policy ?? "deactivate",
      client: yield* ScimClient.make({
        baseUrl: url,
        token: target.token,
        allowPrivateNetwork: true,
        retryDelay: "5 millis",
        maxRetries: 1,
        ...client
      })
    }
    const probe = yield* ScimProbe
    return yield* Doctor.run(
      connected,
      {
        write: false,
        removeLeftovers: false,
        domain: "example.com",
        probe: probe.run(target),
        readBackDelay: "5 millis",
        ...options
      },
      onFinding
    )
  }).pipe(Effect.provide(Layer.provideMerge(ScimProbe.layerWith({ deadline: "2 seconds" }), platform)), Effect.orDie)

/** The severities by check. */
export const severities = (findings: ReadonlyArray<Finding>): Readonly<Record<string, string>> =>
  Object.fromEntries(findings.map(({ check, severity }) => [check, severity]))

/** The finding of one check; dies without it. */
export const findingOf = (findings: ReadonlyArray<Finding>, name: CheckName): Finding => {
  const found = findings.find(({ check }) => check === name)
  if (found === undefined) throw new Error(`no finding ${name}`)
  return found
}
