import { assert, afterEach, describe, it } from "@effect/vitest"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { startSandbox } from "@loom-scim/sandbox/Sandbox"
import type { Sandbox } from "@loom-scim/sandbox/Sandbox"
import { keys, paste, Terminal } from "./support/Terminal.ts"

const token = "tok_pty-secret-0123456789abcdef"
const txt = "loom-site-verification=0123456789abcdef0123456789abcdef"

const control = async (sandbox: Sandbox, path: string, body: unknown) => {
  const response = await fetch(`${sandbox.controlUrl}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body)
  })
  assert.isTrue(response.ok, await response.text())
}

const cleanups: Array<() => unknown> = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

/** A data directory, a sandbox, and a way to open the program on them as often as needed. */
const place = async () => {
  const directory = mkdtempSync(join(tmpdir(), "loom-scim-pty-"))
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }))
  const sandbox = await startSandbox({ users: 5, token })
  cleanups.push(() => sandbox.close())
  await control(sandbox, "/dns", { name: "acme.com", type: "TXT", values: [txt] })
  const open = (env: Readonly<Record<string, string>> = {}, columns = 80, rows = 24) => {
    const dns = `${sandbox.dns.host}:${sandbox.dns.port}`
    const args = ["setup", "--data-dir", directory, "--allow-private-network", "--dns-server", dns]
    const terminal = new Terminal(args, env, columns, rows)
    cleanups.push(() => terminal.kill())
    return terminal
  }
  return { directory, sandbox, open }
}

const attest = async (terminal: Terminal, label: string) => {
  await terminal.until(new RegExp(`[▸>] [○o!] ${label}`))
  terminal.send("y")
}

const type = async (terminal: Terminal, label: string, text: string) => {
  await terminal.until(new RegExp(`[▸>] [○o!] ${label}`))
  terminal.send(text)
  terminal.send(keys.enter)
}

const begin = async (terminal: Terminal) => {
  await terminal.until("What is this workspace called?")
  terminal.send("Acme")
  await terminal.until("› Acme")
  terminal.send(keys.enter)
}

const toCredentials = async (terminal: Terminal, sandbox: Sandbox) => {
  await begin(terminal)
  await attest(terminal, "Enterprise plan")
  await attest(terminal, "SAML SSO available")
  await type(terminal, "Your e-mail domain", "acme.com")
  await terminal.until("acme.com: how to verify")
  terminal.send(keys.enter)
  await type(terminal, "acme.com: TXT value", txt)
  await terminal.until("Press Enter: Check DNS")
  terminal.send(keys.enter)
  await type(terminal, "Existing members", paste("ada@acme.com\neve@else.net"))
  await attest(terminal, "1 would be locked out")
  await type(terminal, "Identity provider metadata", sandbox.idpMetadataUrl)
  await terminal.until(/▸ ○ Default role/)
  terminal.send(keys.enter)
  await attest(terminal, "Test one log-in")
  await terminal.until(/▸ ○ Enforce SSO/)
  terminal.send(keys.enter)
  await attest(terminal, "Existing users log in again")
  await terminal.until(/▸ ○ SCIM endpoint/)
}

const filesHold = (directory: string, needle: string): boolean =>
  readdirSync(directory, { recursive: true, encoding: "utf8", withFileTypes: true }).some(
    (entry) => entry.isFile() && readFileSync(join(entry.parentPath, entry.name)).includes(needle)
  )

describe("the guided setup in a pseudo-terminal", () => {
  it("leads through all eight steps to a verified connection, and never shows or stores the token", async () => {
    const { directory, open, sandbox } = await place()
    const terminal = open()
    await toCredentials(terminal, sandbox)
    await type(terminal, "SCIM endpoint", paste(sandbox.scimUrl))
    await terminal.until("paste the token")
    terminal.send(paste(`${token}\n`))
    const masked = await terminal.until("characters, not shown")
    assert.include(masked, "•••")
    terminal.send(keys.enter)
    await terminal.until(/▸ ○ Bridge URL/)
    terminal.send(keys.enter)
    await terminal.until(/▸ ○ Domain capture/)
    terminal.send(keys.down + keys.enter)
    await terminal.until(/▸ ○ Member deprovisioning/)
    terminal.send(keys.enter)
    await terminal.until("Press Enter: Validate")
    terminal.send(keys.enter)
    await terminal.until("Press Enter: Connect")
    terminal.send(keys.enter)
    const end = await terminal.until("CONNECTED")
    terminal.send(keys.pageUp + keys.pageUp)
    await terminal.until(/Domain capture: off/)
    terminal.send(keys.pageDown + keys.pageDown)
    assert.notInclude(end, "no longer")
    terminal.send("q")
    assert.strictEqual(await terminal.exited, 0)
    assert.include(terminal.raw, "is connected")
    assert.notInclude(terminal.raw, token)
    assert.isFalse(filesHold(directory, token))
  })

  it("resumes where it was after a quit and after kill -9 in mid-typing", async () => {
    const { open, sandbox } = await place()
    const first = open()
    await toCredentials(first, sandbox)
    first.send("https://half-ty")
    await first.until("half-ty")
    first.kill()
    await first.exited
    const second = open()
    await second.until(/▸ ○ SCIM endpoint/)
    second.send(keys.escape)
    await second.until("q quit")
    second.send("q")
    assert.strictEqual(await second.exited, 0)
    assert.include(second.raw, "Go on with: loom-scim setup --connection acme")
  })

  it("does not echo a token that is pasted the instant a resumed set-up asks for it", async () => {
    const { open, sandbox } = await place()
    const first = open()
    await toCredentials(first, sandbox)
    await type(first, "SCIM endpoint", paste(sandbox.scimUrl))
    await first.until("paste the token")
    first.kill()
    await first.exited
    const second = open()
    second.answer("paste the token", `${token}${keys.enter}`)
    await second.until(/▸ ○ Bridge URL/)
    assert.notInclude(second.raw, token)
  })

  it("keeps every row within the window at 80x24, and follows a resize", async () => {
    const { open, sandbox } = await place()
    const terminal = open()
    await toCredentials(terminal, sandbox)
    terminal.resize(120, 40)
    await terminal.until("! Keep the token safe")
    terminal.resize(50, 16)
    const small = await terminal.until(/^loom-scim {2}Acme/m)
    assert.isTrue(small.split("\n").every((row) => [...row].length <= 50))
    terminal.resize(80, 24)
    const back = await terminal.until(/4 Credentials/)
    assert.include(back, "Enter save")
  })

  it("Ctrl-C in the middle of a check stops the check, not the program", async () => {
    const { open, sandbox } = await place()
    const terminal = open()
    await begin(terminal)
    await attest(terminal, "Enterprise plan")
    await attest(terminal, "SAML SSO available")
    await type(terminal, "Your e-mail domain", "silent.com")
    await control(sandbox, "/dns", { name: "silent.com", silent: true })
    await terminal.until("silent.com: how to verify")
    terminal.send(keys.enter)
    await type(terminal, "silent.com: TXT value", txt)
    await terminal.until("Press Enter: Check DNS")
    terminal.send(keys.enter)
    await terminal.until("^C stops it")
    terminal.send(keys.ctrlC)
    await terminal.until("Press Enter: Check DNS")
    terminal.send(keys.ctrlC)
    assert.strictEqual(await terminal.exited, 0)
  })

  it("takes a paste of 4 KB, and says what is wrong while one types", async () => {
    const { open, sandbox } = await place()
    const terminal = open()
    await toCredentials(terminal, sandbox)
    terminal.send("http://scim.acme.com")
    await terminal.until("http would send the token in clear")
    terminal.send("\u0015")
    await type(terminal, "SCIM endpoint", paste(sandbox.scimUrl))
    await terminal.until("paste the token")
    terminal.send(paste("x".repeat(4096)))
    await terminal.until("4096 characters, not shown")
    terminal.send(keys.enter)
    await terminal.until(/▸ ○ Bridge URL/)
  })

  it("is readable without colour and without Unicode", async () => {
    const { open } = await place()
    const terminal = open({ NO_COLOR: "1", LANG: "C" })
    const text = await terminal.until("What is this workspace called?")
    assert.match(text, /^[\x20-\x7e\n]*$/)
    // Colours are SGR 30-37, 90-97 and 38; inverse and positioning may stay.
    const sequences = terminal.raw.split("\u001B[").slice(1)
    assert.isAbove(sequences.length, 0)
    for (const sequence of sequences) assert.notMatch(sequence, /^(?:3\d|9\d)(?:;\d+)*m/)
    terminal.send("q\u0003")
    await terminal.exited
  })

  it("explains itself under ?", async () => {
    const { open } = await place()
    const terminal = open()
    await begin(terminal)
    await terminal.until(/▸ ○ Enterprise plan/)
    terminal.send("?")
    await terminal.until("[attested] when a person vouched for it")
    terminal.send("?")
    await terminal.until(/▸ ○ Enterprise plan/)
  })

  it("tells a second one who holds the data directory", async () => {
    const { open } = await place()
    const first = open()
    await first.until("What is this workspace called?")
    const second = open()
    const code = await second.exited
    assert.strictEqual(code, 5)
    assert.include(second.raw, String(first.pid))
  })
})
