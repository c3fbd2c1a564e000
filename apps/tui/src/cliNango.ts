/** The commands that bring a set-up and a Nango platform together. */
import { cloud } from "@loom-scim/nango/api/NangoHost"
import { usual } from "@loom-scim/nango/connect/Integration"
import { Argument, Command, Flag } from "effect/cli"
import { connection, loaded } from "./cliRoot.ts"

const optional = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withDescription(description), Flag.optional)

const place = {
  host: Flag.String("host").pipe(
    Flag.withDescription(
      "Nango's API: its cloud, or a server of your own (http only in labs, with --allow-private-network)"
    ),
    Flag.withDefault(cloud)
  ),
  secretKeyFd: Flag.Int("secret-key-fd").pipe(
    Flag.withDescription(
      "Read the environment's secret key from this file descriptor (default: $LOOM_SCIM_NANGO_SECRET_KEY, or ask)"
    ),
    Flag.optional
  )
}

const integration = Flag.String("integration").pipe(
  Flag.withDescription("The key under which the environment has Loom"),
  Flag.withDefault(usual)
)

const officialEntry = Flag.Boolean("official-entry").pipe(
  Flag.withDescription("This Nango has its own entry for Loom, which knows only a domain"),
  Flag.withDefault(false)
)

const dryRun = (description: string) =>
  Flag.Boolean("dry-run").pipe(Flag.withDescription(description), Flag.withDefault(false))

const push = Command.make(
  "push",
  {
    connection,
    ...place,
    integration,
    officialEntry,
    nangoConnection: optional(
      "nango-connection",
      "Its id in Nango (default: the one that is tagged with this set-up, else the set-up's own id)"
    ),
    dryRun: dryRun("Only tell what would change")
  },
  loaded(() => import("./commands/nangoPush.ts").then((module) => module.nangoPush))
).pipe(
  Command.withDescription(
    "Make a connection in Nango of a finished set-up, its token from the vault; again, to bring it up to date"
  ),
  Command.withExamples([
    { command: "loom-scim nango push", description: "The only set-up, to Nango's cloud" },
    {
      command: "loom-scim nango push -c acme --host https://nango.example.com --secret-key-fd 3 3< key.txt",
      description: "To a server of your own"
    }
  ])
)

const pull = Command.make(
  "pull",
  {
    ...place,
    integration,
    into: Flag.String("connection").pipe(
      Flag.withAlias("c"),
      Flag.withDescription("The set-up to go on with (default: the one that its tag names, else a new one)"),
      Flag.optional
    ),
    name: optional("name", "The name of a new set-up (default: the id in Nango)"),
    id: Argument.String("nango-connection").pipe(Argument.withDescription("The connection's id in Nango"))
  },
  loaded(() => import("./commands/nangoPull.ts").then((module) => module.nangoPull))
).pipe(
  Command.withDescription(
    "Adopt a connection of Nango as a set-up: its credentials are tried at the endpoint, what only people know stays open; exits 3 while not connected"
  ),
  Command.withExamples([
    { command: "loom-scim nango pull 5f1c0a72-4b0e --name Acme", description: "One that was made in Nango" },
    { command: "loom-scim nango pull acme", description: "Again, after the token was changed in Nango" }
  ])
)

const session = Command.make(
  "session",
  {
    connection,
    ...place,
    integration,
    officialEntry,
    user: Flag.String("user").pipe(Flag.withDescription("Your id of the person who will connect")),
    email: optional("email", "Their e-mail address, for Nango's pages"),
    displayName: optional("display-name", "Their name, for Nango's pages")
  },
  loaded(() => import("./commands/nangoSession.ts").then((module) => module.nangoSession))
).pipe(
  Command.withDescription("Make a link with which one person pastes the token in Nango; it ends after half an hour"),
  Command.withExamples([
    { command: "loom-scim nango session -c acme --user u-1 --email ada@acme.com", description: "A link for Ada" }
  ])
)

const status = Command.make(
  "status",
  { connection, ...place, integration, officialEntry },
  loaded(() => import("./commands/nangoStatus.ts").then((module) => module.nangoStatus))
).pipe(
  Command.withDescription(
    "Compare every set-up with Nango; exits 4 when one is missing there, differs or is in trouble"
  ),
  Command.withExamples([{ command: "loom-scim nango status --json", description: "For scripts" }])
)

const deploy = Command.make(
  "deploy",
  {
    ...place,
    dir: optional("dir", "The directory of the functions (default: packages/nango-functions of this program)"),
    environment: Flag.String("environment").pipe(
      Flag.withDescription("The environment's name in Nango, for its command line; the key decides"),
      Flag.withDefault("dev")
    ),
    allowDestructive: Flag.Boolean("allow-destructive").pipe(
      Flag.withDescription(
        "Also remove syncs that have connections and are no longer here; actions that are no longer here go in any case"
      ),
      Flag.withDefault(false)
    ),
    dryRun: dryRun("Compile, tell what would be deployed, send nothing")
  },
  loaded(() => import("./commands/nangoDeploy.ts").then((module) => module.nangoDeploy))
).pipe(
  Command.withDescription("Compile the functions for Nango with its own compiler and deploy them"),
  Command.withExamples([
    { command: "loom-scim nango deploy --dry-run", description: "What would be deployed, without any network" },
    { command: "loom-scim nango deploy --environment prod", description: "Deploy" }
  ])
)

/** All of them. */
export const nangoCommands = Command.make("nango").pipe(
  Command.withDescription("Bring set-ups and a Nango platform together (docs/nango.md)"),
  Command.withExamples([{ command: "loom-scim nango push", description: "A finished set-up becomes a connection" }]),
  Command.withSubcommands([push, pull, session, status, deploy])
)
