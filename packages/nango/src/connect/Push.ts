/** A finished set-up becomes a connection in Nango; pushed again, whatever differs there is brought up to date. */
import { Profiles } from "@loom-scim/core/ports/Profiles"
import { Vault } from "@loom-scim/core/ports/Vault"
import type { Connection } from "@loom-scim/core/setup/SetupService"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import { Effect, Option, Redacted } from "effect"
import type { ListedConnection } from "../api/Models.ts"
import type { ConnectionKey } from "../api/NangoApi.ts"
import { NangoApi } from "../api/NangoApi.ts"
import * as Shape from "../Shape.ts"
import { ConnectRefused } from "./ConnectRefused.ts"
import type { Desired, Existing, Part } from "./Difference.ts"
import { between } from "./Difference.ts"
import { loomIntegration } from "./Integration.ts"
import type { Sought } from "./Locate.ts"
import { locate } from "./Locate.ts"
import * as Marks from "./Marks.ts"

/** What is pushed, and where to. */
export interface PushOptions extends Sought {
  /** Which entry for Loom this Nango has. */
  readonly entry: Shape.Entry
  /** Only tells. */
  readonly dryRun: boolean
}

/** What a push did, or would do. */
export interface Pushed {
  readonly key: ConnectionKey
  readonly outcome: "created" | "updated" | "unchanged"
  /** The parts that differed; empty for a new one. */
  readonly changes: ReadonlyArray<Part>
}

/** Characters; Nango takes no longer API key. */
const longestToken = 1024
const mostTags = 10

const finished = ({ id, state: { bridgeUrl, connected, deprovisioning, token } }: Connection) =>
  connected === null || bridgeUrl === null || token === null || deprovisioning === null
    ? Effect.fail(
        new ConnectRefused({
          reason: "notConnected",
          detail: `${id} is not connected yet, so there is nothing proven to give to Nango.`,
          next: `Finish it with: loom-scim setup --connection ${id}`
        })
      )
    : Effect.succeed({ url: bridgeUrl.url, fingerprint: token.fingerprint, deprovisioning })

/** Pushes. */
export const push = Effect.fn("Push.push")(function* (options: PushOptions) {
  const api = yield* NangoApi
  const connection = yield* (yield* SetupService).get(options.id)
  const { deprovisioning, fingerprint, url } = yield* finished(connection)
  yield* loomIntegration(options.integration)
  const connectionConfig = yield* Effect.fromResult(Shape.toConnectionConfig(url, options.entry))
  const [key, listed] = yield* locate(options)
  const owner = Marks.setupOf(listed?.tags)
  if (Option.isSome(owner) && owner.value !== options.id) {
    return yield* new ConnectRefused({
      reason: "otherServer",
      detail: `${key.connectionId} in Nango belongs to the set-up ${owner.value}.`,
      next: "Choose another id with --nango-connection."
    })
  }

  const token = yield* (yield* Vault).open(options.id, fingerprint)
  if (Redacted.value(token).length > longestToken) {
    return yield* new ConnectRefused({
      reason: "tokenTooLong",
      detail: `The token has more than ${longestToken} characters, and Nango takes no longer key.`,
      next: "Generate a shorter one, if the server lets you, and save it with: loom-scim setup"
    })
  }
  const profile = yield* (yield* Profiles).find(options.id, url)
  const ours = { connection: options.id, bridgeUrl: url, deprovisioning }
  const desired: Desired = {
    token,
    connectionConfig: { ...connectionConfig },
    metadata: Marks.writeMetadata(listed?.metadata ?? null, ours, profile),
    tags: Marks.writeTag(listed?.tags, options.id)
  }
  if (Object.keys(desired.tags).length > mostTags) {
    return yield* new ConnectRefused({
      reason: "tooManyTags",
      detail: `${key.connectionId} in Nango has ${mostTags} tags already, and no more are allowed.`,
      next: "Remove one that is not used."
    })
  }
  const existing = listed === undefined ? undefined : yield* whole(key, listed)
  const changes = existing === undefined ? [] : between(existing, desired)
  const outcome: Pushed["outcome"] = existing === undefined ? "created" : changes.length === 0 ? "unchanged" : "updated"
  if (!options.dryRun) yield* send(api, key, desired, existing, changes)
  return { key, outcome, changes } satisfies Pushed
})

/** All of it, unless Nango tried its token and does not show it any more. */
const whole = Effect.fnUntraced(function* (key: ConnectionKey, listed: ListedConnection) {
  const api = yield* NangoApi
  return yield* api.getWithCredentials(key).pipe(
    Effect.map((connection): Existing => ({ _tag: "Full", connection })),
    Effect.catchIf(
      ({ reason }) => reason === "credentialsRefused",
      () => Effect.succeed<Existing>({ _tag: "Listed", connection: listed })
    )
  )
})

/** Credentials and configuration go only with the whole connection; the rest alone does not try them again. */
const send = Effect.fnUntraced(function* (
  api: NangoApi["Service"],
  key: ConnectionKey,
  { connectionConfig, metadata, tags, token }: Desired,
  existing: Existing | undefined,
  changes: ReadonlyArray<Part>
) {
  if (existing === undefined || changes.includes("token") || changes.includes("connectionConfig")) {
    return yield* api.put({
      providerConfigKey: key.integration,
      connectionId: key.connectionId,
      apiKey: token,
      connectionConfig,
      metadata,
      tags,
      webhookUrlOverride: existing?._tag === "Full" ? (existing.connection.webhook_url_override ?? null) : null
    })
  }
  if (changes.includes("metadata")) yield* api.mergeMetadata(key, Marks.ownFields(metadata))
  if (changes.includes("tags")) yield* api.setTags(key, tags)
  return undefined
})
