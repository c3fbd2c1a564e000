/** A connection set up over the API against a sandbox, for tests of what comes after the set-up. */
import { assert } from "@effect/vitest"
import type { Sandbox, SandboxOptions } from "@loom-scim/sandbox/Sandbox"
import type { Settings } from "../../src/Settings.ts"
import type { Api } from "./api.ts"
import { start } from "./api.ts"
import { connect, control as tell, sandbox, token } from "./reconcile.ts"

/** Tells the sandbox something. */
export const control = (world: Sandbox, path: string, body: unknown): Promise<void> =>
  tell(world, path.replace(/^\//, ""), body)

/** An API with the connection `acme` to a sandbox; `through` may put something between the two. */
export const connected = async (
  options: SandboxOptions = {},
  through: (scimUrl: string) => Promise<string> = (url) => Promise.resolve(url),
  settings: Partial<Settings> = {}
) => {
  const world = await sandbox({ users: 0, ...options })
  const api = await start({
    ...settings,
    allowPrivateNetwork: true,
    dnsServers: [`${world.dns.host}:${world.dns.port}`]
  })
  await connect(api.call, { ...world, scimUrl: await through(world.scimUrl) })
  assert.strictEqual((await api.call("GET", "/v1/connections/acme/setup")).json["connected"], true)
  return { api, world }
}

/** That the token is nowhere: in no answer given here, and in no line of the log. */
export const assertNoToken = (api: Api, ...texts: ReadonlyArray<string>): void => {
  for (const text of [...texts, ...api.logged]) assert.notInclude(text, token)
}
