/** A connection set up over the API against a sandbox, for tests of what comes after the set-up. */
import { assert } from "@effect/vitest"
import type { Sandbox, SandboxOptions } from "@loom-scim/sandbox/Sandbox"
import { startSandbox } from "@loom-scim/sandbox/Sandbox"
import { Predicate } from "effect"
import type { Api } from "./api.ts"
import { closing, start } from "./api.ts"

/** Looked for in every answer and log line: it must be in none. */
export const token = "tok_directory-secret-0123456789abcdef"
const txt = "loom-site-verification=0123456789abcdef0123456789abcdef"

/** Tells the sandbox something. */
export const control = async (world: Sandbox, path: string, body: unknown): Promise<void> => {
  const headers = { "content-type": "application/json" }
  const response = await fetch(`${world.controlUrl}${path}`, { method: "POST", headers, body: JSON.stringify(body) })
  assert.isTrue(response.ok, await response.text())
}

const value = (text: string) => ({ _tag: "Value", value: text })

const answersFor = (idpMetadataUrl: string, scimUrl: string): Readonly<Record<string, unknown>> => ({
  addDomain: value("acme.com"),
  domainMethod: value("dnsTxt"),
  expectedTxt: value(txt),
  members: value("ada@acme.com"),
  metadata: value(idpMetadataUrl),
  defaultRole: value("viewer"),
  enforce: value("off"),
  endpoint: value(scimUrl),
  token: { _tag: "Secret", secret: token },
  bridgeUrl: value(scimUrl),
  capture: value("off"),
  deprovisioning: value("deactivate")
})

const nextOf = (setup: Readonly<Record<string, unknown>>): string | undefined => {
  const [first] = [setup["next"]].flat()
  return Predicate.isString(first) ? first : undefined
}

const follow = async (api: Api, answers: Readonly<Record<string, unknown>>) => {
  let { json } = await api.call("GET", "/v1/connections/acme/setup")
  for (let task = nextOf(json); task !== undefined; task = nextOf(json)) {
    const [kind = ""] = task.split(":")
    const path = `/v1/connections/acme/setup/tasks/${encodeURIComponent(task)}`
    const answer = await api.call("POST", path, { body: answers[kind] ?? { _tag: "Confirm" } })
    assert.strictEqual(answer.status, 200, `${task}: ${answer.text}`)
    json = answer.json
  }
  assert.strictEqual(json["connected"], true)
}

/** An API with the connection `acme` to a sandbox; `through` may put something between the two. */
export const connected = async (
  options: SandboxOptions = {},
  through: (scimUrl: string) => Promise<string> = (url) => Promise.resolve(url)
) => {
  const world = await startSandbox({ token, domain: "acme.com", ...options })
  closing(() => world.close())
  await control(world, "/dns", { name: "acme.com", type: "TXT", values: [txt] })
  const api = await start({ allowPrivateNetwork: true, dnsServers: [`${world.dns.host}:${world.dns.port}`] })
  await api.call("POST", "/v1/connections", { body: { name: "Acme" } })
  await follow(api, answersFor(world.idpMetadataUrl, await through(world.scimUrl)))
  return { api, world }
}

/** That the token is nowhere: in no answer given here, and in no line of the log. */
export const assertNoToken = (api: Api, ...texts: ReadonlyArray<string>): void => {
  for (const text of [...texts, ...api.logged]) assert.notInclude(text, token)
}
