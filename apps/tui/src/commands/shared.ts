/** What every command needs: the flags common to all, the services they choose, and the person behind the keyboard. */
import type { Actor, Face } from "@loom-scim/core/setup/Evidence"
import * as DataDirectory from "@loom-scim/platform-node/store/DataDirectory"
import { Effect, Option } from "effect"
import type { Layer } from "effect"
import { userInfo } from "node:os"
import type { Ended } from "../Exit.ts"
import { fromError } from "../Exit.ts"
import * as Glyphs from "../plain/Glyphs.ts"
import { layer } from "../Services.ts"

/** The flags that every command takes. */
export interface SharedFlags {
  readonly dataDir: Option.Option<string>
  readonly json: boolean
  readonly dnsServer: Option.Option<string>
  readonly allowPrivateNetwork: boolean
}

/** The directory that the flags or the environment name. */
const directoryOf = ({ dataDir }: SharedFlags) =>
  Option.match(dataDir, { onNone: () => DataDirectory.defaultLocation, onSome: (path) => Effect.succeed(path) })

/** Who is recorded as the one who did it: the account on this machine. */
export const actorOf = (face: Face): Actor => {
  try {
    return { name: userInfo().username || "unknown", face }
  } catch {
    // Containers may run under a user id without a name.
    return { name: `uid ${process.getuid?.() ?? "unknown"}`, face }
  }
}

/** How plain output looks here. */
export const outputOf = ({ json }: SharedFlags): { readonly json: boolean; readonly glyphs: Glyphs.Glyphs } => ({
  json,
  glyphs: Glyphs.of(process.env)
})

/** What a command may use. */
export type Services = Layer.Success<ReturnType<typeof layer>>

/** Runs a command over its services, every error in the form a shell understands. */
export const withServices = <A, E extends { readonly _tag: string; readonly message: string }>(
  flags: SharedFlags,
  face: Face,
  effect: Effect.Effect<A, E, Services>
): Effect.Effect<A, Ended> =>
  directoryOf(flags).pipe(
    Effect.flatMap((directory) =>
      Effect.provide(
        effect,
        layer({
          directory,
          face,
          dnsServers: Option.match(flags.dnsServer, { onNone: () => [], onSome: (given) => given.split(",") })
        })
      )
    ),
    Effect.mapError(fromError)
  )
