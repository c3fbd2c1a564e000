/** The commands that compare a source of people with the workspace. */
import { Argument, Command, Flag } from "effect/cli"
import { connection, loaded } from "./cliRoot.ts"

const optional = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withDescription(description), Flag.optional)

/** Where people come from; every command that reads a source takes these. */
export const sourceFlags = {
  source: optional(
    "source",
    "The people: a .csv, .tsv, .txt, .jsonl or .ndjson file, - or stdin:csv or stdin:jsonl, ldaps://host, scim+https://host/path, or scim:CONNECTION (default: source.from in the mapping file)"
  ),
  sourceSecretFile: optional(
    "source-secret-file",
    "Read the password or token of the source from this file (default: $LOOM_SCIM_LDAP_PASSWORD or $LOOM_SCIM_SOURCE_TOKEN)"
  ),
  sourceSecretFd: Flag.Int("source-secret-fd").pipe(
    Flag.withDescription("Read it from this file descriptor"),
    Flag.optional
  )
}

const mapping = Flag.String("mapping").pipe(
  Flag.withDescription("The YAML file that makes SCIM users of them, and may say where they are (docs/reconcile.md)")
)

/** What every command takes that makes a plan from a source. */
export const planningFlags = {
  connection,
  ...sourceFlags,
  mapping,
  policy: optional("policy", "A YAML file with what the guard lets pass (default: careful, docs/reconcile.md)"),
  adopt: Flag.Literals("adopt", ["never", "unclaimed", "any"]).pipe(
    Flag.withDescription(
      "Whether members that something else created are taken over when they match somebody: unclaimed those without an external id, any also others"
    ),
    Flag.withDefault("never" as const)
  ),
  leftGroups: Flag.Literals("left-groups", ["empty", "delete"]).pipe(
    Flag.withDescription("What becomes of groups we manage that nobody of the source is in any more"),
    Flag.withDefault("empty" as const)
  )
}

const plan = Command.make(
  "plan",
  {
    ...planningFlags,
    markdown: Flag.Boolean("markdown").pipe(
      Flag.withDescription("Print Markdown, as for a pull request"),
      Flag.withDefault(false)
    ),
    save: optional("save", "Keep the plan in this file, to be reviewed and applied later")
  },
  loaded(() => import("./commands/plan.ts").then((module) => module.plan))
).pipe(
  Command.withDescription(
    "Show what would make the members equal to a source; changes nothing. Exits 0 for nothing to do, 2 for something (or a wrong flag or file), 4 when the source is not whole or has records that cannot be used"
  ),
  Command.withExamples([
    { command: "loom-scim plan --source people.csv --mapping mapping.yaml", description: "As text" },
    {
      command: "loom-scim plan --source people.csv --mapping mapping.yaml --markdown > plan.md",
      description: "For a pull request"
    },
    {
      command: "loom-scim plan --mapping mapping.yaml --policy policy.yaml --save plan.json",
      description: "From the source that the mapping file names, with limits of your own, kept for later"
    },
    {
      command: "hr-export | loom-scim plan --source stdin:jsonl --mapping mapping.yaml",
      description: "What another program writes"
    },
    {
      command:
        "LOOM_SCIM_LDAP_PASSWORD=$(pass ldap) loom-scim plan --source ldaps://ldap.example.com --mapping ad.yaml",
      description: "An LDAP directory; base and account are in the mapping file"
    },
    {
      command:
        "loom-scim plan --source scim+https://hr.example.com/scim/v2 --source-secret-fd 3 --mapping hr.yaml 3< token.txt",
      description: "Another SCIM server"
    }
  ])
)

const map = Command.make("map").pipe(
  Command.withDescription("Make and try the mapping of a source"),
  Command.withExamples([
    { command: "loom-scim map guess --source people.csv > mapping.yaml", description: "A first mapping" }
  ]),
  Command.withSubcommands([
    Command.make(
      "guess",
      {
        ...sourceFlags,
        mapping: optional("mapping", "A YAML file with a source section, such as the base of an LDAP directory")
      },
      loaded(() => import("./commands/map.ts").then((module) => module.suggest))
    ).pipe(
      Command.withDescription(
        "Print a mapping to begin with, from the names of the columns, members or attributes, with the reasons"
      ),
      Command.withExamples([
        { command: "loom-scim map guess --source people.csv > mapping.yaml", description: "From the header row" },
        { command: "loom-scim map guess --source people.jsonl", description: "From the first hundred objects" },
        {
          command: "loom-scim map guess --source ldaps://ldap.example.com --mapping source.yaml > mapping.yaml",
          description: "From a directory whose base is in source.yaml"
        }
      ])
    ),
    Command.make(
      "test",
      {
        ...sourceFlags,
        mapping,
        person: Argument.String("person").pipe(
          Argument.withDescription("Any value of the person's record, such as an address")
        )
      },
      loaded(() => import("./commands/map.ts").then((module) => module.test))
    ).pipe(
      Command.withDescription("Show one person's way through the mapping; exits 4 when the record makes no person"),
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
