/**
 * An existing connection in Nango becomes a set-up here. Its credentials are tried at the endpoint itself before anything
 * is kept; what only a person can vouch for stays open, whatever Nango says of the connection.
 */
import { Vault } from "@loom-scim/core/ports/Vault"
import { ScimProbe } from "@loom-scim/core/scim/Probe"
import * as ProbeReport from "@loom-scim/core/scim/ProbeReport"
import type { BridgeUrl } from "@loom-scim/core/setup/BridgeUrl"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import type { Actor } from "@loom-scim/core/setup/Evidence"
import * as Progress from "@loom-scim/core/setup/Progress"
import type { Connection } from "@loom-scim/core/setup/SetupService"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import type { Step } from "@loom-scim/core/setup/Step"
import { Effect, Equal, Option, Redacted, Result } from "effect"
import type { FullConnection } from "../api/Models.ts"
import type { ConnectionKey } from "../api/NangoApi.ts"
import { NangoApi } from "../api/NangoApi.ts"
import * as Shape from "../Shape.ts"
import { ConnectRefused } from "./ConnectRefused.ts"
import { loomIntegration } from "./Integration.ts"
import * as Marks from "./Marks.ts"

/** What is adopted, and into which set-up. */
export interface PullOptions {
  readonly key: ConnectionKey
  /** The set-up to go on with; without it, the one that the connection's tag names, or a new one. */
  readonly into?: ConnectionId
  /** The name of a new set-up; the connection's id in Nango without it. */
  readonly name?: string
  readonly allowPrivateNetwork: boolean
  readonly actor: Actor
}

/** What came of it. */
export interface Pulled {
  readonly connection: Connection
  readonly began: boolean
  /** What the endpoint answered to the credentials from Nango. */
  readonly report: ProbeReport.ProbeReport
  /** `kept`: the set-up has these credentials now; `same`: it had them; `waiting`: a step before them is still open. */
  readonly credentials: "kept" | "same" | "waiting"
  /** The steps that are still open, for a person. */
  readonly open: ReadonlyArray<Step>
}

const refuse = (reason: ConnectRefused["reason"], detail: string, next: string) =>
  new ConnectRefused({ reason, detail, next })

/** Where the connection leads and what opens it. */
const credentialsOf = (found: FullConnection, { allowPrivateNetwork, key }: PullOptions) => {
  const { apiKey } = found.credentials
  if (apiKey === undefined) {
    return Effect.fail(
      refuse(
        "noToken",
        `Nango does not show an API key of ${key.connectionId}.`,
        "Use a secret key that may read credentials, and a connection made with the provider loom-scim."
      )
    )
  }
  return Result.match(Shape.toBridgeUrl(found.connection_config, { allowPrivateNetwork }), {
    onFailure: ({ message }) =>
      Effect.fail(
        refuse(
          "configUnreadable",
          `The configuration of ${key.connectionId} in Nango leads nowhere: ${message}`,
          "Correct it in Nango, or set the connection up here and push it."
        )
      ),
    onSuccess: (url) => Effect.succeed({ url, token: apiKey })
  })
}

/** The set-up this connection belongs to, if there is one. What belongs to one elsewhere is taken only on purpose. */
const targetOf = Effect.fnUntraced(function* (found: FullConnection, { into, name }: PullOptions) {
  const setup = yield* SetupService
  if (into !== undefined) return Option.some(yield* setup.get(into))
  const named = Marks.setupOf(found.tags)
  if (Option.isNone(named)) return Option.none<Connection>()
  return yield* setup.get(named.value).pipe(
    Effect.asSome,
    Effect.catchTag("SetupRefused", () =>
      name === undefined
        ? Effect.fail(
            refuse(
              "notHere",
              `${found.connection_id} in Nango belongs to the set-up ${named.value}, which is not here.`,
              "To take it over as a set-up of this installation, give that a name with --name."
            )
          )
        : Effect.succeedNone
    )
  )
})

