/** The commands, their flags and their help. Handlers are loaded when they are called. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Cause, Effect, Exit, Logger, Option, References } from "effect"
import { Argument, CliError, Command, Flag } from "effect/cli"
import { continuousCommands } from "./cliContinuous.ts"
import { directoryCommands } from "./cliDirectory.ts"
import { governedCommands } from "./cliGoverned.ts"
import { nangoCommands } from "./cliNango.ts"
import { reconcileCommands } from "./cliReconcile.ts"
import { connection, loaded, root, whole } from "./cliRoot.ts"
import { runCommands } from "./cliRuns.ts"
import { codes, Ended, errorText } from "./Exit.ts"
import { flushed } from "./flushed.ts"
import { fileTrouble } from "./plain/FileTrouble.ts"
import { stopUnread } from "./unread.ts"
import { version } from "./version.ts"

const setup = Command.make(
  "setup",
  {
    connection,
    name: Flag.String("name").pipe(Flag.withDescription("Begin a new connection with this name"), Flag.optional),
    answers: Flag.String("answers").pipe(
      Flag.withDescription("Run unattended from this YAML file; the token comes from LOOM_SCIM_TOKEN or --token-fd"),
      Flag.optional
    ),
    tokenFd: Flag.Int("token-fd").pipe(
      Flag.withDescription("Read the bearer token from this file descriptor"),
      Flag.optional
    )
  },
  loaded(() => import("./commands/setup.ts").then((module) => module.setup))
).pipe(
  Command.withDescription("Guide a Loom workspace through the eight steps; resumes where you left"),
  Command.withExamples([
    { command: "loom-scim setup", description: "Begin, or go on with, the only connection" },
    { command: "loom-scim setup --name Acme", description: "Begin one more connection" },
    {
      command: "loom-scim setup --answers answers.yaml --token-fd 3 3< token.txt",
      description: "Unattended, the token never an argument"
    }
  ])
)

const status = Command.make(
  "status",
  { connection },
  loaded(() => import("./commands/status.ts").then((module) => module.status))
).pipe(
  Command.withDescription("Show every step with its evidence; exits 3 while not connected"),
  Command.withExamples([{ command: "loom-scim status --json", description: "For scripts" }])
)

const check = Command.make(
  "check",
  { connection },
  loaded(() => import("./commands/check.ts").then((module) => module.check))
).pipe(
  Command.withDescription(
    "Check again all that can be checked: DNS, certificates, token, endpoint; exits 4 on a failure"
  ),
  Command.withExamples([
    { command: "loom-scim check", description: "The only connection" },
    { command: "loom-scim check --dns-server 1.1.1.1", description: "Through another resolver" }
  ])
)

const doctor = Command.make(
  "doctor",
  {
    connection,
    write: Flag.Boolean("write").pipe(
      Flag.withDescription("Also prove writing, with a disposable user and group that are removed again"),
      Flag.withDefault(false)
    ),
    removeLeftovers: Flag.Boolean("remove-leftovers").pipe(
      Flag.withDescription("Remove what interrupted runs of the doctor left behind"),
      Flag.withDefault(false)
    ),
    markdown: Flag.Boolean("markdown").pipe(Flag.withDescription("Print a Markdown report"), Flag.withDefault(false))
  },
  loaded(() => import("./commands/doctor.ts").then((module) => module.doctor))
).pipe(
  Command.withDescription("Examine what the server can do and gets wrong; exits 4 when it cannot serve Loom"),
  Command.withExamples([
    { command: "loom-scim doctor", description: "Read-only" },
    { command: "loom-scim doctor --write --markdown > report.md", description: "Everything, as a report" }
  ])
)

const idArgument = Argument.String("id").pipe(Argument.withDescription("The connection's id"))

const connections = Command.make("connections").pipe(
  Command.withDescription("List, show and remove connections"),
  Command.withExamples([{ command: "loom-scim connections list", description: "All of them" }]),
  Command.withSubcommands([
    Command.make(
      "list",
      {},
      loaded(() => import("./commands/connections.ts").then((module) => module.list))
    ).pipe(
      Command.withDescription("List all connections"),
      Command.withExamples([{ command: "loom-scim connections list --json", description: "For scripts" }])
    ),
    Command.make(
      "show",
      { id: idArgument },
      loaded(() => import("./commands/connections.ts").then((module) => module.show))
    ).pipe(
      Command.withDescription("Show a connection with its whole log of events"),
      Command.withExamples([
        { command: "loom-scim connections show acme", description: "Steps, then who did what, when" }
      ])
    ),
    Command.make(
      "remove",
      {
        id: idArgument,
        yes: Flag.Boolean("yes").pipe(Flag.withDescription("Do not ask"), Flag.withDefault(false))
      },
      loaded(() => import("./commands/connections.ts").then((module) => module.remove))
    ).pipe(
      Command.withDescription("Forget a connection's token and take it off the list; nothing changes in Loom"),
      Command.withExamples([{ command: "loom-scim connections remove acme --yes", description: "Without asking" }])
    )
  ])
)

const key = Command.make("key").pipe(
  Command.withDescription("The key that seals tokens"),
  Command.withExamples([{ command: "loom-scim key rotate", description: "A new key; every token is sealed again" }]),
  Command.withSubcommands([
    Command.make(
      "show",
      {},
      loaded(() => import("./commands/key.ts").then((module) => module.show))
    ).pipe(
      Command.withDescription("Show the key's id and where it lives, never the key"),
      Command.withExamples([{ command: "loom-scim key show", description: "Where the key lives" }])
    ),
    Command.make(
      "rotate",
      {},
      loaded(() => import("./commands/key.ts").then((module) => module.rotate))
    ).pipe(
      Command.withDescription("Make a new key and seal every token with it"),
      Command.withExamples([
        { command: "loom-scim key rotate", description: "With the key file" },
        {
          command: "LOOM_SCIM_KEY_PREVIOUS=$old LOOM_SCIM_KEY=$new loom-scim key rotate",
          description: "With keys from the environment"
        }
      ])
    )
  ])
)

const sandbox = Command.make(
  "sandbox",
  {
    users: whole("users", 0).pipe(Flag.withDescription("How many members it starts with"), Flag.withDefault(25)),
    port: whole("port", 0, 65_535).pipe(Flag.withDescription("HTTP port, 0 for any"), Flag.withDefault(0)),
    dnsPort: whole("dns-port", 0, 65_535).pipe(Flag.withDescription("DNS port, 0 for any"), Flag.withDefault(0)),
    dataFile: Flag.String("data-file").pipe(Flag.withDescription("Keep members in this file"), Flag.optional)
  },
  loaded(() => import("./commands/sandbox.ts").then((module) => module.sandbox))
).pipe(
  Command.withDescription("Run a stand-in for a Loom workspace on this machine until Ctrl-C"),
  Command.withExamples([
    { command: "loom-scim sandbox --users 1000", description: "With a thousand members" },
    { command: "loom-scim sandbox --port 8080 --data-file sandbox.json", description: "Kept between runs" }
  ])
)

const demo = Command.make(
  "demo",
  {
    nonInteractive: Flag.Boolean("non-interactive").pipe(
      Flag.withDescription("Walk the whole journey unattended, printing each step"),
      Flag.withDefault(false)
    )
  },
  loaded(() => import("./commands/demo.ts").then((module) => module.demo))
).pipe(
  Command.withDescription("The guided setup against a sandbox on this machine"),
  Command.withExamples([
    { command: "loom-scim demo --non-interactive", description: "Unattended; exits 0 when connected" }
  ])
)

const completion = Command.make(
  "completion",
  { shell: Argument.Literals("shell", ["bash", "zsh", "fish"]).pipe(Argument.withDescription("Which shell")) },
  ({ shell }) => printCompletion(shell)
).pipe(
  Command.withDescription("Print a completion script"),
  Command.withExamples([
    { command: "loom-scim completion bash > /etc/bash_completion.d/loom-scim", description: "For bash" }
  ])
)

const program = root.pipe(
  Command.withSubcommands([
    setup,
    status,
    check,
    doctor,
    ...directoryCommands,
    ...reconcileCommands,
    ...runCommands,
    ...continuousCommands,
    ...governedCommands,
    nangoCommands,
    connections,
    key,
    sandbox,
    demo,
    completion
  ])
)

// The declared type breaks the circle: the script describes the program that prints it.
function printCompletion(shell: string): Effect.Effect<void, Ended, Command.Environment> {
  return Command.runWith(program, { version })(["--completions", shell]).pipe(Effect.mapError(toEnded))
}

const toEnded = (error: Ended | CliError.CliError): Ended =>
  error instanceof Ended ? error : new Ended({ code: codes.usage, reason: error._tag, detail: error.message })

/** What a process that cannot print ends with: without a stack trace, and with the reason where it can still be said. */
const tellOfOutput = (json: boolean): void => {
  let hasLeft = false
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (hasLeft) return
    hasLeft = true
    // Whoever reads may have seen enough, as `head` has; that is no failure of ours.
    const isRead = error.code !== "EPIPE"
    if (isRead) {
      const detail = `Standard output cannot be written: ${fileTrouble(error)}`
      process.stderr.write(errorText(new Ended({ code: codes.storage, reason: "OutputFailed", detail }), json))
    }
    if (!stopUnread()) process.exit(isRead ? codes.storage : codes.ok)
  })
  // Where errors are said there is nobody left to tell.
  process.stderr.on("error", () => undefined)
}

