/** What every command needs: the flags common to all, the services they choose, and the person behind the keyboard. */
import type { Actor, Face } from "@loom-scim/core/setup/Evidence"
import * as DataDirectory from "@loom-scim/platform-node/store/DataDirectory"
import { Effect, Option } from "effect"
import type { Layer } from "effect"
import { userInfo } from "node:os"
import { codes, Ended, fromError } from "../Exit.ts"
import * as Glyphs from "../plain/Glyphs.ts"
import { accessTo, keyFrom } from "../remote/Access.ts"
import type { Places, SetupServices } from "../Services.ts"
import { chosen, layer, setups } from "../Services.ts"

/** The flags that every command takes. */
export interface SharedFlags {
  readonly dataDir: Option.Option<string>
  /** Work through this server instead of a data directory. */
  readonly server: Option.Option<string>
  readonly apiKeyFile: Option.Option<string>
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

/** Ends the command when more forms of output are asked for than the one that can be given; by the names of their flags. */
export const oneForm = (asked: Readonly<Record<string, boolean>>): Effect.Effect<void, Ended> => {
  const [first, ...others] = Object.entries(asked).flatMap(([name, isAsked]) => (isAsked ? [`--${name}`] : []))
  if (first === undefined || others.length === 0) return Effect.void
  const detail = `Output has one form: choose one of ${[first, ...others].join(" and ")}.`
  return Effect.fail(new Ended({ code: codes.usage, reason: "TwoForms", detail }))
}

/** What a command may fail with before that is put into words. */
interface Failed {
  readonly _tag: string
  readonly message: string
}

/** What a command may use on a data directory. */
export type Services = Layer.Success<ReturnType<typeof layer>>

const dnsServersOf = ({ dnsServer }: SharedFlags): ReadonlyArray<string> =>
  Option.match(dnsServer, { onNone: () => [], onSome: (given) => given.split(",") })

const environmentOf = (flags: SharedFlags, face: Face) =>
  Effect.map(directoryOf(flags), (directory) => ({ directory, face, dnsServers: dnsServersOf(flags) }))

/** A command that the API of a server cannot carry out, and what to do instead. */
const onlyHere = (instead: string): Ended =>
  new Ended({
    code: codes.usage,
    reason: "NotThroughServer",
    detail: `This command works on a data directory and not through --server. ${instead}`
  })

/**
 * Runs a command that needs a data directory, every error in the form a shell understands. `instead` is said to whoever
 * wants it over a server.
 */
export const withServices = <A, E extends Failed>(
  flags: SharedFlags,
  face: Face,
  effect: Effect.Effect<A, E, Services>,
  instead = "Run it on the machine that has the directory."
): Effect.Effect<A, Ended> =>
  Option.isSome(flags.server)
    ? Effect.fail(onlyHere(instead))
    : environmentOf(flags, face).pipe(
        Effect.flatMap((environment) => Effect.provide(effect, layer(environment))),
        Effect.mapError(fromError)
      )

/**
 * Runs a command over services that there are here and over a server: on a data directory, through the server that was
 * named, or through the server that holds the directory when there is a key for it.
 */
export const within = <A, E extends Failed, R, F extends Failed>(
  flags: SharedFlags,
  face: Face,
  places: Places<R, F>,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, Ended> =>
  Effect.gen(function* () {
    if (Option.isSome(flags.server)) {
      const access = yield* accessTo(flags.server.value, flags.apiKeyFile)
      return yield* Effect.provide(effect, places.there(access, { dnsServers: dnsServersOf(flags) }))
    }
    const key = yield* keyFrom(flags.apiKeyFile)
    return yield* Effect.provide(effect, chosen(places, yield* environmentOf(flags, face), key))
  }).pipe(Effect.mapError(fromError))

/** Runs a command that needs nothing but set-ups. */
export const withSetups = <A, E extends Failed>(
  flags: SharedFlags,
  face: Face,
  effect: Effect.Effect<A, E, SetupServices>
): Effect.Effect<A, Ended> => within(flags, face, setups, effect)
