import { afterAll, afterEach, assert, beforeAll, describe, it } from "@effect/vitest"
import { token } from "./support/connected.ts"
import { type Scene, sceneOf } from "./support/scene.ts"
import { keys, Terminal } from "./support/Terminal.ts"

let scene: Scene
let raw = ""
/** Begun by the test that runs. */
const terminals: Array<Terminal> = []

beforeAll(async () => {
  scene = await sceneOf()
})
afterAll(() => scene.place.close())
afterEach(async () => {
  // One that a failed test left behind would hold the data directory against all that follow.
  await Promise.all(terminals.splice(0).map((terminal) => terminal.close()))
  await scene.place.control("DELETE", "/faults")
})

const start = (
  args: ReadonlyArray<string>,
  {
    columns = 80,
    env = {},
    rows = 24
  }: { columns?: number; rows?: number; env?: Readonly<Record<string, string>> } = {}
) => {
  const terminal = new Terminal([...args, ...scene.flags], env, columns, rows)
  terminals.push(terminal)
  return terminal
}

const applying = (source: string, size?: Parameters<typeof start>[1]) =>
  start(["apply", "--source", source, "--mapping", scene.mapping, "--yes"], size)

const ended = async (terminal: Terminal): Promise<number> => {
  const code = await terminal.exited
  raw += terminal.raw
  return code
}

/** In creations of users, or of whatever the path names. */
const fault = (effect: Record<string, unknown>, pathIncludes = "/Users") =>
  scene.place.control("POST", "/faults", { ...effect, match: { method: "POST", pathIncludes } })

/** The screen as it is, no row longer than it may be. */
const fits = async (terminal: Terminal, columns: number): Promise<string> => {
  const rows = await terminal.screen()
  for (const row of rows) assert.isAtMost(row.length, columns)
  return rows.join("\n")
}

