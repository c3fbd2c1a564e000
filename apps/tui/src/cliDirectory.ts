/** The commands on users and groups. */
import { Argument, Command, Flag } from "effect/cli"
import { connection, loaded } from "./cliRoot.ts"

const references = Argument.String("name").pipe(
  Argument.withDescription("User name, e-mail address or id; - reads them from standard input, one a line"),
  Argument.variadic({ min: 1 })
)
const yes = Flag.Boolean("yes").pipe(Flag.withDescription("Do not ask"), Flag.withDefault(false))
const dryRun = Flag.Boolean("dry-run").pipe(
  Flag.withDescription("Show the requests, without the token, and send none that changes anything"),
  Flag.withDefault(false)
)
const optional = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withDescription(description), Flag.optional)

const listFlags = {
  connection,
  filter: optional("filter", "A SCIM filter, RFC 7644 3.4.2.2"),
  columns: optional("columns", "Attribute paths, separated by commas"),
  jsonl: Flag.Boolean("jsonl").pipe(Flag.withDescription("One resource a line, whole"), Flag.withDefault(false)),
  csv: Flag.Boolean("csv").pipe(Flag.withDescription("The columns as CSV"), Flag.withDefault(false))
}

const users = () => import("./commands/users.ts")
const groups = () => import("./commands/groups.ts")

const usersCommand = Command.make(
  "users",
  { connection },
  loaded(() => users().then((module) => module.browse))
).pipe(
  Command.withDescription("Browse users on a terminal; or list, read and change them with the commands below"),
  Command.withExamples([
    { command: "loom-scim users", description: "Search as you type, look at one, act" },
    { command: "loom-scim users list", description: "Everybody, plainly" }
  ]),
  Command.withSubcommands([
    Command.make(
      "list",
      listFlags,
      loaded(() => users().then((module) => module.list))
    ).pipe(
      Command.withDescription("List users; exits 4 when the server's list is incomplete"),
      Command.withExamples([
        { command: "loom-scim users list --filter 'active eq false'", description: "Whom Loom has deactivated" },
        { command: "loom-scim users list --csv --columns userName,emails.value", description: "As CSV" }
      ])
    ),
    Command.make(
      "get",
      { connection, names: references },
      loaded(() => users().then((module) => module.get))
    ).pipe(
      Command.withDescription("Show users whole, as JSON"),
      Command.withExamples([{ command: "loom-scim users get ada@example.com", description: "By user name" }])
    ),
    Command.make(
      "create",
      {
        connection,
        userName: Flag.String("user-name").pipe(Flag.withDescription("Usually the e-mail address")),
        email: optional("email", "If the user name is no e-mail address"),
        givenName: optional("given-name", "First name"),
        familyName: optional("family-name", "Last name"),
        externalId: optional("external-id", "The id in your directory"),
        role: optional("role", "Loom role: viewer, creator, admin"),
        dryRun
      },
      loaded(() => users().then((module) => module.create))
    ).pipe(
      Command.withDescription("Create a user; never twice, even when the answer is lost"),
      Command.withExamples([
        { command: "loom-scim users create --user-name ada@example.com --role creator", description: "With a role" }
      ])
    ),
    Command.make(
      "update",
      {
        connection,
        names: references,
        set: Flag.String("set").pipe(
          Flag.withDescription("path=value; an empty value removes the attribute; may be repeated"),
          Flag.atLeast(1)
        ),
        dryRun
      },
      loaded(() => users().then((module) => module.update))
    ).pipe(
      Command.withDescription("Replace single attributes"),
      Command.withExamples([
        { command: "loom-scim users update ada@example.com --set title=Countess", description: "One attribute" }
      ])
    ),
    Command.make(
      "deactivate",
      { connection, names: references, yes, dryRun },
      loaded(() => users().then((module) => module.deactivate))
    ).pipe(
      Command.withDescription(
        "Set active to false; what Loom then does follows the deprovisioning policy, which is named"
      ),
      Command.withExamples([
        { command: "loom-scim users deactivate - --yes < leavers.txt", description: "Many, from standard input" }
      ])
    ),
    Command.make(
      "reactivate",
      { connection, names: references, dryRun },
      loaded(() => users().then((module) => module.reactivate))
    ).pipe(
      Command.withDescription("Set active to true"),
      Command.withExamples([{ command: "loom-scim users reactivate ada@example.com", description: "Back again" }])
    ),
    Command.make(
      "delete",
      { connection, names: references, yes, dryRun },
      loaded(() => users().then((module) => module.remove))
    ).pipe(
      Command.withDescription("Delete users for good, whatever the policy says"),
      Command.withExamples([{ command: "loom-scim users delete eve@example.com --dry-run", description: "Look first" }])
    ),
    Command.make(
      "role",
      {
        connection,
        role: Flag.String("role").pipe(Flag.withDescription("viewer, creator, admin")),
        names: references,
        dryRun
      },
      loaded(() => users().then((module) => module.role))
    ).pipe(
      Command.withDescription("Set the Loom role and read it back; WorkOS must map the attribute"),
      Command.withExamples([
        { command: "loom-scim users role --role admin ada@example.com", description: "One admin more" }
      ])
    )
  ])
)

