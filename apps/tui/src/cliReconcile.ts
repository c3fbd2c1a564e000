/** The commands that compare a source of people with the workspace. */
import { Argument, Command, Flag } from "effect/cli"
import { connection, loaded } from "./cliRoot.ts"

const source = Flag.String("source").pipe(
  Flag.withDescription("The people: a .csv, .tsv, .txt, .jsonl or .ndjson file")
)
const mapping = Flag.String("mapping").pipe(Flag.withDescription("The YAML file that makes SCIM users of them"))

const plan = Command.make(
  "plan",
  {
    connection,
    source,
    mapping,
    adopt: Flag.Literals("adopt", ["never", "unclaimed", "any"]).pipe(
      Flag.withDescription("Whether members that something else created are taken over when they match somebody"),
      Flag.withDefault("never" as const)
    ),
    markdown: Flag.Boolean("markdown").pipe(
      Flag.withDescription("Print Markdown, as for a pull request"),
      Flag.withDefault(false)
    )
  },
  loaded(() => import("./commands/plan.ts").then((module) => module.plan))
).pipe(
  Command.withDescription(
    "Show what would make the members equal to a source; changes nothing. Exits 0 for nothing to do, 2 for something"
  ),
  Command.withExamples([
    { command: "loom-scim plan --source people.csv --mapping mapping.yaml", description: "As text" },
    {
      command: "loom-scim plan --source people.csv --mapping mapping.yaml --markdown > plan.md",
      description: "For a pull request"
    }
  ])
)

const map = Command.make("map").pipe(
  Command.withDescription("Make and try the mapping of a source"),
  Command.withSubcommands([
    Command.make(
      "guess",
      { source },
      loaded(() => import("./commands/map.ts").then((module) => module.suggest))
    ).pipe(
      Command.withDescription("Print a mapping to begin with, from the names of the columns"),
      Command.withExamples([
        { command: "loom-scim map guess --source people.csv > mapping.yaml", description: "A first mapping" }
      ])
    ),
    Command.make(
      "test",
      { source, mapping, person: Argument.String("person") },
      loaded(() => import("./commands/map.ts").then((module) => module.test))
    ).pipe(
      Command.withDescription("Show one person's way through the mapping"),
      Command.withExamples([
        {
          command: "loom-scim map test --source people.csv --mapping mapping.yaml ada@example.com",
          description: "By any value of the record"
        }
      ])
    )
  ])
)

/** All of them. */
export const reconcileCommands = [plan, map] as const
