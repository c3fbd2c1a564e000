/** The same commands on a data directory and over a server: the same words, the same JSON, the same exit codes. */
import { afterAll, afterEach, assert, beforeAll, describe, it } from "@effect/vitest"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Place } from "../../tui/test/support/connected.ts"
import { connected } from "../../tui/test/support/connected.ts"
import { keys, Terminal } from "../../tui/test/support/Terminal.ts"
import { closeAll, closing, temporary } from "./support/api.ts"
import { loomScim } from "./support/programs.ts"
import { mapping, people } from "./support/reconcile.ts"
import { type Both, bothOf, on, over, runIn, serverOf, type Side } from "./support/sides.ts"

describe("commands over a server", () => {
  let here: Place
  let there: Place
  let remote: Side
  let both: Both
  let files: string
  let baseThere: string
  let keyThere: string

  beforeAll(async () => {
    ;[here, there] = await Promise.all([connected(6), connected(6)])
    const { base, key = "" } = await serverOf(there)
    baseThere = base
    keyThere = key
    remote = over(base, key)
    both = bothOf(on(here), remote)
    files = temporary()
    const write = (name: string, text: string) => writeFileSync(join(files, name), text)
    write("mapping.yaml", mapping)
    write("three.csv", people(3).replaceAll("acme.com", "example.com"))
    write("five.csv", people(5).replaceAll("acme.com", "example.com"))
    write("one.csv", people(1).replaceAll("acme.com", "example.com"))
    write(
      "odd.csv",
      `${people(2).replaceAll("acme.com", "example.com")}2,other@example.com,Other\n,nobody@example.com,X\n`
    )
    write("strict.yaml", "tolerated: 0\nlosses:\n  count: 0\n  percent: 0\n")
  }, 60_000)
  afterAll(async () => {
    await closeAll()
    await Promise.all([here.close(), there.close()])
  })

  const same = (line: string, code = 0) => both(() => line.split(" "), code)
  const source = (name: string) => `--source ${join(files, name)} --mapping ${join(files, "mapping.yaml")}`

  it("examines", async () => {
    await same("doctor")
  }, 60_000)

  it("reads and changes users and groups", async () => {
    await same("users create --user-name zoe@example.com --role creator")
    await same("users create --user-name zoe@example.com", 3)
    await same("users update zoe@example.com nobody@example.com --set title=Countess --json", 4)
    await same("users deactivate zoe@example.com --dry-run")
    await same("groups create Engineering")
    await same("groups add Engineering zoe@example.com ada.abara.1@example.com")
    await same("groups list --json")
    await same("users delete zoe@example.com --yes")
  }, 60_000)

  it("plans, carries out, decides, tries again and undoes", async () => {
    await same(`plan ${source("odd.csv")}`, 4)
    await same(`apply ${source("three.csv")} --yes --json`)
    const held = await same(`apply ${source("one.csv")} --policy ${join(files, "strict.yaml")} --yes`, 6)
    await same("resume", 6)
    const ids = {
      here: runIn({ ...held.here, stdout: held.here.stdout.slice(held.here.stdout.indexOf("\nRun ")) }),
      there: runIn(held.there)
    }
    await both((side) => ["allow", ids[side], "--note", "The office was closed."], 0)
    await both((side) => ["undo", ids[side], "--yes"], 0)
    await both((side) => ["retry", ids[side], "--yes"], 0)
    await same("runs show --json --state all")
  }, 60_000)

  it("has its screens: people to browse, a run that is watched and decided about", async () => {
    const env = { LOOM_SCIM_API_KEY: keyThere }
    const browser = new Terminal(["users", "--server", baseThere], env)
    closing(() => browser.kill())
    await browser.until("ada.abara.1@example.com")
    browser.send(keys.ctrlC)
    assert.strictEqual(await browser.exited, 0)
    const args = ["apply", ...source("five.csv").split(" "), "--server", baseThere]
    const apply = new Terminal(args, env)
    closing(() => apply.kill())
    await apply.until(/Carry out \d actions\?/)
    apply.send(`y${keys.enter}`)
    await apply.until(/completed after[^]*\d done/)
    assert.strictEqual(await apply.exited, 0)
    const strict = ["--policy", join(files, "strict.yaml"), "--yes"]
    const decided = new Terminal(["apply", ...source("one.csv").split(" "), ...strict, "--server", baseThere], env)
    closing(() => decided.kill())
    await decided.until("a allow   r reject   q leave it waiting")
    decided.send("a")
    await decided.until("Type allow to let it go on.")
    decided.send("allow")
    await decided.until("› allow")
    decided.send(keys.enter)
    await decided.until("Why? It is kept with the run.")
    decided.send("They left")
    await decided.until("› They left")
    decided.send(keys.enter)
    await decided.until(/completed after[^]*4 done/)
    assert.strictEqual(await decided.exited, 0)
  }, 60_000)

  it("goes through the server that holds its directory when there is a key", async () => {
    const held = await loomScim(["users", "list", "--data-dir", there.directory])
    assert.strictEqual(held.code, 5)
    const env = { LOOM_SCIM_API_KEY: keyThere }
    const listed = await loomScim(["users", "list", "--data-dir", there.directory], env)
    assert.strictEqual(listed.code, 0, listed.stderr)
    assert.include(listed.stdout, "ada.abara.1@example.com")
    const runs = await loomScim(["runs", "--data-dir", there.directory], env)
    assert.match(runs.stdout, /acme +reconcile .*completed/)
  })

  it("says what to do instead where a server cannot", async () => {
    for (const [line, instead] of [
      ["raw GET /Users", "loom-scim users get"],
      [`watch ${source("three.csv")}`, "loom-scim schedule add --name people --every 15m"],
      ["key rotate", "on its data directory"],
      ["nango status", "DATABASE_URL"]
    ] as const) {
      const { code, stderr } = await remote(line.split(" "))
      assert.strictEqual(code, 2, stderr)
      assert.include(stderr, instead)
    }
  })
})

