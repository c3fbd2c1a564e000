import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { TEST_TLS } from "@loom-scim/sandbox/Tls"
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { startNango } from "../../../packages/nango/test/support/NangoStandIn.ts"
import type { Place } from "./support/connected.ts"
import { connected, token } from "./support/connected.ts"
import { keys, Terminal } from "./support/Terminal.ts"
import { type Ran, run } from "./support/run.ts"

let server: Awaited<ReturnType<typeof startNango>>
let place: Place
let scratch: string
let trust: Readonly<Record<string, string>>
let outputs = ""

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), "loom-scim-nango-tui-"))
  const ca = join(scratch, "ca.pem")
  writeFileSync(ca, TEST_TLS.cert)
  trust = { NODE_EXTRA_CA_CERTS: ca }
  server = await startNango()
  place = await connected(4, { tls: TEST_TLS, env: trust })
}, 60_000)

afterAll(async () => {
  await Promise.all([server.close(), place.close()])
  rmSync(scratch, { recursive: true, force: true })
})

const where = (directory = place.directory) => ["--allow-private-network", "--data-dir", directory]
const withKey = (): Readonly<Record<string, string>> => ({
  ...trust,
  LOOM_SCIM_NANGO_SECRET_KEY: server.nango.secretKey
})

const nango = async (args: ReadonlyArray<string>, env = withKey(), directory?: string): Promise<Ran> => {
  const ran = await run(["nango", ...args, "--host", server.url, ...where(directory)], { env })
  outputs += ran.stdout + ran.stderr
  return ran
}

describe("nango push, status and session", () => {
  it("puts a set-up into Nango, tells what differs, and brings it up to date", async () => {
    const missing = await nango(["status"])
    assert.deepStrictEqual([missing.code, missing.stderr], [4, "loom-scim: Not in order in Nango: acme.\n"])
    assert.include(missing.stdout, "not in Nango")

    const dry = await nango(["push", "--dry-run", "--json"])
    assert.deepInclude(JSON.parse(dry.stdout), { connection: "acme", outcome: "created", dryRun: true })
    assert.lengthOf(server.nango.connections, 0)

    const pushed = await nango(["push"])
    assert.strictEqual(pushed.code, 0, pushed.stderr)
    assert.include(pushed.stdout, "Created acme (loom-scim) in Nango")
    assert.strictEqual(server.nango.find("acme")?.apiKey, token)
    assert.strictEqual((await nango(["push"])).stdout, "acme (loom-scim) in Nango is up to date.\n")
    const fine = await nango(["status"])
    assert.strictEqual(fine.code, 0, fine.stderr)
    assert.include(fine.stdout, "in Nango as acme, up to date")

    const made = server.nango.find("acme")
    if (made === undefined) return assert.fail("it is gone")
    made.apiKey = "an older one"
    const differs = await nango(["status", "--json"])
    assert.strictEqual(differs.code, 4)
    assert.deepInclude(JSON.parse(differs.stdout).connections[0], { state: "differs", changes: ["token"] })
    assert.strictEqual((await nango(["push"])).stdout, "Updated acme (loom-scim) in Nango: token.\n")
    assert.strictEqual(made.apiKey, token)

    server.nango.connections.push({ ...made, connectionId: "a copy" })
    const several = await nango(["status"])
    assert.include(several.stdout, "several times, as acme, a copy")
    assert.strictEqual(several.code, 4)
    server.nango.connections.pop()
  })

  it("makes a link for one person", async () => {
    const { code, stdout } = await nango(["session", "--user", "u-1", "--json"])
    assert.strictEqual(code, 0)
    const made = JSON.parse(stdout)
    assert.match(made.link, /^https:\/\/connect\.nango\.dev\/\?session_token=/)
    // Without it the page would ask Nango's cloud.
    assert.strictEqual(new URL(made.link).searchParams.get("apiURL"), server.url)
    assert.isAbove(Date.parse(made.expiresAt), Date.now())
    assert.lengthOf(server.nango.sessions, 1)
  })

  it("takes the key from a descriptor or the keyboard, refuses a wrong one, and needs one", async () => {
    const args = ["nango", "status", "--host", server.url, ...where()]
    const none = await run(args, { env: trust })
    assert.strictEqual(none.code, 2)
    assert.include(none.stderr, "LOOM_SCIM_NANGO_SECRET_KEY")
    const wrong = await run([...args, "--secret-key-fd", "3"], {
      env: trust,
      fd3: "00000000-0000-4000-8000-000000000000\n"
    })
    assert.strictEqual(wrong.code, 3)
    assert.include(wrong.stderr, "does not know this secret key")
    const terminal = new Terminal(args, trust)
    terminal.answer("Nango's secret key", `${server.nango.secretKey}${keys.enter}`)
    assert.strictEqual(await terminal.exited, 0, terminal.raw)
    assert.notInclude(terminal.raw, server.nango.secretKey)
    outputs += none.stderr + wrong.stderr + terminal.raw
    const clear = await run(["nango", "status", "--host", "http://nango.example.com", ...where()], { env: withKey() })
    assert.include(clear.stderr, "Use https://")
    outputs += clear.stderr
  })
})

