/** Reads SAML metadata from a URL, a file or a paste. */
import { constants } from "node:fs"
import { open } from "node:fs/promises"
import type { DomainResolver } from "@loom-scim/core/ports/DomainResolver"
import type { MetadataSource } from "@loom-scim/core/ports/SamlMetadata"
import { SamlMetadata, SamlMetadataRejected } from "@loom-scim/core/ports/SamlMetadata"
import { Effect, Layer, Predicate } from "effect"
import { HttpClient } from "effect/http"
import type { CaRejected } from "../http/guardedAgent.ts"
import * as ScimHttpClient from "../http/ScimHttpClient.ts"
import { decode } from "./decode.ts"
import { fetchMetadata } from "./fetchMetadata.ts"
import { limit, parse } from "./parse.ts"
import * as Rejected from "./rejections.ts"

/** How URLs are fetched. */
export interface SamlMetadataOptions {
  /** For a whole fetch; 10 000 by default. */
  readonly timeoutMillis?: number
  /** PEM certificates trusted beside the system's. */
  readonly ca?: string
}

const fileProblem = (path: string, error: unknown): SamlMetadataRejected => {
  if (error instanceof SamlMetadataRejected) return error
  const code = Predicate.hasProperty(error, "code") ? error.code : undefined
  if (code === "ENOENT" || code === "ENOTDIR") {
    return Rejected.fileNotReadable(path, "does not exist", "Check the path.")
  }
  if (code === "EACCES" || code === "EPERM") {
    return Rejected.fileNotReadable(path, "may not be read by you", "Change its permissions, or paste its contents.")
  }
  return Rejected.fileNotReadable(path, `cannot be read (${String(code)})`, "Copy it elsewhere, or paste its contents.")
}

/** The text of a regular file. It is opened without waiting and looked at before anything is read: it may be a pipe. */
const readFile = (path: string): Effect.Effect<string, SamlMetadataRejected> =>
  Effect.tryPromise({
    try: async () => {
      await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
      const stat = await file.stat()
      if (!stat.isFile()) throw Rejected.fileNotReadable(path, "is not a file", "Give the path of the XML file itself.")
      if (stat.size > limit) throw Rejected.tooLarge()
      return decode(await file.readFile())
    },
    catch: (error) => fileProblem(path, error)
  })

/**
 * `SamlMetadata` over its own guarded HTTP client: https only (http too when a source allows private networks), 1 MiB at
 * most, redirects at most three.
 */
export const layer = (options: SamlMetadataOptions = {}): Layer.Layer<SamlMetadata, CaRejected, DomainResolver> =>
  Layer.effect(
    SamlMetadata,
    Effect.gen(function* () {
      const timeoutMillis = options.timeoutMillis ?? 10_000
      const client = yield* ScimHttpClient.make({
        timeoutMillis,
        ...(options.ca === undefined ? {} : { ca: options.ca })
      })

      const text = (source: MetadataSource): Effect.Effect<string, SamlMetadataRejected> => {
        if (source.kind === "paste") return Effect.succeed(source.xml)
        if (source.kind === "file") return readFile(source.location)
        const { allowPrivateNetwork, location } = source
        const fetched = fetchMetadata(location, { allowPrivateNetwork, timeoutMillis })
        return Effect.provideService(fetched, HttpClient.HttpClient, client)
      }

      const read = Effect.fn("SamlMetadata.read")(function* (source: MetadataSource) {
        const identityProviders = yield* Effect.fromResult(parse(yield* text(source)))
        const location = source.kind === "paste" ? "" : source.location
        return { source: { kind: source.kind, location }, identityProviders }
      })

      return SamlMetadata.of({ read })
    })
  )
