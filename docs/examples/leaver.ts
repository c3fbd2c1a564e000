// Somebody leaves: deactivates them at once, by the name they log in with. Doing it twice does no harm.
//   LOOM_SCIM_URL and LOOM_SCIM_API_KEY in the environment, then: node leaver.ts acme ada@acme.com
import { createClient } from "@loom-scim/client"

const { LOOM_SCIM_API_KEY: key = "", LOOM_SCIM_URL: url = "" } = process.env
const [, , connection = "", userName = ""] = process.argv
const client = createClient({ url, key })
const filter = `userName eq ${JSON.stringify(userName)}`
let found = 0
for await (const { id } of client.users.list.all({ connection, filter })) {
  await client.users.deactivate({ connection, user: String(id) })
  found++
}
console.log(found === 0 ? `${userName} is not there` : `${userName} is deactivated`)
