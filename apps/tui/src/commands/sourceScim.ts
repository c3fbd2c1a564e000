/** Another SCIM server as the source: one that is named by its address, or that of another connection. */
import { ConnectedClient } from "@loom-scim/core/operations/ConnectedClient"
import type { PeopleSource } from "@loom-scim/core/ports/PeopleSource"
import * as ScimSource from "@loom-scim/core/provisioning/ScimSource"
import type { SourceReference } from "@loom-scim/core/provisioning/SourceReference"
import type { ScimSettings } from "@loom-scim/core/provisioning/SourceSettings"
import * as ScimClient from "@loom-scim/core/scim/ScimClient"
import * as BridgeUrl from "@loom-scim/core/setup/BridgeUrl"
import * as ScimHttpClient from "@loom-scim/platform-node/http/ScimHttpClient"
import { Effect, Layer, Option, Result } from "effect"
import type { Scope } from "effect"
import { codes, Ended, fromError } from "../Exit.ts"
import { required } from "../Selection.ts"
import type { ClientServices } from "../Services.ts"
import type { SharedFlags } from "./shared.ts"
import * as SourceSecret from "./sourceSecret.ts"

type ScimReference = Extract<SourceReference, { readonly _tag: "Scim" | "Connection" }>

const queryOf = (settings: ScimSettings): Result.Result<ScimSource.ScimSourceQuery, Ended> =>
  Result.mapError(
    ScimSource.queryOf(settings),
    ({ message }) => new Ended({ code: codes.usage, reason: "InvalidFilter", detail: message })
  )

const byAddress = Effect.fnUntraced(function* (
  { allowPrivateNetwork }: SharedFlags,
  own: SourceSecret.SecretFlags,
  text: string
) {
  const url = yield* Effect.fromResult(
    Result.mapError(
      BridgeUrl.parse(text, { allowPrivateNetwork }),
      ({ message: detail }) => new Ended({ code: codes.usage, reason: "SourceAddressRefused", detail })
    )
  )
  const token = yield* SourceSecret.read("scim", own)
  const http = yield* Layer.build(Layer.orDie(ScimHttpClient.layer()))
  const client = yield* Effect.provideContext(ScimClient.make({ baseUrl: url, token, allowPrivateNetwork }), http)
  return { name: url, client }
})

const ofConnection = Effect.fnUntraced(function* (id: string) {
  const connection = yield* required(Option.some(id))
  const { client } = yield* ConnectedClient.use(({ open }) => open(connection))
  return { name: `scim:${id}`, client }
})

/** Its users, for as long as the scope is open. */
export const openScim = Effect.fn("source.openScim")(function* (
  flags: SharedFlags,
  own: SourceSecret.SecretFlags,
  reference: ScimReference,
  settings: ScimSettings
): Effect.fn.Return<PeopleSource, Ended, Scope.Scope | ClientServices> {
  const query = yield* Effect.fromResult(queryOf(settings))
  const { client, name } = yield* reference._tag === "Scim"
    ? byAddress(flags, own, reference.url)
    : Effect.mapError(ofConnection(reference.id), fromError)
  return ScimSource.make(name, client, query)
})
