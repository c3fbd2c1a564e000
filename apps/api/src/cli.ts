/** The command line of the server: flags and environment to settings, and a process that runs until it is told to stop. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as DataDirectory from "@loom-scim/platform-node/store/DataDirectory"
import { Cause, Config, Effect, Exit, Layer, Option, References, Result } from "effect"
import { CliError, Command, Flag } from "effect/cli"
import { readFileSync } from "node:fs"
import { createSecureContext } from "node:tls"
import * as Oidc from "./auth/Oidc.ts"
import { oidcFlags, oidcGiven } from "./auth/oidcFlags.ts"
import { codes, Ended } from "./Ended.ts"
import * as LogLines from "./ops/LogLines.ts"
import * as NangoAccess from "./nango/Access.ts"
import * as Tracing from "./ops/Tracing.ts"
import * as Server from "./Server.ts"
import type { Settings } from "./Settings.ts"
import { defaults, mayListen } from "./Settings.ts"
import { version } from "./version.ts"

const within = (least: number, most: number) =>
  Flag.filter(
    (value: number) => value >= least && value <= most,
    (value) => `${value} is not between ${least} and ${most}`
  )

const mostPort = 65_535

const flags = {
  host: Flag.String("host").pipe(
    Flag.withDescription("Address to listen on; another than this machine's own needs TLS or --behind-proxy"),
    Flag.optional
  ),
  port: Flag.Int("port").pipe(
    Flag.withDescription("Port to listen on, 0 for any that is free"),
    within(0, mostPort),
    Flag.optional
  ),
  dataDir: Flag.String("data-dir").pipe(
    Flag.withDescription("Where events and sealed tokens live (default: $LOOM_SCIM_HOME, or ~/.local/share/loom-scim)"),
    Flag.optional
  ),
  dnsServer: Flag.String("dns-server").pipe(
    Flag.withDescription("Ask these DNS servers, separated by commas (default: the system's)"),
    Flag.optional
  ),
  allowPrivateNetwork: Flag.Boolean("allow-private-network").pipe(
    Flag.withDescription("For labs: allow endpoints and metadata on private networks and this machine"),
    Flag.withDefault(false)
  ),
  behindProxy: Flag.Boolean("behind-proxy").pipe(
    Flag.withDescription("A proxy in front of this server ends TLS"),
    Flag.withDefault(false)
  ),
  tlsCert: Flag.String("tls-cert").pipe(Flag.withDescription("File of the certificate chain, PEM"), Flag.optional),
  tlsKey: Flag.String("tls-key").pipe(Flag.withDescription("File of its private key, PEM"), Flag.optional),
  bodyLimit: Flag.Int("body-limit").pipe(
    Flag.withDescription("The largest body taken, in bytes"),
    within(1024, 1_073_741_824),
    Flag.withDefault<number>(defaults.bodyLimit)
  ),
  uploadLimit: Flag.Int("upload-limit").pipe(
    Flag.withDescription("The largest upload of a source taken, in bytes"),
    within(1024, 1_099_511_627_776),
    Flag.withDefault<number>(defaults.uploadLimit)
  ),
  uploadIdle: Flag.Int("upload-idle-seconds").pipe(
    Flag.withDescription(
      "How long a body may pause before its request is cut; while bytes come, an upload may take any time"
    ),
    within(1, 3600),
    Flag.withDefault(defaults.bodyIdleMillis / 1000)
  ),
  rateLimit: Flag.Int("rate-limit").pipe(
    Flag.withDescription("Requests per second that one key may keep up"),
    within(1, 100_000),
    Flag.withDefault<number>(defaults.rate)
  ),
  jobLimit: Flag.Int("job-limit").pipe(
    Flag.withDescription("Plans, checks and examinations that this server carries out at once"),
    within(1, 1000),
    Flag.withDefault<number>(defaults.jobLimit)
  ),
  connectionJobLimit: Flag.Int("connection-job-limit").pipe(
    Flag.withDescription("How many of them for one connection"),
    within(1, 1000),
    Flag.withDefault<number>(defaults.connectionJobLimit)
  ),
  drain: Flag.Int("drain-seconds").pipe(
    Flag.withDescription("How long to go on answering, not ready, before it stops listening"),
    within(0, 600),
    Flag.withDefault(0)
  ),
  ...oidcFlags,
  newAdminKey: Flag.Boolean("new-admin-key").pipe(
    Flag.withDescription("Make one more key for everything and print it, for when the first was lost"),
    Flag.withDefault(false)
  ),
  lostKey: Flag.Boolean("lost-key").pipe(
    Flag.withDescription("Start although no token in the store can be opened, for when their sealing key was lost"),
    Flag.withDefault(false)
  )
}

const usage = (detail: string) => new Ended({ code: codes.usage, detail })

const pem = (path: string): Effect.Effect<string, Ended> =>
  Effect.try({ try: () => readFileSync(path, "utf8"), catch: () => usage(`${path} cannot be read.`) })

const tlsOf = Effect.fnUntraced(function* (
  certificate: Option.Option<string>,
  key: Option.Option<string>
): Effect.fn.Return<Settings["tls"], Ended> {
  if (Option.isNone(certificate) && Option.isNone(key)) return null
  if (Option.isNone(certificate) || Option.isNone(key)) return yield* usage("--tls-cert and --tls-key go together.")
  const pair = { certificate: yield* pem(certificate.value), key: yield* pem(key.value) }
  yield* Effect.try({
    try: () => createSecureContext({ cert: pair.certificate, key: pair.key }),
    catch: () => usage("The certificate and the key of TLS do not fit together, or are not PEM.")
  })
  return pair
})

/** A variable that is set to something; an empty one, as compose files leave them, is none. */
const variable = (name: string): Effect.Effect<string | null> =>
  Config.String(name).pipe(
    Config.option,
    Effect.orDie,
    Effect.map(Option.match({ onNone: () => null, onSome: (text) => text.trim() || null }))
  )

