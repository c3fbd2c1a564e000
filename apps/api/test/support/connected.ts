/** The API with a connection that is set up to a sandbox, for tests of what needs no run. */
import { assert } from "@effect/vitest"
import type { Sandbox, SandboxOptions } from "@loom-scim/sandbox/Sandbox"
import type { Api } from "./api.ts"
import { start, temporary } from "./api.ts"
import { connect, control as told, sandbox, token } from "./reconcile.ts"

/** Starts both. `between` may put something between them; it is given the sandbox's endpoint and answers with its own. */
export const connected = async (
  options: SandboxOptions = {},
  between: (scimUrl: string) => Promise<string> = async (scimUrl) => scimUrl
): Promise<{ readonly api: Api; readonly world: Sandbox }> => {
  const world = await sandbox({ users: 0, ...options })
  const dnsServers = [`${world.dns.host}:${world.dns.port}`]
  const api = await start({ directory: temporary(), allowPrivateNetwork: true, dnsServers, rate: 10_000 })
  await connect(api.call, { ...world, scimUrl: await between(world.scimUrl) })
  return { api, world }
}

/** Tells the sandbox what to do. */
export const control = (world: Sandbox, path: string, body: unknown): Promise<void> =>
  told(world, path.replace(/^\//, ""), body)

/** The token is in no answer and no log. */
export const assertNoToken = (api: Api, ...texts: ReadonlyArray<string>): void => {
  for (const text of [...texts, ...api.logged]) assert.notInclude(text, token)
}