/** Takes the credentials over as far as the journey lets them in; each check is made by the journey's own verifiers. */
const takeOver = Effect.fnUntraced(function* (
  before: Connection,
  { token, url }: { readonly token: Redacted.Redacted; readonly url: BridgeUrl },
  { actor, allowPrivateNetwork }: PullOptions
) {
  const setup = yield* SetupService
  const { id, state } = before
  const held =
    state.token === null || state.token.lapsed !== null
      ? Option.none()
      : Option.some(yield* (yield* Vault).open(id, state.token.fingerprint))
  const isSame =
    state.bridgeUrl?.url === url && Option.exists(held, (mine) => Redacted.value(mine) === Redacted.value(token))
  if (isSame) return { connection: before, credentials: "same" as const }
  if (Progress.blockedBy(state, "credentials") !== undefined) {
    return { connection: before, credentials: "waiting" as const }
  }
  if (state.endpoint !== url) yield* setup.submit(id, { _tag: "RecordEndpoint", endpoint: url }, actor)
  yield* setup.saveToken(id, token, null, actor)
  return {
    connection: yield* setup.setBridgeUrl(id, url, allowPrivateNetwork, actor),
    credentials: "kept" as const
  }
})

/** Has the journey probe for itself and connects, when nothing else is open. */
const proceed = Effect.fnUntraced(function* (connection: Connection, actor: Actor) {
  const setup = yield* SetupService
  const { id, state } = connection
  if (Progress.blockedBy(state, "connect") !== undefined) return connection
  const probed = yield* setup.probe(id, actor)
  if (probed.state.probe?.evidence == null || probed.state.connected !== null) return probed
  return yield* setup.submit(id, { _tag: "Connect" }, actor)
})

/** Lets the connection say whose it is, and functions know the policy, which Nango forgets when somebody connects anew. */
const mark = Effect.fnUntraced(function* (key: ConnectionKey, { metadata, tags }: FullConnection, after: Connection) {
  const api = yield* NangoApi
  const { id, state } = after
  if (!Option.contains(Marks.setupOf(tags), id)) yield* api.setTags(key, Marks.writeTag(tags, id))
  if (state.connected === null || state.bridgeUrl === null || state.deprovisioning === null) return
  const ours = { connection: id, bridgeUrl: state.bridgeUrl.url, deprovisioning: state.deprovisioning }
  const desired = Marks.writeMetadata(metadata, ours, Option.none())
  if (!Equal.equals(metadata ?? {}, desired)) yield* api.mergeMetadata(key, Marks.ownFields(desired))
})

/** Pulls. Doing it again takes up where the journey has come to since. */
export const pull = Effect.fn("Pull.pull")(function* (options: PullOptions) {
  const { actor, allowPrivateNetwork, key } = options
  const api = yield* NangoApi
  yield* loomIntegration(key.integration)
  const found = yield* api.getWithCredentials(key)
  const { token, url } = yield* credentialsOf(found, options)
  const target = yield* targetOf(found, options)
  const known = Option.getOrUndefined(target)?.state.bridgeUrl?.url
  if (known !== undefined && known !== url) {
    return yield* refuse(
      "otherServer",
      `The set-up leads to another endpoint than ${key.connectionId} in Nango does.`,
      "Adopt it as a set-up of its own with --name, or change the endpoint with: loom-scim setup"
    )
  }
  const report = yield* (yield* ScimProbe).run({ url, token, allowPrivateNetwork })
  if (!ProbeReport.succeeded(report)) {
    const fatal = ProbeReport.firstFatal(report)
    return yield* refuse(
      "notProven",
      `The credentials from Nango do not pass: ${fatal?.message ?? "the user list was not reached."} Nothing was adopted.`,
      fatal?.next ?? "Look at the server."
    )
  }
  const setup = yield* SetupService
  const began = Option.isNone(target)
  const before = began ? yield* setup.begin(options.name ?? key.connectionId, actor) : target.value
  const { connection, credentials } = yield* takeOver(before, { url, token }, options)
  const after = yield* proceed(connection, actor)
  yield* mark(key, found, after)
  const open = Progress.all(after.state).flatMap(({ status, step }) => (status === "done" ? [] : [step]))
  return { connection: after, began, report, credentials, open } satisfies Pulled
})
