/** The root command, the flags that every command shares, and how a command's handler is loaded. */
import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import type { SharedFlags } from "./commands/shared.ts"
import type { Ended } from "./Exit.ts"

/** The program. */
export const root = Command.make("loom-scim").pipe(
  Command.withDescription(
    "From Loom Enterprise to people provisioned by SCIM, provably. Exit codes: 0 done, 1 defect, 2 usage, 3 refused, cancelled or not finished, 4 a check or something of a run failed, 5 storage or key, 6 a run waits for a decision, 7 a run is paused, 130 interrupted."
  ),
  Command.withSharedFlags({
    dataDir: Flag.String("data-dir").pipe(
      Flag.withDescription(
        "Where events and sealed tokens live (default: $LOOM_SCIM_HOME, or ~/.local/share/loom-scim)"
      ),
      Flag.optional
    ),
    server: Flag.String("server").pipe(
      Flag.withDescription(
        "Work through the loom-scim-api at this address instead of a data directory; its key comes from LOOM_SCIM_API_KEY or --api-key-file"
      ),
      Flag.optional
    ),
    apiKeyFile: Flag.String("api-key-file").pipe(Flag.withDescription("A file that holds the API key"), Flag.optional),
    json: Flag.Boolean("json").pipe(
      Flag.withDescription("Print JSON on standard output, errors as JSON on standard error"),
      Flag.withDefault(false)
    ),
    dnsServer: Flag.String("dns-server").pipe(
      Flag.withDescription(
        "Ask these DNS servers: addresses, with :port if not 53, separated by commas (default: the system's)"
      ),
      Flag.optional
    ),
    allowPrivateNetwork: Flag.Boolean("allow-private-network").pipe(
      Flag.withDescription("For labs: allow endpoints and metadata on private networks and this machine"),
      Flag.withDefault(false)
    )
  })
)

/** A handler that is loaded when its command is called, and gets the shared flags before its own. */
export const loaded = <Flags>(load: () => Promise<(shared: SharedFlags, own: Flags) => Effect.Effect<void, Ended>>) =>
  Effect.fnUntraced(function* (own: Flags) {
    const shared = yield* root
    const handler = yield* Effect.promise(load)
    return yield* handler(shared, own)
  })

/** Which connection a command is about. */
export const connection = Flag.String("connection").pipe(
  Flag.withAlias("c"),
  Flag.withDescription("Which connection, by its id (default: the only one)"),
  Flag.optional
)

/** A whole number from `least` to `most`. */
export const whole = (name: string, least: number, most = Number.MAX_SAFE_INTEGER) =>
  Flag.filter(
    Flag.Int(name),
    (given) => given >= least && given <= most,
    () =>
      most === Number.MAX_SAFE_INTEGER ? `a whole number, ${least} or more` : `a whole number from ${least} to ${most}`
  )