describe("a run that is followed over a server", () => {
  const count = 60
  const scene = async () => {
    const place = await connected(0)
    closing(() => place.close())
    const server = await serverOf(place)
    const files = temporary()
    writeFileSync(join(files, "people.csv"), people(count).replaceAll("acme.com", "example.com"))
    writeFileSync(join(files, "mapping.yaml"), mapping)
    await place.control("POST", "/faults", { kind: "latency", ms: 150, match: { method: "POST" } })
    const from = ["--source", join(files, "people.csv"), "--mapping", join(files, "mapping.yaml")]
    const at = ["--server", server.base]
    return { place, server, at, apply: ["apply", ...from, ...at], env: { LOOM_SCIM_API_KEY: server.key ?? "" } }
  }
  const madeAt = async ({ control }: Place) =>
    Number(/"users":(\d+)/.exec(JSON.stringify(await control("GET", "/state")))?.[1] ?? 0)

  afterEach(closeAll)

  it("goes on before the person's eyes when the server dies and comes back", async () => {
    const { apply, env, place, server } = await scene()
    const running = loomScim([...apply, "--yes", "--json"], env)
    while ((await madeAt(place)) < 10);
    server.kill("SIGKILL")
    await server.ended
    await serverOf(place, ["--port", new URL(server.base).port])
    const { code, stderr, stdout } = await running
    assert.strictEqual(code, 0, stdout + stderr)
    const settled = stdout.matchAll(/"_tag":"ItemSettled".*?"position":(\d+)/g)
    const positions = [...settled].map(([, position]) => Number(position)).toSorted((a, b) => a - b)
    const all = Array.from({ length: count }, (_, index) => index)
    assert.deepStrictEqual(positions, all)
  }, 60_000)

  it("is paused there by Ctrl-C, and goes on when that is said", async () => {
    const { apply, at, env } = await scene()
    const screen = new Terminal(apply, env)
    closing(() => screen.kill())
    await screen.until(`Carry out ${count} actions?`)
    screen.send(`y${keys.enter}`)
    await screen.until(/^▸ Creations +█+░+ +\d+\/60/m)
    screen.send(keys.ctrlC)
    await screen.until("paused: it was stopped after")
    assert.strictEqual(await screen.exited, 130)
    const resumed = await loomScim(["resume", ...at], env)
    assert.strictEqual(resumed.code, 0, resumed.stdout + resumed.stderr)
    assert.include(resumed.stdout, `${count} done.`)
  }, 60_000)
})