const interrupted = new Ended({
  code: codes.interrupted,
  reason: "Interrupted",
  detail: "It was stopped by Ctrl-C, TERM, or the end of its terminal."
})

/** Runs the program on its arguments and ends the process with a documented code. */
export const run = (args: ReadonlyArray<string>): void => {
  const json = args.includes("--json")
  tellOfOutput(json)
  // The terminal was closed: what was begun is settled, as after TERM.
  process.on("SIGHUP", () => process.kill(process.pid, "SIGTERM"))
  const report = (error: Ended | CliError.CliError) =>
    Effect.sync(() => {
      // The command line library has printed usage errors with their help already.
      if (error instanceof Ended || json) process.stderr.write(errorText(toEnded(error), json))
    })
  const teardown = <A, E>(exit: Exit.Exit<A, E>, end: (code: number) => void): void => {
    const onExit = (code: number) => flushed([process.stdout, process.stderr], () => end(code))
    if (Exit.isSuccess(exit)) return onExit(codes.ok)
    if (Cause.hasInterruptsOnly(exit.cause)) {
      // People have seen what they did.
      if (json) process.stderr.write(errorText(interrupted, json))
      return onExit(codes.interrupted)
    }
    const failure = Option.getOrUndefined(Cause.findErrorOption(exit.cause))
    if (failure instanceof Ended) return onExit(failure.code)
    if (CliError.isCliError(failure)) return onExit(codes.usage)
    process.stderr.write(`loom-scim: unexpected: ${Cause.pretty(exit.cause)}\n`)
    return onExit(codes.unexpected)
  }
  Command.runWith(program, { version })(args).pipe(
    Effect.tapError(report),
    Effect.provide(NodeServices.layer),
    // What libraries log is for whoever asks for it with --log-level, and never among the output.
    Effect.provideService(References.MinimumLogLevel, "None"),
    Effect.provide(Logger.layer([Logger.withConsoleError(Logger.formatLogFmt)])),
    NodeRuntime.runMain({ disableErrorReporting: true, teardown })
  )
}
