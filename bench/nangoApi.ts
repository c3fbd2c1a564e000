// The part of Nango's API that functions ask for their connection, in a process of its own: what it costs is not theirs.
import { once } from "node:events"
import { connectionTo } from "../packages/nango-functions/test/support/connection.ts"
import { startApi } from "../packages/nango-functions/test/support/nangoApi.ts"

if (process.send !== undefined) {
  const [scimUrl] = await once(process, "message")
  const { host } = await startApi(connectionTo({ scimUrl: String(scimUrl), token: "token" }))
  process.send(host)
  process.on("disconnect", () => process.exit())
}