const group = Argument.String("group").pipe(Argument.withDescription("The group's name or id"))
const members = Argument.String("member").pipe(
  Argument.withDescription("User name, e-mail address or id; - reads them from standard input, one a line"),
  Argument.variadic({ min: 1 })
)

const groupsCommand = Command.make("groups").pipe(
  Command.withDescription("List, read and change groups of the connected workspace"),
  Command.withExamples([{ command: "loom-scim groups list", description: "All of them" }]),
  Command.withSubcommands([
    Command.make(
      "list",
      listFlags,
      loaded(() => groups().then((module) => module.list))
    ).pipe(
      Command.withDescription("List groups, without their members unless a column names them"),
      Command.withExamples([{ command: "loom-scim groups list --json", description: "For scripts" }])
    ),
    Command.make(
      "get",
      { connection, group },
      loaded(() => groups().then((module) => module.get))
    ).pipe(
      Command.withDescription("Show a group whole, as JSON"),
      Command.withExamples([{ command: "loom-scim groups get Engineering", description: "With its members" }])
    ),
    Command.make(
      "create",
      {
        connection,
        displayName: Argument.String("name").pipe(Argument.withDescription("The new group's name")),
        dryRun
      },
      loaded(() => groups().then((module) => module.create))
    ).pipe(
      Command.withDescription("Create an empty group"),
      Command.withExamples([{ command: "loom-scim groups create Engineering", description: "A new one" }])
    ),
    Command.make(
      "rename",
      {
        connection,
        group,
        displayName: Argument.String("new-name").pipe(Argument.withDescription("Its new name")),
        dryRun
      },
      loaded(() => groups().then((module) => module.rename))
    ).pipe(
      Command.withDescription("Rename a group"),
      Command.withExamples([{ command: "loom-scim groups rename Engineering Platform", description: "Same members" }])
    ),
    Command.make(
      "delete",
      { connection, group, yes, dryRun },
      loaded(() => groups().then((module) => module.remove))
    ).pipe(
      Command.withDescription("Delete a group; its members stay users"),
      Command.withExamples([{ command: "loom-scim groups delete Engineering --yes", description: "Without asking" }])
    ),
    Command.make(
      "add",
      { connection, group, members, dryRun },
      loaded(() => groups().then((module) => module.add))
    ).pipe(
      Command.withDescription("Add members and read back whether the server kept them"),
      Command.withExamples([{ command: "loom-scim groups add Engineering ada@example.com", description: "One more" }])
    ),
    Command.make(
      "remove",
      { connection, group, members, yes, dryRun },
      loaded(() => groups().then((module) => module.removeMembers))
    ).pipe(
      Command.withDescription("Take members out of a group"),
      Command.withExamples([
        { command: "loom-scim groups remove Engineering eve@example.com", description: "One less" }
      ])
    )
  ])
)

const rawCommand = Command.make(
  "raw",
  {
    connection,
    method: Argument.Literals("method", ["GET"]).pipe(Argument.withDescription("Only what changes nothing")),
    path: Argument.String("path").pipe(Argument.withDescription("Below the bridge URL, query included"))
  },
  loaded(() => import("./commands/raw.ts").then((module) => module.raw))
).pipe(
  Command.withDescription("Send one reading request as it is and print the answer"),
  Command.withExamples([
    { command: "loom-scim raw GET /ServiceProviderConfig", description: "What the server claims" },
    { command: "loom-scim raw GET '/Users?count=1'", description: "One user, unchanged" }
  ])
)

/** For the root command. */
export const directoryCommands = [usersCommand, groupsCommand, rawCommand] as const
