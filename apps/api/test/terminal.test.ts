/** The terminal app as a client of the server: the guided set-up on a real screen, its journey seen from both sides. */
import { afterEach, assert, describe, it } from "@effect/vitest"
import type { Sandbox } from "@loom-scim/sandbox/Sandbox"
import { startSandbox } from "@loom-scim/sandbox/Sandbox"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { keys, paste, Terminal } from "../../tui/test/support/Terminal.ts"
import { call, closeAll, closing, temporary } from "./support/api.ts"
import { loomScim, runServer } from "./support/programs.ts"

afterEach(closeAll)

const token = "tok_remote-secret-0123456789abcdef"
const txt = "loom-site-verification=0123456789abcdef0123456789abcdef"

const world = async () => {
  const sandbox = await startSandbox({ users: 5, token })
  closing(() => sandbox.close())
  const body = JSON.stringify({ name: "acme.com", type: "TXT", values: [txt] })
  const headers = { "content-type": "application/json" }
  assert.isTrue((await fetch(`${sandbox.controlUrl}/dns`, { method: "POST", headers, body })).ok)
  const directory = temporary()
  const dns = `${sandbox.dns.host}:${sandbox.dns.port}`
  const args = ["--data-dir", directory, "--allow-private-network", "--dns-server", dns]
  const server = await runServer(args)
  const { key = "" } = server
  return { sandbox, directory, base: server.base, key }
}

const answer = async (terminal: Terminal, label: string | RegExp, keysToSend: string) => {
  await terminal.until(typeof label === "string" ? new RegExp(`[▸>] [○o!] ${label}`) : label)
  terminal.send(keysToSend)
}

const throughAllSteps = async (terminal: Terminal, { idpMetadataUrl, scimUrl }: Sandbox) => {
  await terminal.until("What is this workspace called?")
  terminal.send("Acme")
  await answer(terminal, /› Acme/, keys.enter)
  await answer(terminal, "Enterprise plan", "y")
  await answer(terminal, "SAML SSO available", "y")
  await answer(terminal, "Your e-mail domain", `acme.com${keys.enter}`)
  await answer(terminal, /acme\.com: how to verify/, keys.enter)
  await answer(terminal, "acme.com: TXT value", `${txt}${keys.enter}`)
  await answer(terminal, /Press Enter: Check DNS/, keys.enter)
  await answer(terminal, "Existing members", paste("ada@acme.com\neve@else.net") + keys.enter)
  await answer(terminal, "1 would be locked out", "y")
  await answer(terminal, "Identity provider metadata", idpMetadataUrl + keys.enter)
  await answer(terminal, "Default role", keys.enter)
  await answer(terminal, "Test one log-in", "y")
  await answer(terminal, "Enforce SSO", keys.enter)
  await answer(terminal, "Existing users log in again", "y")
  await answer(terminal, "SCIM endpoint", paste(scimUrl) + keys.enter)
  await answer(terminal, /paste the token/, paste(`${token}\n`))
  await answer(terminal, /characters, not shown/, keys.enter)
  await answer(terminal, "Bridge URL", keys.enter)
  await answer(terminal, "Domain capture", keys.down + keys.enter)
  await answer(terminal, "Member deprovisioning", keys.enter)
  await answer(terminal, /Press Enter: Validate/, keys.enter)
  await answer(terminal, /Press Enter: Connect/, keys.enter)
  await terminal.until("CONNECTED")
}

describe("the terminal app over a server", () => {
  it("guides through all eight steps, and both sides see the same journey", { timeout: 60_000 }, async () => {
    const { base, directory, key, sandbox } = await world()
    const args = ["setup", "--server", base, "--allow-private-network"]
    const terminal = new Terminal(args, { LOOM_SCIM_API_KEY: key, LOOM_SCIM_HOME: directory })
    closing(() => terminal.kill())
    await throughAllSteps(terminal, sandbox)
    terminal.send("q")
    assert.strictEqual(await terminal.exited, 0)
    assert.notInclude(terminal.raw, token)
    assert.notInclude(terminal.raw, key)
    const seen = (await call(base, "GET", "/v1/connections/acme", { key })).json
    assert.include(seen, { name: "Acme", connected: true })
    const file = join(directory, "api-key")
    writeFileSync(file, `${key}\n`)
    const status = await loomScim(["status", "--json", "--server", base, "--api-key-file", file])
    assert.strictEqual(status.code, 0, status.stderr)
    const check = await loomScim(["check", "--server", base], { LOOM_SCIM_API_KEY: key })
    assert.strictEqual(check.code, 0, check.stdout + check.stderr)
    const log = (await call(base, "GET", "/v1/connections/acme/setup/events?limit=200", { key })).json
    const shown = await loomScim(["connections", "show", "acme", "--json", "--server", base], {
      LOOM_SCIM_API_KEY: key
    })
    const local: Readonly<Record<string, unknown>> = JSON.parse(shown.stdout)
    assert.strictEqual([local["events"]].flat().length, [log["items"]].flat().length)
    const removed = await loomScim(["connections", "remove", "acme", "--yes", "--server", base], {
      LOOM_SCIM_API_KEY: key
    })
    assert.strictEqual(removed.code, 0, removed.stderr)
    assert.strictEqual((await call(base, "GET", "/v1/connections/acme", { key })).status, 404)
  })

  it("goes through the server that holds its directory when it has a key, and says how when it has none", async () => {
    const { base, directory, key } = await world()
    await call(base, "POST", "/v1/connections", { key, body: { name: "Acme" } })
    const held = await loomScim(["connections", "list", "--data-dir", directory])
    assert.strictEqual(held.code, 5)
    assert.include(held.stderr, `--server ${base}`)
    assert.include(held.stderr, "api, process")
    const through = await loomScim(["connections", "list", "--data-dir", directory], { LOOM_SCIM_API_KEY: key })
    assert.strictEqual(through.code, 0, through.stderr)
    assert.match(through.stdout, /^acme /)
  })

  it("says what is wrong with the server, the key or the way there", async () => {
    const { base, key } = await world()
    const list = (server: string, env: Readonly<Record<string, string>>, command = ["connections", "list"]) =>
      loomScim([...command, "--server", server], env)
    const without = await list(base, {})
    assert.strictEqual(without.code, 2)
    assert.include(without.stderr, "LOOM_SCIM_API_KEY")
    const wrong = await list(base, { LOOM_SCIM_API_KEY: "lsk_wrong" })
    assert.strictEqual(wrong.code, 5)
    assert.include(wrong.stderr, "does not take the API key")
    const clear = await list("http://loom-scim.example.com", { LOOM_SCIM_API_KEY: key })
    assert.strictEqual(clear.code, 2)
    assert.include(clear.stderr, "in clear")
    const nobody = await list("http://127.0.0.1:1", { LOOM_SCIM_API_KEY: key })
    assert.strictEqual(nobody.code, 5)
    assert.include(nobody.stderr, "does not answer")
    const elsewhere = await list(base, { LOOM_SCIM_API_KEY: key }, ["key", "show"])
    assert.strictEqual(elsewhere.code, 2)
    assert.include(elsewhere.stderr, "works on a data directory")
    for (const ran of [without, wrong, clear, nobody, elsewhere]) assert.notInclude(ran.stderr + ran.stdout, key)
  })
})
