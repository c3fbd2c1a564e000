/** A store, a sandbox over TLS and a stand-in for Nango, and set-ups at the points where Nango comes in. */
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { DomainName } from "@loom-scim/core/setup/Domain"
import type { Actor } from "@loom-scim/core/setup/Evidence"
import { BridgeUrl } from "@loom-scim/core/setup/BridgeUrl"
import { ScimProbe } from "@loom-scim/core/scim/Probe"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import * as NodeDomainResolver from "@loom-scim/platform-node/dns/NodeDomainResolver"
import * as ScimHttpClient from "@loom-scim/platform-node/http/ScimHttpClient"
import * as NodeSamlMetadata from "@loom-scim/platform-node/saml/NodeSamlMetadata"
import * as Storage from "@loom-scim/platform-node/store/Storage"
import type { Sandbox } from "@loom-scim/sandbox/Sandbox"
import { startSandbox } from "@loom-scim/sandbox/Sandbox"
import { TEST_TLS } from "@loom-scim/sandbox/Tls"
import { Effect, Layer, Redacted } from "effect"
import { FetchHttpClient } from "effect/http"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { single } from "../../../platform-node/test/saml/documents.ts"
import { NangoApi } from "../../src/api/NangoApi.ts"
import { NangoHost } from "../../src/api/NangoHost.ts"
import type { NangoStandIn } from "./NangoStandIn.ts"
import { startNango } from "./NangoStandIn.ts"

export const actor: Actor = { name: "ada", face: "cli" }
/** No output may hold it. */
export const token = "tok_nango-secret-0123456789abcdef"

export interface Place {
  readonly nango: NangoStandIn
  readonly nangoUrl: string
  readonly sandbox: Sandbox
  readonly url: BridgeUrl
  readonly layer: ReturnType<typeof layerOf>
  /** The sandbox refuses every token, until it is told otherwise. */
  readonly revoke: () => Promise<unknown>
  readonly restore: () => Promise<unknown>
  /** The sandbox takes a new token, and no other any more. */
  readonly rotate: () => Promise<string>
  readonly close: () => Promise<void>
}

const layerOf = (directory: string, nangoUrl: string, secretKey: string) => {
  const resolver = NodeDomainResolver.layer()
  const client = ScimHttpClient.layer({ ca: TEST_TLS.cert })
  const probe = ScimProbe.layer.pipe(Layer.provide(client))
  const api = NangoApi.layer({ host: NangoHost.make(nangoUrl), secretKey: Redacted.make(secretKey) })
  return SetupService.layer.pipe(
    Layer.provide(NodeSamlMetadata.layer()),
    Layer.provideMerge(Layer.mergeAll(probe, api.pipe(Layer.provide(FetchHttpClient.layer)))),
    Layer.provideMerge(Layer.merge(resolver, Storage.layerEmbedded({ directory, face: "cli" })))
  )
}

/** Starts all of it; three people are in the sandbox. */
export const place = async (): Promise<Place> => {
  const directory = mkdtempSync(join(tmpdir(), "loom-scim-nango-"))
  const sandbox = await startSandbox({ users: 3, token, tls: TEST_TLS })
  const { close, nango, url: nangoUrl } = await startNango()
  return {
    nango,
    nangoUrl,
    sandbox,
    url: BridgeUrl.make(sandbox.scimUrl),
    layer: layerOf(directory, nangoUrl, nango.secretKey),
    revoke: () => control(sandbox, "revoke"),
    restore: () => control(sandbox, "restore"),
    rotate: () => control(sandbox, "rotate"),
    close: async () => {
      await Promise.all([sandbox.close(), close()])
      rmSync(directory, { recursive: true, force: true })
    }
  }
}

const control = async (sandbox: Sandbox, action: string): Promise<string> => {
  const request = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ action }) }
  const answer = await fetch(`${sandbox.controlUrl}/token`, request)
  if (!answer.ok) throw new Error(await answer.text())
  const text = await answer.text()
  const made: unknown = text === "" ? {} : JSON.parse(text)
  return typeof made === "object" && made !== null && "token" in made ? String(made.token) : ""
}

/** A set-up whose people have vouched for all that people vouch for; credentials are missing. */
export const attested = Effect.fnUntraced(function* (name: string) {
  const setup = yield* SetupService
  const { id } = yield* setup.begin(name, actor)
  return yield* vouch(id)
})

/** Vouches for everything that only people can. */
export const vouch = Effect.fnUntraced(function* (id: ConnectionId) {
  const setup = yield* SetupService
  const domain = DomainName.make("acme.com")
  for (const command of [
    { _tag: "AttestPrerequisite", prerequisite: "enterprisePlan" },
    { _tag: "AttestPrerequisite", prerequisite: "samlSso" },
    { _tag: "AddDomain", domain },
    { _tag: "ChooseDomainMethod", domain, method: "email" },
    { _tag: "AttestDomain", domain },
    { _tag: "AttestNoMembers" }
  ] as const) {
    yield* setup.submit(id, command, actor)
  }
  yield* setup.readMetadata(id, { kind: "paste", xml: single }, undefined, actor)
  for (const command of [
    { _tag: "ChooseDefaultRole", role: "viewer" },
    { _tag: "AttestSsoTest" },
    { _tag: "ChooseEnforcement", enforce: "off" },
    { _tag: "AcknowledgeRelogin" },
    { _tag: "ChooseCapture", policy: "off" },
    { _tag: "ChooseDeprovisioning", policy: "deactivate" }
  ] as const) {
    yield* setup.submit(id, command, actor)
  }
  return yield* setup.get(id)
})

/** A set-up that is connected. */
export const connected = Effect.fnUntraced(function* (name: string, url: BridgeUrl, value = token) {
  const setup = yield* SetupService
  const { id } = yield* attested(name)
  yield* setup.submit(id, { _tag: "RecordEndpoint", endpoint: url }, actor)
  yield* setup.saveToken(id, Redacted.make(value), null, actor)
  yield* setup.setBridgeUrl(id, url, true, actor)
  yield* setup.probe(id, actor)
  return yield* setup.submit(id, { _tag: "Connect" }, actor)
})
