/** The commands on what only a server has: schedules, webhooks and the keys of its API. */
import { Argument, Command, Flag } from "effect/cli"
import { planningFlags } from "./cliReconcile.ts"
import { connection, loaded } from "./cliRoot.ts"

const optional = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withDescription(description), Flag.optional)
const yes = Flag.Boolean("yes").pipe(Flag.withDescription("Do not ask"), Flag.withDefault(false))
const idOf = (what: string) => Argument.String("id").pipe(Argument.withDescription(`The ${what}'s id`))
const no = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.withDefault(false))

const schedules = () => import("./commands/schedule.ts")
const webhooks = () => import("./commands/webhooks.ts")
const keys = () => import("./commands/keys.ts")

const one = { connection, id: idOf("schedule") }

const schedule = Command.make("schedule").pipe(
  Command.withDescription("What a server does to a connection by itself (with --server; on this machine see watch)"),
  Command.withExamples([
    {
      command: "loom-scim schedule list --server https://scim.example.com",
      description: "Next time and last run of each"
    }
  ]),
  Command.withSubcommands([
    Command.make(
      "list",
      { connection },
      loaded(() => schedules().then((module) => module.list))
    ).pipe(
      Command.withDescription("List schedules: what they do, when next, and what came of it last"),
      Command.withExamples([{ command: "loom-scim schedule list --json", description: "For scripts" }])
    ),
    Command.make(
      "show",
      one,
      loaded(() => schedules().then((module) => module.show))
    ).pipe(
      Command.withDescription("Show a schedule with its last ten firings"),
      Command.withExamples([
        { command: "loom-scim schedule show s20261124-193000-a1b2c3", description: "What came of it" }
      ])
    ),
    Command.make(
      "add",
      {
        connection,
        name: Flag.String("name").pipe(Flag.withDescription("What people call it")),
        every: optional("every", "Every so often, from 1m to 31d: 15m, 24h"),
        daily: optional("daily", "Once a day at this time: 03:30"),
        cron: optional("cron", "Five fields: minute, hour, day of the month, month, day of the week"),
        timeZone: Flag.String("time-zone").pipe(
          Flag.withDescription("Whose clock --daily and --cron go by: Europe/Berlin"),
          Flag.withDefault("UTC")
        ),
        check: no("check", "Check all of the set-up that can be checked"),
        source: optional("source", "Make people equal to this source, by the name that the server has for it"),
        from: optional("from", "Make people equal to the users of this other connection"),
        mapping: optional("mapping", "With --from: the YAML file that makes people of those users"),
        policy: planningFlags.policy,
        full: no("full", "Compare everybody each time, not only whoever changed"),
        adopt: planningFlags.adopt,
        leftGroups: planningFlags.leftGroups,
        paused: no("paused", "Make it, but do not begin yet")
      },
      loaded(() => schedules().then((module) => module.add))
    ).pipe(
      Command.withDescription("Have something done by itself"),
      Command.withExamples([
        {
          command: "loom-scim schedule add --name nightly --daily 03:30 --time-zone Europe/Berlin --source hr",
          description: "What the server calls hr"
        },
        { command: 'loom-scim schedule add --name "set-up" --every 6h --check', description: "Hear of what breaks" }
      ])
    ),
    Command.make(
      "pause",
      one,
      loaded(() => schedules().then((module) => module.pause))
    ).pipe(
      Command.withDescription("Let due moments pass until it is resumed; a run that goes on is not stopped"),
      Command.withExamples([{ command: "loom-scim schedule pause s20261124-193000-a1b2c3", description: "For now" }])
    ),
    Command.make(
      "resume",
      one,
      loaded(() => schedules().then((module) => module.resume))
    ).pipe(
      Command.withDescription("Let it be due again; what it missed stays missed"),
      Command.withExamples([
        { command: "loom-scim schedule resume s20261124-193000-a1b2c3", description: "From now on" }
      ])
    ),
    Command.make(
      "fire",
      one,
      loaded(() => schedules().then((module) => module.fire))
    ).pipe(
      Command.withDescription("Do it now, beside its due moments, and say what came of it"),
      Command.withExamples([{ command: "loom-scim schedule fire s20261124-193000-a1b2c3", description: "Once, now" }])
    ),
    Command.make(
      "remove",
      { ...one, yes },
      loaded(() => schedules().then((module) => module.remove))
    ).pipe(
      Command.withDescription("Forget it and what came of it; a run that it began goes on"),
      Command.withExamples([
        { command: "loom-scim schedule remove s20261124-193000-a1b2c3 --yes", description: "Without asking" }
      ])
    )
  ])
)

