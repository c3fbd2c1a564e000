/** Schedules, webhooks and API keys from the terminal, over a server. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Api } from "./support/api.ts"
import { closeAll, closing, start, temporary } from "./support/api.ts"
import type { Ran } from "./support/programs.ts"
import { loomScim, runServer } from "./support/programs.ts"
import { at } from "./support/reconcile.ts"

/** A receiver that answers so. */
const receiver = (status: number): Promise<string> =>
  new Promise((resolve) => {
    const server = createServer((_, response) => response.writeHead(status).end())
    closing(() => server.close())
    server.listen(0, "127.0.0.1", () => {
      const address: AddressInfo | string | null = server.address()
      assert(address !== null && typeof address === "object")
      resolve(`http://127.0.0.1:${address.port}/hook`)
    })
  })

describe("commands on what only a server has", () => {
  let api: Api
  let directory: string
  let there: (line: string, ...more: ReadonlyArray<string>) => Promise<Ran>

  const split = (line: string) => line.split(" ")
  /** The only id of this form in what was printed. */
  const idIn = ({ stdout }: Ran, form: RegExp): string => {
    const [id] = form.exec(stdout) ?? []
    assert.isDefined(id, stdout)
    return id ?? ""
  }
  const ok = async (line: string, ...more: ReadonlyArray<string>): Promise<Ran> => {
    const ran = await there(line, ...more)
    assert.strictEqual(ran.code, 0, `${line}: ${ran.stdout}${ran.stderr}`)
    return ran
  }
  const says = async (code: number, words: string, line: string, ...more: ReadonlyArray<string>) => {
    const ran = await there(line, ...more)
    assert.include(ran.stderr, words, line)
    assert.strictEqual(ran.code, code, `${line}: ${ran.stdout}${ran.stderr}`)
  }

  beforeAll(async () => {
    directory = temporary()
    const named = join(directory, "sources", "acme")
    mkdirSync(named, { recursive: true })
    writeFileSync(join(named, "people.csv"), "id,email\n1,ada@acme.com\n")
    writeFileSync(
      join(named, "people.yaml"),
      "source:\n  from: people.csv\nattributes:\n  externalId: id\n  userName: email\n"
    )
    api = await start({ directory, allowPrivateNetwork: true, rate: 10_000 })
    for (const name of ["Acme", "Hr"]) await api.call("POST", "/v1/connections", { body: { name } })
    there = (line, ...more) =>
      loomScim([...split(line), ...more, "--server", api.base], { LOOM_SCIM_API_KEY: api.admin })
  }, 120_000)
  afterAll(closeAll)

  it("makes, lists, pauses, resumes, fires and removes schedules", async () => {
    const acme = ["--connection", "acme"]
    assert.include((await ok("schedule list", ...acme)).stdout, "No schedules yet")
    const made = await ok("schedule add --check --every 6h --name", "the set-up", ...acme)
    const id = idIn(made, /\bs\d{8}-\d{6}-[a-z0-9]{6}\b/)
    assert.match(made.stdout, /the set-up +check +every 6h +\d{4}-\d\d-\d\d \d\d:\d\d +never$/m)
    const fired = await ok(`schedule fire ${id}`, ...acme)
    assert.match(fired.stdout, /^\d{4}-\d\d-\d\d \d\d:\d\d checked, /)
    const paused = await ok(`schedule pause ${id} --json`, ...acme)
    assert.deepInclude(JSON.parse(paused.stdout), { enabled: false, nextDueAt: null, version: 2 })
    const listed = await ok("schedule list", ...acme)
    assert.match(listed.stdout, new RegExp(`^${id} +the set-up +check +every 6h +paused +\\d{4}.* checked, `, "m"))
    assert.notInclude((await ok(`schedule resume ${id}`, ...acme)).stdout, "paused")
    const shown = await ok(`schedule show ${id} --json`, ...acme)
    assert.deepInclude(JSON.parse(shown.stdout), { id, enabled: true, version: 3, name: "the set-up" })
    assert.lengthOf([at(JSON.parse(shown.stdout), "firings")].flat(), 1)
    await says(2, "Nobody is here to ask", `schedule remove ${id}`, ...acme)
    assert.strictEqual((await ok(`schedule remove ${id} --yes`, ...acme)).stdout, `Removed schedule ${id}.\n`)
    await says(3, "loom-scim schedule list", `schedule show ${id}`, ...acme)
  }, 120_000)

  it("syncs from what the server names, and from another connection, at times of somebody's clock", async () => {
    const more = ["--connection", "acme", "--json"]
    const named = await ok(
      "schedule add --name nightly --daily 03:30 --time-zone Europe/Berlin --source people --full",
      ...more
    )
    assert.deepInclude(JSON.parse(named.stdout), {
      cadence: { _tag: "Daily", at: "03:30", timeZone: "Europe/Berlin" },
      task: {
        _tag: "FullSync",
        source: { _tag: "Named", name: "people" },
        policy: {},
        adopt: "never",
        leftGroups: "empty"
      }
    })
    const files = temporary()
    writeFileSync(join(files, "mapping.yaml"), "attributes:\n  externalId: id\n  userName: userName\n")
    writeFileSync(join(files, "policy.yaml"), "losses:\n  count: 3\n")
    const from = `--from hr --mapping ${join(files, "mapping.yaml")} --policy ${join(files, "policy.yaml")}`
    const other = await ok(`schedule add --name hr ${from} --paused --adopt any --cron`, "0 3 * * 1-5", ...more)
    assert.deepInclude(JSON.parse(other.stdout), { enabled: false, nextDueAt: null })
    assert.deepInclude(at(JSON.parse(other.stdout), "task"), {
      _tag: "Sync",
      source: {
        _tag: "Connection",
        connection: "hr",
        mapping: { attributes: { externalId: "id", userName: "userName" } }
      },
      policy: { losses: { count: 3 } },
      adopt: "any"
    })
    const text = await ok("schedule list", "--connection", "acme")
    assert.match(text.stdout, /nightly +full sync from people +daily 03:30 Europe\/Berlin +\d/)
    assert.match(text.stdout, /hr +sync from scim:hr +cron 0 3 \* \* 1-5 UTC +paused/)
  }, 120_000)

  it("refuses what is no schedule, and says what would be one", async () => {
    const acme = ["--connection", "acme"]
    await says(2, "--every 15m, --daily 03:30 or --cron", "schedule add --name x --check", ...acme)
    await says(2, "in one way", "schedule add --name x --check --every 1h --daily 03:30", ...acme)
    await says(2, "--every goes from 1m", "schedule add --name x --check --every 5s", ...acme)
    await says(2, "Europe/Berlin", "schedule add --name x --check --daily 03:30 --time-zone Mars/One", ...acme)
    await says(2, "one of: --check", "schedule add --name x --every 1h", ...acme)
    await says(2, "--from needs --mapping", "schedule add --name x --every 1h --from hr", ...acme)
    await says(3, "The source nothing", "schedule add --name x --every 1h --source nothing", ...acme)
    await says(2, "1 to 100 characters", "schedule add --check --every 1h --name", "", ...acme)
    await says(2, "is no schedule's id", "schedule pause nightly", ...acme)
    await says(3, "SeveralConnections", "schedule list --json")
  }, 120_000)

  it("makes webhooks whose secret is printed once, tries them out, and removes them", async () => {
    const url = await receiver(204)
    const made = await ok(`webhooks add ${url} --event run.paused --event run.waiting --connection acme`)
    assert.match(made.stdout, /^whsec_\S+\n$/)
    const id = idIn({ ...made, stdout: made.stderr }, /\b[a-z0-9]{12}\b/)
    const listed = await ok("webhooks list")
    assert.match(listed.stdout, new RegExp(`^${id} +acme +${url} +run.paused run.waiting +enabled`, "m"))
    assert.match((await ok(`webhooks test ${id}`)).stdout, /^answered 204 after \d+ ms; delivered\n$/)
    const broken = await ok(`webhooks add ${await receiver(500)} --event run.paused --everything --json`)
    const brokenId = String(at(JSON.parse(broken.stdout), "id"))
    await says(4, "did not arrive", `webhooks test ${brokenId}`)
    for (const each of [id, brokenId]) await ok(`webhooks remove ${each} --yes`)
    assert.include((await ok("webhooks list")).stdout, "No webhooks yet")
    await says(3, "loom-scim webhooks list", `webhooks test ${id}`)
    await says(2, "No webhook can be made", `webhooks add ${url} --event run.unheard --connection acme`)
    await says(2, "not both", `webhooks add ${url} --event run.paused --connection acme --everything`)
    // Printed once, and nowhere else.
    const secret = made.stdout.trim()
    const audit = await api.call("GET", "/v1/audit?limit=200")
    for (const text of [made.stderr, listed.stdout, audit.text, ...api.logged]) assert.notInclude(text, secret)
  }, 120_000)

  it("makes keys that are printed once, work, and are revoked", async () => {
    const made = await ok("keys create ci --grant read:acme --grant operate:hr --days 30")
    const key = made.stdout.trim()
    assert.match(key, /^lsk_[a-z0-9]{12}_\S{43}$/)
    const id = key.split("_")[1] ?? ""
    assert.strictEqual((await api.call("GET", "/v1/connections/acme", { key })).status, 200)
    const listed = await ok("keys list")
    assert.match(
      listed.stdout,
      new RegExp(`^${id} +ci +read:acme operate:hr +test \\([a-z0-9]{12}\\) +until \\d{4}`, "m")
    )
    assert.strictEqual((await ok(`keys revoke ${id} --yes`)).stdout, `Revoked key ${id}.\n`)
    assert.strictEqual((await api.call("GET", "/v1/connections/acme", { key })).status, 401)
    assert.match((await ok("keys list")).stdout, new RegExp(`^${id} .*revoked \\d{4}`, "m"))
    const json = await ok("keys create ci2 --grant admin:* --json")
    assert.match(String(at(JSON.parse(json.stdout), "secret")), /^lsk_/)
    await says(2, "No key can be made", "keys create x --grant read:acme --days 0")
    await says(2, "is no grant", "keys create x --grant write:acme")
    await says(3, "no connection nowhere", "keys create x --grant read:nowhere")
    await says(3, "loom-scim keys list", "keys revoke aaaaaaaaaaaa --yes")
    await says(2, "is no key's id", "keys revoke ci --yes")
    const audit = await api.call("GET", "/v1/audit?limit=200")
    for (const text of [made.stderr, listed.stdout, audit.text, ...api.logged]) assert.notInclude(text, key)
    const weak = await api.makeKey([{ verb: "read", connection: "*" }])
    const refused = await loomScim(["keys", "list", "--server", api.base], { LOOM_SCIM_API_KEY: weak.whole })
    assert.strictEqual(refused.code, 3)
    assert.include(refused.stderr, "admin over everything")
  }, 120_000)

  it("says what to do where there is no server", async () => {
    const empty = ["--data-dir", temporary()]
    for (const [line, words] of [
      ["schedule list", "loom-scim watch"],
      ["webhooks list", "--server"],
      ["keys list", "loom-scim key show"]
    ] as const) {
      const { code, stderr } = await loomScim([...split(line), ...empty])
      assert.strictEqual(code, 2, stderr)
      assert.include(stderr, words)
      assert.include(stderr, "--server")
    }
  }, 120_000)

  it("goes through the server that holds the directory, for whoever has a key", async () => {
    const held = temporary()
    const { base, key = "" } = await runServer(["--data-dir", held])
    const without = await loomScim(["keys", "list", "--data-dir", held])
    assert.strictEqual(without.code, 5, without.stderr)
    assert.include(without.stderr, `${held} is in use by another loom-scim (api, process`)
    assert.include(
      without.stderr,
      `LOOM_SCIM_API_KEY, or into a file for --api-key-file, and go on through it with --server ${base}`
    )
    const listed = await loomScim(["keys", "list", "--data-dir", held], { LOOM_SCIM_API_KEY: key })
    assert.strictEqual(listed.code, 0, listed.stderr)
    assert.match(listed.stdout, /^[a-z0-9]{12} +first +admin:\* +loom-scim-api +no end/m)
  }, 120_000)
})
