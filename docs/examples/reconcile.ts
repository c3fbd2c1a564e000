// Makes a workspace equal to an export of people: plans, carries out, and tells what became of each object. What the
// guard holds waits for a person: exit code 6.
//   LOOM_SCIM_URL and LOOM_SCIM_API_KEY in the environment, then: node reconcile.ts acme people.csv mapping.yaml
import { createClient } from "@loom-scim/client"
import { readFileSync } from "node:fs"

const { LOOM_SCIM_API_KEY: key = "", LOOM_SCIM_URL: url = "" } = process.env
const [, , connection = "", source = "", mapping = ""] = process.argv
const client = createClient({ url, key })

const form = new FormData()
form.append("source", new Blob([readFileSync(source)]), source)
form.append("mapping", readFileSync(mapping, "utf8"))
const plan = await client.plans.make({ connection, body: form })
console.log(JSON.stringify(plan.counts))
if (Object.keys(plan.counts).length === 0) process.exit(0)

const begun = await client.runs.begin({ connection, body: { plan: plan.id }, prefer: "respond-async" })
if (!("report" in begun)) process.exit(0)
for await (const { data, event } of client.runs.follow({ connection, run: begun.report.run.id })) {
  if (event === "item") console.log(`${data.state} ${data.action} ${data.label}`)
  else if (data._tag === "Waiting") {
    console.error(`run ${begun.report.run.id} waits for a person: ${JSON.stringify(data.reasons)}`)
    process.exit(6)
  } else if (data._tag === "Paused") process.exit(7)
}
const { run } = await client.runs.get({ connection, run: begun.report.run.id })
console.log(run.status._tag)
process.exitCode = run.status._tag === "Completed" ? 0 : 4
