/** The commands that keep a workspace equal to a source, and that bring one person there at once. */
import { Argument, Command, Flag } from "effect/cli"
import { planningFlags } from "./cliReconcile.ts"
import { loaded } from "./cliRoot.ts"

const span = (name: string, description: string, usual: string) =>
  Flag.String(name).pipe(Flag.withDescription(`${description}: 90s, 15m, 24h, 7d`), Flag.withDefault(usual))

const watch = Command.make(
  "watch",
  {
    ...planningFlags,
    every: span("every", "How often whoever changed in the source is looked for", "15m"),
    fullEvery: span("full-every", "How often everybody is compared with the server", "24h")
  },
  loaded(() => import("./commands/watch.ts").then((module) => module.watch))
).pipe(
  Command.withDescription(
    "Keep the members of the workspace equal to a source: carry out what changed in it, without asking, as far as the guard lets it pass; a source that did not change costs no request. Signal USR2 compares everybody at once. Goes on after failures, less and less often while they last. Ends with Ctrl-C or TERM, cleanly, and exits 130"
  ),
  Command.withExamples([
    { command: "loom-scim watch --mapping mapping.yaml --every 15m", description: "Under a service manager" },
    {
      command: "loom-scim watch --source people.csv --mapping mapping.yaml --json >> watch.jsonl",
      description: "A line a turn, for machines"
    },
    { command: 'kill -USR2 "$watch_pid"', description: "Everybody, now" }
  ])
)

const provision = Command.make(
  "provision",
  {
    ...planningFlags,
    dryRun: Flag.Boolean("dry-run").pipe(Flag.withDescription("Only show; send nothing"), Flag.withDefault(false)),
    yes: Flag.Boolean("yes").pipe(Flag.withDescription("Do not ask"), Flag.withDefault(false)),
    person: Argument.String("person").pipe(
      Argument.withDescription("Their key in the source (externalId), user name or e-mail address")
    )
  },
  loaded(() => import("./commands/provision.ts").then((module) => module.provision))
).pipe(
  Command.withDescription(
    "Bring one person to the state that the source gives them, and nobody else: show their way through the mapping, the decision and every request, ask, and send it. Exits as apply does"
  ),
  Command.withExamples([
    {
      command: "loom-scim provision --source people.csv --mapping mapping.yaml ada@example.com",
      description: "Look, then say yes"
    },
    {
      command: "loom-scim provision --mapping mapping.yaml --dry-run e-0001",
      description: "What would be sent, by their key"
    }
  ])
)

/** All of them. */
export const continuousCommands = [watch, provision] as const