const portOf = Effect.fnUntraced(function* (given: Option.Option<number>): Effect.fn.Return<number, Ended> {
  if (Option.isSome(given)) return given.value
  const text = yield* variable("LOOM_SCIM_PORT")
  if (text === null) return defaults.port
  if (/^\d{1,5}$/.test(text) && Number(text) <= mostPort) return Number(text)
  return yield* usage(`LOOM_SCIM_PORT is ${JSON.stringify(text)}; it has to be a whole number from 0 to ${mostPort}.`)
})

const say = (line: string): void => void process.stderr.write(`${line}\n`)

/** Puts what a layer can fail with into the form a supervisor understands. */
const ended = (error: { readonly _tag: string; readonly message: string }): Ended => {
  switch (error._tag) {
    case "JournalFailure":
    case "KeyFailure":
      return new Ended({ code: codes.storage, detail: error.message })
    case "ServeError":
      return new Ended({
        code: codes.listen,
        detail: "The address cannot be listened on: it is taken, or not this machine's. Choose with --host and --port."
      })
    default:
      return usage(error.message)
  }
}

const program = Command.make("loom-scim-api", flags, (given) =>
  Effect.gen(function* () {
    const directory = Option.isSome(given.dataDir)
      ? given.dataDir.value
      : yield* Effect.mapError(DataDirectory.defaultLocation, ({ message }) => usage(message))
    const oidc = Oidc.parse(oidcGiven(given), given.allowPrivateNetwork)
    if (Result.isFailure(oidc)) return yield* usage(oidc.failure)
    const settings: Settings = {
      host: Option.isSome(given.host) ? given.host.value : ((yield* variable("LOOM_SCIM_HOST")) ?? defaults.host),
      port: yield* portOf(given.port),
      directory,
      dnsServers: Option.match(given.dnsServer, { onNone: () => [], onSome: (text) => text.split(",") }),
      allowPrivateNetwork: given.allowPrivateNetwork,
      behindProxy: given.behindProxy,
      tls: yield* tlsOf(given.tlsCert, given.tlsKey),
      bodyLimit: given.bodyLimit,
      uploadLimit: given.uploadLimit,
      bodyIdleMillis: given.uploadIdle * 1000,
      bodyMillis: defaults.bodyMillis,
      rate: given.rateLimit,
      jobLimit: given.jobLimit,
      connectionJobLimit: given.connectionJobLimit,
      drainMillis: given.drain * 1000,
      oidc: oidc.success,
      nango: yield* Effect.mapError(NangoAccess.read(given.allowPrivateNetwork), ({ message }) => usage(message)),
      newAdminKey: given.newAdminKey,
      lostKey: given.lostKey
    }
    const allowed = mayListen(settings)
    if (Result.isFailure(allowed)) return yield* usage(allowed.failure)
    return yield* Layer.launch(Server.layer(settings, say).pipe(Layer.provide(Tracing.layer))).pipe(
      Effect.onInterrupt(() => Effect.logInfo("has stopped")),
      Effect.mapError(ended)
    )
  })
).pipe(
  Command.withDescription(
    "The HTTP API of loom-scim. Exit codes: 0 stopped as asked, 1 defect, 2 usage, 5 storage or key, 8 cannot listen."
  )
)

const teardown = <A, E>(exit: Exit.Exit<A, E>, onExit: (code: number) => void): void => {
  if (Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)) return onExit(codes.ok)
  const failure = Option.getOrUndefined(Cause.findErrorOption(exit.cause))
  if (failure instanceof Ended) return onExit(failure.code)
  if (CliError.isCliError(failure)) return onExit(codes.usage)
  say(`loom-scim-api: unexpected: ${Cause.pretty(exit.cause)}`)
  return onExit(codes.unexpected)
}

/** Runs the server until SIGTERM or SIGINT. Logs are JSON, a line each, on standard error. */
export const run = (args: ReadonlyArray<string>): void =>
  Command.runWith(program, { version })(args).pipe(
    Effect.tapError((error) => Effect.sync(() => error instanceof Ended && say(`loom-scim-api: ${error.detail}`))),
    Effect.provide(NodeServices.layer),
    Effect.provideService(References.MinimumLogLevel, "Info"),
    Effect.provide(LogLines.layer),
    NodeRuntime.runMain({ disableErrorReporting: true, teardown })
  )
