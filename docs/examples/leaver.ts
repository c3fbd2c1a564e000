// Somebody leaves: deactivates them at once, by the name they log in with. Doing it twice does no harm. Exit code 4 when it is not
// certain that they are out, so that whoever called can call a person.
//   LOOM_SCIM_URL and LOOM_SCIM_API_KEY in the environment, then: node leaver.ts acme ada@acme.com
import { createClient, ProblemError } from "@loom-scim/client"

const { LOOM_SCIM_API_KEY: key = "", LOOM_SCIM_URL: url = "" } = process.env
const [, , connection = "", userName = ""] = process.argv
const client = createClient({ url, key })
const filter = `userName eq ${JSON.stringify(userName)}`

/** How many were found and deactivated; null when nobody was, and the server's list does not prove that nobody is there. */
const leave = async (): Promise<number | null> => {
  let found = 0
  let cursor: string | null = null
  for (;;) {
    const page = await client.users.list({ connection, filter, ...(cursor === null ? {} : { cursor }) })
    for (const { id } of page.items) {
      const { doubt } = await client.users.deactivate({ connection, user: String(id) })
      if (doubt !== null) throw new Error(doubt)
      found++
    }
    cursor = page.nextCursor
    if (cursor === null) return found > 0 || page.verdict?.complete === true ? found : null
  }
}

try {
  const found = await leave()
  if (found === null) throw new Error("not found, but the server's list is not complete")
  console.log(found === 0 ? `${userName} is not there` : `${userName} is deactivated`)
} catch (error) {
  console.error(`${userName}: ${error instanceof ProblemError ? `${error.detail} ${error.next}` : String(error)}`)
  process.exitCode = 4
}
