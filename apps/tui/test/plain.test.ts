import { assert, afterAll, beforeAll, describe, it } from "@effect/vitest"
import { startSandbox } from "@loom-scim/sandbox/Sandbox"
import type { Sandbox } from "@loom-scim/sandbox/Sandbox"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { stringify } from "yaml"
import { run } from "./support/run.ts"

const token = "tok_plain-secret-0123456789abcdef"
const txt = "loom-site-verification=0123456789abcdef0123456789abcdef"
const base = mkdtempSync(join(tmpdir(), "loom-scim-plain-"))
const data = join(base, "data")
let sandbox: Sandbox
let outputs = ""

beforeAll(async () => {
  sandbox = await startSandbox({ users: 5, token })
  await post("/dns", { name: "acme.com", type: "TXT", values: [txt] })
})
afterAll(async () => {
  await sandbox.close()
  rmSync(base, { recursive: true, force: true })
})

const post = async (path: string, body: unknown) => {
  const headers = { "content-type": "application/json" }
  const response = await fetch(`${sandbox.controlUrl}${path}`, { method: "POST", headers, body: JSON.stringify(body) })
  assert.isTrue(response.ok)
}

const lab = () => [
  "--data-dir",
  data,
  "--allow-private-network",
  "--dns-server",
  `${sandbox.dns.host}:${sandbox.dns.port}`
]

const loom = async (args: ReadonlyArray<string>, options: Parameters<typeof run>[1] = {}) => {
  const ran = await run([...args, ...lab()], options)
  outputs += ran.stdout + ran.stderr
  return ran
}

const answers = (change: Readonly<Record<string, unknown>> = {}) => {
  const file = join(base, "answers.yaml")
  const all = {
    name: "Acme",
    confirm: { enterprisePlan: true, samlSso: true, ssoTest: true, relogin: true },
    domains: [{ domain: "acme.com", method: "dnsTxt", txt }],
    members: "ada@acme.com",
    sso: { metadata: sandbox.idpMetadataUrl, defaultRole: "viewer", enforce: "off" },
    endpoint: sandbox.scimUrl,
    domainCapture: "off",
    deprovisioning: "deactivate",
    ...change
  }
  writeFileSync(file, stringify(all))
  return file
}

