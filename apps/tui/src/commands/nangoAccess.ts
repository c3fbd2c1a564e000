/** Which Nango, with what key, and the words that several of its commands use. */
import { NangoApi } from "@loom-scim/nango/api/NangoApi"
import * as NangoHost from "@loom-scim/nango/api/NangoHost"
import type { Part } from "@loom-scim/nango/connect/Difference"
import type { Entry } from "@loom-scim/nango/Shape"
import { Effect, Layer } from "effect"
import type { Option } from "effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Secret from "./nangoSecret.ts"
import type { SharedFlags } from "./shared.ts"

/** The flags of every command that asks Nango. */
export interface NangoFlags {
  readonly host: string
  readonly secretKeyFd: Option.Option<number>
  /** The key under which Nango has Loom. */
  readonly integration: string
}

/** Judges the host before the key is read, so that a wrong one is never near the other. */
export const accessOf = Effect.fnUntraced(function* (
  { allowPrivateNetwork }: Pick<SharedFlags, "allowPrivateNetwork">,
  { host, secretKeyFd }: Pick<NangoFlags, "host" | "secretKeyFd">
) {
  const judged = yield* Effect.fromResult(NangoHost.parse(host, { allowPrivateNetwork }))
  return { host: judged, secretKey: yield* Secret.read(secretKeyFd) }
})

/** The public API, as the flags say. */
export const apiLayer = (shared: SharedFlags, own: NangoFlags) =>
  Layer.unwrap(Effect.map(accessOf(shared, own), NangoApi.layer)).pipe(Layer.provide(FetchHttpClient.layer))

/** What to do in place of a command that reads or keeps tokens over a server. */
export const whereTheStoreIs =
  "It reads or keeps the SCIM token, which no API gives out: run it where the store is, with --data-dir while the server is stopped, or with DATABASE_URL beside a server on PostgreSQL."

/** Which entry for Loom the Nango has. */
export const entryOf = ({ officialEntry }: { readonly officialEntry: boolean }): Entry =>
  officialEntry ? "official" : "loom-scim"

const words: Readonly<Record<Part, string>> = {
  token: "token",
  connectionConfig: "configuration",
  metadata: "metadata",
  tags: "tags"
}

/** Parts of a connection, for people. */
export const partsText = (parts: ReadonlyArray<Part>): string => parts.map((part) => words[part]).join(", ")
