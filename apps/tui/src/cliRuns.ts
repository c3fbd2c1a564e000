/** The commands that change a workspace by a plan, and those on the runs that do it. */
import { Argument, Command, Flag } from "effect/cli"
import { planningFlags } from "./cliReconcile.ts"
import { connection, loaded, whole } from "./cliRoot.ts"

const optional = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withDescription(description), Flag.optional)

const yes = Flag.Boolean("yes").pipe(Flag.withDescription("Do not ask"), Flag.withDefault(false))
const run = Argument.String("run").pipe(Argument.withDescription("The run's id, see loom-scim runs"))
const runOrOnly = Argument.String("run").pipe(
  Argument.withDescription("The run's id (default: the only one that is not over)"),
  Argument.optional
)
const ends =
  "Exits 0 when all is done, 3 when cancelled or rejected, 4 when something was not done, 6 when it waits for a decision, 7 when it is paused, 130 after Ctrl-C, which stops it cleanly"

const { mapping: _mapping, ...planning } = planningFlags

const apply = Command.make(
  "apply",
  {
    ...planning,
    mapping: optional("mapping", "The YAML file that makes SCIM users of them, and may say where they are"),
    plan: optional("plan", "Carry out the plan in this file, unless the workspace has moved since it was saved"),
    yes
  },
  loaded(() => import("./commands/apply.ts").then((module) => module.apply))
).pipe(
  Command.withDescription(
    `Make the members of the workspace equal to a source: show the plan, ask, and carry it out as a run. ${ends}`
  ),
  Command.withExamples([
    { command: "loom-scim apply --source people.csv --mapping mapping.yaml", description: "Look, say yes, watch" },
    { command: "loom-scim apply --mapping mapping.yaml --yes --json", description: "For a scheduled job" },
    { command: "loom-scim apply --plan plan.json", description: "What loom-scim plan --save kept, after a review" }
  ])
)

const resume = Command.make(
  "resume",
  { run: runOrOnly },
  loaded(() => import("./commands/resume.ts").then((module) => module.resume))
).pipe(
  Command.withDescription(`Let a run go on that was stopped, paused or killed; nothing is done twice. ${ends}`),
  Command.withExamples([{ command: "loom-scim resume", description: "The only run that is not over" }])
)

const cancel = Command.make(
  "cancel",
  { run },
  loaded(() => import("./commands/cancel.ts").then((module) => module.cancel))
).pipe(
  Command.withDescription("End a run: what was done stays, nothing more is begun"),
  Command.withExamples([
    { command: "loom-scim cancel 20261124-193000-a1b2c3", description: "What is left is not tried" }
  ])
)

const decision = {
  run,
  note: Flag.String("note").pipe(Flag.withDescription("Why; it is kept with the run")),
  as: optional("as", "Whose decision it is, when that is not the account on this machine")
}

const allow = Command.make(
  "allow",
  decision,
  loaded(() => import("./commands/decide.ts").then((module) => module.allow))
).pipe(
  Command.withDescription(`Allow what the guard holds, by name, and let the run go on at once. ${ends}`),
  Command.withExamples([
    {
      command: 'loom-scim allow 20261124-193000-a1b2c3 --note "the office in Lyon was closed"',
      description: "With the reason"
    }
  ])
)

const reject = Command.make(
  "reject",
  decision,
  loaded(() => import("./commands/decide.ts").then((module) => module.reject))
).pipe(
  Command.withDescription("Reject what the guard holds, by name: the run ends, what is left is not tried"),
  Command.withExamples([
    {
      command: 'loom-scim reject 20261124-193000-a1b2c3 --note "the export was cut off"',
      description: "With the reason"
    }
  ])
)

const show = Command.make(
  "show",
  {
    run: Argument.String("run").pipe(Argument.withDescription("The run's id (default: the newest)"), Argument.optional),
    state: optional(
      "state",
      "Which objects: planned, intended, done, doubtful, failed, dropped, separated by commas, or all (default: all but planned and done)"
    ),
    markdown: Flag.Boolean("markdown").pipe(Flag.withDescription("Print a Markdown report"), Flag.withDefault(false))
  },
  loaded(() => import("./commands/runs.ts").then((module) => module.show))
).pipe(
  Command.withDescription("Show how a run went: its guard, who decided what, and every object with what to do next"),
  Command.withExamples([
    { command: "loom-scim runs show 20261124-193000-a1b2c3", description: "What was not done, and why" },
    { command: "loom-scim runs show 20261124-193000-a1b2c3 --state all --json", description: "All of it, for scripts" }
  ])
)

const runs = Command.make(
  "runs",
  {
    connection,
    unfinished: Flag.Boolean("unfinished").pipe(
      Flag.withDescription("Only those that are not over"),
      Flag.withDefault(false)
    ),
    limit: whole("limit", 1).pipe(Flag.withDescription("At most so many, the newest first"), Flag.withDefault(20))
  },
  loaded(() => import("./commands/runs.ts").then((module) => module.list))
).pipe(
  Command.withDescription("List runs, the newest first"),
  Command.withExamples([
    { command: "loom-scim runs", description: "The last twenty" },
    { command: "loom-scim runs --unfinished", description: "Which wait, are paused or were killed" }
  ]),
  Command.withSubcommands([show])
)

const retry = Command.make(
  "retry",
  { run, policy: planningFlags.policy, yes },
  loaded(() => import("./commands/retry.ts").then((module) => module.retry))
).pipe(
  Command.withDescription(
    `Try once more what a run that is over left undone: what failed, is doubtful or was not tried. ${ends}`
  ),
  Command.withExamples([{ command: "loom-scim retry 20261124-193000-a1b2c3", description: "As a run of its own" }])
)

const undo = Command.make(
  "undo",
  { run, policy: planningFlags.policy, yes },
  loaded(() => import("./commands/undo.ts").then((module) => module.undo))
).pipe(
  Command.withDescription(
    `Put back what a run did, as far as nobody has changed it since; show first what cannot be undone. ${ends}`
  ),
  Command.withExamples([{ command: "loom-scim undo 20261124-193000-a1b2c3", description: "Look, then say yes" }])
)

/** All of them. */
export const runCommands = [apply, resume, cancel, allow, reject, runs, retry, undo] as const