describe("without a terminal", () => {
  it("every command has help with an example", async () => {
    const commands = ["setup", "status", "check", "connections list", "connections show", "connections remove"]
    for (const command of [
      ...commands,
      "doctor",
      "users",
      "users list",
      "groups add",
      "plan",
      "map guess",
      "map test",
      "sandbox",
      "key show",
      "key rotate",
      "schedule add",
      "webhooks add",
      "keys create",
      "completion",
      "demo"
    ]) {
      const { code, stdout } = await run([...command.split(" "), "--help"])
      assert.strictEqual(code, 0, command)
      assert.match(stdout, /EXAMPLES[\s\S]*loom-scim/, command)
    }
  })

  it("lists every command once", async () => {
    const { stdout } = await run(["--help"])
    const names = [...stdout.replace(/^[\s\S]*SUBCOMMANDS/, "").matchAll(/^  ([a-z]+) {2,}/gm)].map(([, name]) => name)
    assert.include(names, "doctor")
    assert.deepStrictEqual(names, [...new Set(names)])
  })

  it("says what to do instead, and exits 3", async () => {
    const { code, stderr } = await loom(["setup"])
    assert.strictEqual(code, 3)
    assert.include(stderr, "--answers")
  })

  it("an answers file that does not fit is refused before anything happens", async () => {
    const { code, stderr } = await loom(["setup", "--answers", answers({ deprovisioning: "perhaps", extra: 1 })])
    assert.strictEqual(code, 2)
    assert.include(stderr, "deprovisioning")
    assert.include(stderr, "extra")
    assert.include((await loom(["connections", "list"])).stdout, "No connections yet")
  })

  it("wrong flags exit 2", async () => {
    assert.strictEqual((await run(["setup", "--nonsense"])).code, 2)
  })

  it("stops at the first thing it cannot vouch for, and goes on from there", async () => {
    const confirm = { enterprisePlan: true, samlSso: true, ssoTest: true, relogin: true }
    const file = answers({ members: "eve@else.net", confirm })
    const stopped = await loom(["setup", "--answers", file], { env: { LOOM_SCIM_TOKEN: token } })
    assert.strictEqual(stopped.code, 3)
    assert.include(stopped.stderr, "confirm.lockout: true")
    const status = await loom(["status", "--json"])
    assert.strictEqual(status.code, 3)
    const ended = await loom(
      ["setup", "--answers", answers({ confirm: { ...confirm, lockout: true } }), "--token-fd", "3"],
      {
        fd3: `${token}\n`
      }
    )
    assert.strictEqual(ended.code, 0, ended.stdout + ended.stderr)
    assert.include(ended.stdout, "is connected")
  })

  it("status and check tell checked from attested, as text and as JSON", async () => {
    const text = await loom(["status"])
    assert.strictEqual(text.code, 0)
    assert.match(text.stdout, /checked \d{4}-\d\d-\d\d: TXT acme\.com holds/)
    assert.match(text.stdout, /attested \d{4}-\d\d-\d\d by /)
    const { stdout } = await loom(["status", "--json"])
    const parsed: unknown = JSON.parse(stdout)
    assert.nestedPropertyVal(parsed, "steps[0].tasks[0].evidence.kind", "attested")
    assert.nestedPropertyVal(parsed, "steps[7].tasks[0].evidence.kind", "checked")
    const check = await loom(["check"])
    assert.strictEqual(check.code, 0, check.stdout + check.stderr)
  })

  it("key rotate seals again, and the connection still works", async () => {
    const shown = await loom(["key", "show"])
    assert.strictEqual(shown.code, 0)
    const rotated = await loom(["key", "rotate"])
    assert.match(rotated.stdout, /1 token\(s\) sealed again/)
    assert.strictEqual((await loom(["check"])).code, 0)
  })

  it("a wrong key is told from a broken store, and nothing is lost", async () => {
    const wrong = await loom(["check"], { env: { LOOM_SCIM_KEY: Buffer.alloc(32, 7).toString("base64") } })
    assert.notStrictEqual(wrong.code, 0)
    assert.match(wrong.stdout + wrong.stderr, /key/i)
    assert.strictEqual((await loom(["check"])).code, 0)
  })

  it("a revoked token fails the check with exit 4 and takes the connection", async () => {
    await post("/token", { action: "revoke" })
    const check = await loom(["check"])
    assert.strictEqual(check.code, 4)
    const status = await loom(["status"])
    assert.strictEqual(status.code, 3)
    assert.include(status.stdout, "INVALID")
    assert.include(status.stdout, "leavers keep their access")
    await post("/token", { action: "restore" })
  })

  it("lists, shows and removes connections; removal needs a yes", async () => {
    assert.match((await loom(["connections", "list"])).stdout, /^acme /m)
    assert.match((await loom(["connections", "show", "acme"])).stdout, /TokenSealed/)
    const asked = await loom(["connections", "remove", "acme"])
    assert.strictEqual(asked.code, 2)
    assert.strictEqual((await loom(["connections", "remove", "acme", "--yes"])).code, 0)
    const gone = await loom(["connections", "show", "acme", "--json"])
    assert.strictEqual(gone.code, 3)
    assert.include(gone.stderr, '"reason":"NoSuchConnection"')
  })

  it("prints a completion script that names the commands", async () => {
    const { code, stdout } = await run(["completion", "bash"])
    assert.strictEqual(code, 0)
    assert.include(stdout, "connections")
  })

  it("never wrote the token anywhere", () => {
    assert.isAbove(outputs.length, 1000)
    assert.notInclude(outputs, token)
    const files = readdirSync(data, { recursive: true, encoding: "utf8", withFileTypes: true }).filter((e) =>
      e.isFile()
    )
    assert.isAbove(files.length, 0)
    for (const file of files) assert.isFalse(readFileSync(join(file.parentPath, file.name)).includes(token), file.name)
  })
})

describe("demo --non-interactive", () => {
  it("walks the whole journey, twice", async () => {
    for (const expected of ["Demo (demo) is connected", "Demo (demo-2) is connected"]) {
      const { code, stderr, stdout } = await run(["demo", "--non-interactive", "--data-dir", join(base, "demo")])
      assert.strictEqual(code, 0, stdout + stderr)
      assert.include(stdout, expected)
      assert.include(stdout, "Establish the connection")
      assert.match(stdout, /ok +Connect +users/)
    }
  })
})