describe("a run in a pseudo-terminal", () => {
  it("asks, shows phases, rate and failures while it works, and leaves a summary behind", async () => {
    const source = scene.people(1, 60)
    const terminal = start(["apply", "--source", source, "--mapping", scene.mapping])
    await terminal.until("Carry out 61 actions? [y/N]")
    await fault({ kind: "latency", ms: 300 })
    // So that the failure is on the screen for a while before all is over.
    await fault({ kind: "latency", ms: 3000 }, "/Groups")
    await fault({ kind: "status", status: 400, detail: "Too long a name", times: 1 })
    terminal.send(`y${keys.enter}`)
    await terminal.until(/^▸ Creations +█*░+ +\d+\/60/m)
    await terminal.until(/^ {2}\d+ done, .*\d+ left {3}[\d.]+\/(?:s|min) {2}\d+ s left$/m)
    const working = await terminal.until(/^X failed create p\d+@example\.com/m)
    assert.match(working, /^loom-scim run {2}acme {2}\d{8}-\d{6}-\w{6} +at work$/m)
    assert.match(working, /^[·▸] Groups +░+ +0\/1$/m)
    assert.include(working, "Too long a name")
    await fits(terminal, 80)
    assert.strictEqual(await ended(terminal), 4)
    const summary = await terminal.text()
    assert.match(summary, /^Run \S+ of acme: completed after/m)
    assert.match(summary, /^ {2}59 done, 1 doubtful, 1 failed\.$/m)
    assert.match(summary, /^X failed {3}create/m)
    assert.notInclude(summary, "░")
  })

  it("does nothing without a y", async () => {
    const terminal = start(["apply", "--source", scene.people(1, 63), "--mapping", scene.mapping])
    await terminal.until("[y/N]")
    terminal.send(keys.enter)
    assert.strictEqual(await ended(terminal), 3)
    assert.include(await terminal.text(), "Nothing was begun.")
  })

  it("is drawn with ASCII and without colour where that is wanted, and fits a narrow terminal", async () => {
    await fault({ kind: "latency", ms: 300 })
    const source = scene.people(1, 90)
    const terminal = applying(source, { columns: 40, rows: 14, env: { LANG: "C", NO_COLOR: "1" } })
    await terminal.until(/^> Creations +\d+\/31/m)
    const narrow = await fits(terminal, 40)
    assert.match(narrow, /\^C stop cleanly/)
    terminal.resize(120, 40)
    await terminal.until(/^> Creations +#*\.+ +\d+\/31/m)
    await fits(terminal, 120)
    assert.strictEqual(await ended(terminal), 0)
    // oxlint-disable-next-line no-control-regex -- escapes of colour are what must not be there
    assert.notMatch(terminal.raw, /\u001B\[[\d;]*m/)
  })

  it("stops cleanly at Ctrl-C, says how to go on, and goes on with resume", async () => {
    await fault({ kind: "latency", ms: 200 })
    const { users } = await scene.state()
    const terminal = applying(scene.people(1, 200))
    await terminal.until(/^▸ Creations +█+░+ +\d+\/110/m)
    terminal.send(keys.ctrlC)
    assert.strictEqual(await ended(terminal), 130)
    const stopped = await terminal.text()
    assert.match(stopped, /of acme: paused: it was stopped after/)
    assert.include(stopped.replaceAll("\n", ""), "Go on: loom-scim resume")
    await scene.place.control("DELETE", "/faults")
    const resumed = start(["resume"])
    assert.strictEqual(await ended(resumed), 0)
    assert.match(await resumed.text(), /completed after/)
    assert.strictEqual((await scene.state()).users, users + 110)
  })

  it("ends at once when Ctrl-C is pressed twice, and gives the terminal back", async () => {
    await fault({ kind: "hang" })
    const terminal = applying(scene.people(1, 205))
    await terminal.until(/^▸ Creations +░+ +0\/5/m)
    terminal.send(keys.ctrlC)
    await terminal.until("^C again ends at once")
    terminal.send(keys.ctrlC)
    assert.strictEqual(await ended(terminal), 130)
    assert.match(await terminal.text(), /ended at once; let the run go on with: loom-scim resume/)
    assert.include(terminal.raw, "\u001B[?1049l")
    assert.include(terminal.raw, "\u001B[?25h")
    await scene.place.control("DELETE", "/faults")
    assert.strictEqual((await scene.loom("resume")).code, 0)
  })
})

describe("a run that does not go on", () => {
  it("says why it is paused and until when, and goes on by itself", async () => {
    await fault({ kind: "status", status: 503, detail: "Down" })
    const terminal = applying(scene.people(1, 235))
    const paused = await terminal.until("PAUSED: The server does not answer as it should", 25_000)
    assert.match(paused, /It goes on by itself in \d+ s\./)
    await fits(terminal, 80)
    await scene.place.control("DELETE", "/faults")
    assert.strictEqual(await ended(terminal), 0)
  })

  it("says what a person does about the token, tries again at g, and is left with q", async () => {
    // So that being at work again is on the screen for a while.
    await fault({ kind: "latency", ms: 1000 })
    await fault({ kind: "status", status: 401 })
    const terminal = applying(scene.people(1, 240))
    await terminal.until("PAUSED: The server no longer takes the token")
    await terminal.until("g go on   q leave it")
    terminal.send("g")
    await terminal.until("^C stop cleanly")
    await terminal.until("g go on   q leave it")
    terminal.send("q")
    assert.strictEqual(await ended(terminal), 7)
    await scene.place.control("DELETE", "/faults")
    assert.strictEqual((await scene.loom("resume")).code, 0)
  })

  it("waits for a decision, takes only the word that was asked for and a reason, and goes on", async () => {
    const { activeUsers } = await scene.state()
    const terminal = applying(scene.people(21, 240))
    const waiting = await terminal.until("WAITS FOR YOUR DECISION")
    assert.match(waiting, /20 of \d+ people we manage would lose access/)
    await terminal.until("a allow   r reject   q leave it waiting")
    terminal.send("a")
    await terminal.until("Type allow to let it go on.")
    terminal.send("yes")
    await terminal.until("› yes")
    terminal.send(keys.enter)
    await terminal.until("Type allow, or press Esc.")
    assert.strictEqual((await scene.state()).activeUsers, activeUsers)
    terminal.send(keys.escape)
    await terminal.until("a allow   r reject")
    terminal.send("a")
    await terminal.until("Type allow to let it go on.")
    terminal.send("allow")
    await terminal.until("› allow")
    terminal.send(keys.enter)
    await terminal.until("Why? It is kept with the run.")
    terminal.send("Lyon was closed")
    await terminal.until("› Lyon was closed")
    await fits(terminal, 80)
    terminal.send(keys.enter)
    assert.strictEqual(await ended(terminal), 0)
    assert.strictEqual((await scene.state()).activeUsers, activeUsers - 20)
    const { stdout } = await scene.loom("runs", "show")
    assert.match(stdout, /Decided: allowed by \S+ \(tui\) at .*: "Lyon was closed"/)
  })

  it("is left waiting with q, and ended with r", async () => {
    const { activeUsers } = await scene.state()
    const left = applying(scene.people(41, 240))
    await left.until("q leave it waiting")
    left.send("q")
    assert.strictEqual(await ended(left), 6)
    assert.include((await left.text()).replaceAll("\n", ""), "Allow it: loom-scim allow")
    const again = start(["resume"], { columns: 120, rows: 40 })
    await again.until("q leave it waiting")
    again.send("r")
    await again.until("Type reject to end the run.")
    again.send("reject")
    await again.until("› reject")
    again.send(keys.enter)
    await again.until("Why?")
    again.send("cut off")
    await again.until("› cut off")
    again.send(keys.enter)
    assert.strictEqual(await ended(again), 3)
    assert.match(await again.text(), /rejected by \S+ \(tui\)/)
    assert.strictEqual((await scene.state()).activeUsers, activeUsers)
  })
})

it("never showed the token", () => {
  assert.isAbove(raw.length, 1000)
  assert.notInclude(raw, token)
})