const webhooksCommand = Command.make("webhooks").pipe(
  Command.withDescription("What a server tells to other programs (with --server)"),
  Command.withExamples([{ command: "loom-scim webhooks list", description: "All that this key may operate" }]),
  Command.withSubcommands([
    Command.make(
      "list",
      {},
      loaded(() => webhooks().then((module) => module.list))
    ).pipe(
      Command.withDescription("List webhooks"),
      Command.withExamples([{ command: "loom-scim webhooks list --json", description: "For scripts" }])
    ),
    Command.make(
      "add",
      {
        connection,
        everything: no("everything", "Of every connection; needs a key over everything"),
        events: Flag.String("event").pipe(
          Flag.withDescription("What it hears of, once for each: run.paused, run.waiting, …"),
          Flag.between(1, 20)
        ),
        description: Flag.String("description").pipe(Flag.withDescription("Whose it is"), Flag.withDefault("")),
        url: Argument.String("url").pipe(Argument.withDescription("Where to"))
      },
      loaded(() => webhooks().then((module) => module.add))
    ).pipe(
      Command.withDescription("Make a webhook and print its secret, this once, on standard output"),
      Command.withExamples([
        {
          command:
            "loom-scim webhooks add https://hooks.example.com/scim --event run.paused --event run.waiting > secret",
          description: "What a person has to look at"
        }
      ])
    ),
    Command.make(
      "test",
      { id: idOf("webhook") },
      loaded(() => webhooks().then((module) => module.test))
    ).pipe(
      Command.withDescription("Send it a webhook.test and say what came back; exits 4 when it did not arrive"),
      Command.withExamples([{ command: "loom-scim webhooks test k3x9mzq0a1b2", description: "Once, now" }])
    ),
    Command.make(
      "remove",
      { id: idOf("webhook"), yes },
      loaded(() => webhooks().then((module) => module.remove))
    ).pipe(
      Command.withDescription("Forget a webhook with its secret and its log"),
      Command.withExamples([{ command: "loom-scim webhooks remove k3x9mzq0a1b2 --yes", description: "Without asking" }])
    )
  ])
)

const keysCommand = Command.make("keys").pipe(
  Command.withDescription("The keys that a server's API takes (with --server and a key that governs everything)"),
  Command.withExamples([{ command: "loom-scim keys list", description: "What each may, and until when" }]),
  Command.withSubcommands([
    Command.make(
      "list",
      {},
      loaded(() => keys().then((module) => module.list))
    ).pipe(
      Command.withDescription("List keys, revoked ones among them; never a secret"),
      Command.withExamples([{ command: "loom-scim keys list --json", description: "For scripts" }])
    ),
    Command.make(
      "create",
      {
        grants: Flag.String("grant").pipe(
          Flag.withDescription(
            "A verb (read, operate, admin) over a connection or over everything, once for each: read:acme, operate:*"
          ),
          Flag.between(1, 100)
        ),
        days: Flag.Int("days").pipe(Flag.withDescription("How long it lasts, 1 to 3650"), Flag.withDefault(90)),
        name: Argument.String("name").pipe(Argument.withDescription("What people call it"))
      },
      loaded(() => keys().then((module) => module.create))
    ).pipe(
      Command.withDescription("Make a key and print it, this once, on standard output"),
      Command.withExamples([
        {
          command: "loom-scim keys create ci --grant operate:acme --days 30 > ci.key",
          description: "For one connection"
        }
      ])
    ),
    Command.make(
      "revoke",
      { id: idOf("key"), yes },
      loaded(() => keys().then((module) => module.revoke))
    ).pipe(
      Command.withDescription("End a key now"),
      Command.withExamples([{ command: "loom-scim keys revoke k3x9mzq0a1b2 --yes", description: "Without asking" }])
    )
  ])
)

/** All of them. */
export const governedCommands = [schedule, webhooksCommand, keysCommand] as const