describe("nango pull", () => {
  it("adopts a connection elsewhere, and leaves to people what only they know", async () => {
    const elsewhere = mkdtempSync(join(scratch, "other-"))
    server.nango.connections.push({
      integration: "loom-scim",
      connectionId: "made-in-nango",
      apiKey: token,
      connectionConfig: { scimEndpoint: place.sandbox.scimUrl },
      metadata: {},
      tags: {},
      dead: false
    })
    const first = await nango(["pull", "made-in-nango", "--name", "Beta"], withKey(), elsewhere)
    assert.strictEqual(first.code, 3)
    assert.include(first.stdout, "Began beta from made-in-nango")
    assert.include(first.stdout, "4 users, wrong token refused")
    assert.include(first.stdout, "nobody has vouched")
    assert.include(first.stderr, "loom-scim setup --connection beta")
    const again = await nango(["pull", "made-in-nango", "--json"], withKey(), elsewhere)
    const found = JSON.parse(again.stdout)
    assert.deepInclude(found, { connection: "beta", began: false, credentials: "waiting", connected: false })
    const shown = await run(["connections", "show", "beta", "--json", "--data-dir", elsewhere])
    assert.deepStrictEqual(
      JSON.parse(shown.stdout).events.map(({ event }: { readonly event: string }) => event),
      ["Begun"]
    )
    const same = await nango(["pull", "acme"])
    assert.strictEqual(same.code, 0, same.stderr)
    assert.include(same.stdout, "had them already")
    outputs += shown.stdout
  })
})

describe("nango deploy", () => {
  /** A project whose compiler notes how it was called; what Nango's own does with it is tested beside the functions. */
  const project = (fails = false): string => {
    const directory = mkdtempSync(join(scratch, "project-"))
    for (const name of ["loom-scim", "build", "node_modules/.bin"])
      mkdirSync(join(directory, name), { recursive: true })
    writeFileSync(join(directory, "index.ts"), 'import "./loom-scim/actions/get-user.js"\n')
    const compiler = join(directory, "node_modules/.bin/nango")
    writeFileSync(
      compiler,
      [
        "#!/bin/sh",
        'echo "$* key=$NANGO_SECRET_KEY named=$NANGO_SECRET_KEY_PROD host=$NANGO_HOSTPORT" >> calls',
        "echo compiled > build/loom-scim_actions_get-user.cjs",
        "echo compiled > build/loom-scim_on-events_validate-connection.cjs",
        'echo "with the key $NANGO_SECRET_KEY"',
        fails ? "exit 1" : ""
      ].join("\n")
    )
    chmodSync(compiler, 0o755)
    return directory
  }
  const calls = (directory: string) => readFileSync(join(directory, "calls"), "utf8").trim().split("\n")

  it("tells what would be deployed without a key, and deploys with the key by environment alone", async () => {
    const directory = project()
    const dry = await run(["nango", "deploy", "--dry-run", "--dir", directory, "--json"])
    assert.strictEqual(dry.code, 0, dry.stderr)
    assert.deepStrictEqual(JSON.parse(dry.stdout), {
      environment: "dev",
      dryRun: true,
      functions: [
        { kind: "action", name: "get-user", bytes: 9 },
        { kind: "on-event", name: "validate-connection", bytes: 9 }
      ]
    })
    assert.deepStrictEqual(calls(directory), [
      "compile --no-interactive --no-dependency-update --no-telemetry key= named= host="
    ])

    const deployed = await nango(["deploy", "--dir", directory, "--environment", "prod"])
    assert.strictEqual(deployed.code, 0, deployed.stderr)
    assert.include(deployed.stdout, "Deployed 2 functions to prod")
    const key = server.nango.secretKey
    assert.strictEqual(
      calls(directory).at(-1),
      `deploy prod --integration loom-scim --auto-confirm --no-interactive --no-dependency-update --no-telemetry key=${key} named=${key} host=${server.url}`
    )
  })

  it("says what the compiler says when it fails, and where it looked for a project", async () => {
    const failed = await nango(["deploy", "--dir", project(true)])
    assert.strictEqual(failed.code, 4)
    assert.include(failed.stderr, "do not compile")
    const nowhere = await nango(["deploy", "--dir", scratch])
    assert.strictEqual(nowhere.code, 3)
    assert.include(nowhere.stderr, "--dir")
  })
})

describe("what was printed", () => {
  it("holds neither the token nor the secret key", () => {
    assert.isAbove(outputs.length, 1000)
    assert.notInclude(outputs, token)
    assert.notInclude(outputs, server.nango.secretKey)
    assert.notInclude(server.nango.requests.join("\n"), token)
  })
})
