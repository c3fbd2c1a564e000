// Sets a workspace up from answers that are kept with the code, and goes on where the last run of it stopped: answers
// whatever can be done next, and says what only a person can do. Exit code 3 when something is refused or needs a person, 4 when
// a check failed.
//   LOOM_SCIM_URL, LOOM_SCIM_API_KEY, LOOM_SCIM_TOKEN in the environment, then: node setup.ts answers.json
import { createClient, ProblemError } from "@loom-scim/client"
import { readFileSync } from "node:fs"

const { LOOM_SCIM_API_KEY: key = "", LOOM_SCIM_TOKEN: token = "", LOOM_SCIM_URL: url = "" } = process.env
/** `name`, and for each kind of task its value; true for what the author vouches for. */
const answers: Record<string, string | true> = JSON.parse(readFileSync(process.argv[2] ?? "answers.json", "utf8"))
const client = createClient({ url, key })

const connectionOf = async (name: string): Promise<string> => {
  for await (const connection of client.connections.list.all()) if (connection.name === name) return connection.id
  return (await client.connections.create({ body: { name } })).id
}

const bodyFor = (kind: string) => {
  if (kind === "token") return { _tag: "Secret", secret: token } as const
  const answer = answers[kind]
  return typeof answer === "string" ? ({ _tag: "Value", value: answer } as const) : ({ _tag: "Confirm" } as const)
}

/** Checks run by themselves; everything else needs an answer. */
const checks = new Set(["verifyDomain", "probe", "connect", "token"])
const kindOf = (task: string): string => task.split(":")[0] ?? ""

const setUp = async (): Promise<number> => {
  const connection = await connectionOf(String(answers.name))
  let setup = await client.setup.get({ connection })
  while (!setup.connected) {
    const task = setup.next.find((id) => checks.has(kindOf(id)) || kindOf(id) in answers)
    if (task === undefined) {
      console.error(`a person has to answer: ${setup.next.join(", ")}`)
      return 3
    }
    setup = await client.setup.answer({ connection, task, body: bodyFor(kindOf(task)), ifMatch: setup.sequence })
    const done = setup.steps.flatMap(({ tasks }) => tasks).find(({ id }) => id === task)
    console.log(`${task}: ${done?.problem ?? "done"}`)
    if (done !== undefined && !done.done) return 4
  }
  console.log(`${connection} is connected`)
  return 0
}

try {
  process.exitCode = await setUp()
} catch (error) {
  console.error(error instanceof ProblemError ? `${error.detail} ${error.next}` : error)
  process.exitCode = 3
}
