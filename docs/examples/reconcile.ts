// Makes a workspace equal to an export of people, and tells what became of each object. Exit codes are those of
// `loom-scim apply`: 0 done, 3 refused, cancelled or rejected, 4 not all of it done, 6 the guard holds it until a person
// decides, 7 paused until a person does something.
//   LOOM_SCIM_URL and LOOM_SCIM_API_KEY in the environment, then: node reconcile.ts acme people.csv mapping.yaml
import { createClient, ProblemError } from "@loom-scim/client"
import { openAsBlob, readFileSync } from "node:fs"

const { LOOM_SCIM_API_KEY: key = "", LOOM_SCIM_URL: url = "" } = process.env
const [, , connection = "", source = "", mapping = ""] = process.argv
const client = createClient({ url, key })

const reconcile = async (): Promise<number> => {
  const body = new FormData()
  body.append("source", await openAsBlob(source), source)
  body.append("mapping", readFileSync(mapping, "utf8"))
  const { remarks, report } = await client.runs.begin({ connection, body })
  // Records that cannot be used make no run fail, and somebody should hear of them.
  const bad = remarks === null ? 0 : remarks.problemCount + remarks.contradictions
  if (bad > 0) console.error(JSON.stringify(remarks))
  if (report === null) {
    console.log("nothing to do")
    return bad === 0 ? 0 : 4
  }
  const id = report.run.id
  for await (const { data, event } of client.runs.follow({ connection, run: id })) {
    if (event === "item") console.log(`${data.state} ${data.action} ${data.label}`)
    else if (data._tag === "Waiting") {
      console.error(`run ${id} waits for a person: ${JSON.stringify(data.reasons)}`)
      return 6
    } else if (data._tag === "Paused" && data.until === null) {
      console.error(`run ${id} is paused: ${data.detail} ${data.next}`)
      return 7
    }
  }
  const { counts, run } = await client.runs.get({ connection, run: id })
  console.log(run.status._tag)
  if (run.status._tag !== "Completed") return 3
  return bad === 0 && counts.every(({ state }) => state === "done") ? 0 : 4
}

try {
  process.exitCode = await reconcile()
} catch (error) {
  console.error(error instanceof ProblemError ? `${error.detail} ${error.next}` : error)
  process.exitCode = 3
}
