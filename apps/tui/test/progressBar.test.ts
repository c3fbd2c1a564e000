import { assert, afterAll, beforeAll, describe, it } from "@effect/vitest"
import type { Place } from "./support/connected.ts"
import { connected, token } from "./support/connected.ts"
import { run } from "./support/run.ts"
import { keys, Terminal } from "./support/Terminal.ts"

const endOfInput = "\u0004"
let place: Place
let names: ReadonlyArray<string> = []

beforeAll(async () => {
  place = await connected(40)
  const { stdout } = await run(["users", "list", "--csv", "--columns", "userName", "--data-dir", place.directory])
  names = stdout.trim().split("\n").slice(1)
  assert.strictEqual(names.length, 40)
})
afterAll(() => place.close())

const slowly = async (ms: number, use: () => Promise<void>) => {
  await place.control("POST", "/faults", { kind: "latency", ms })
  try {
    await use()
  } finally {
    await place.control("DELETE", "/faults")
  }
}

const start = (env: Readonly<Record<string, string>> = {}, columns = 80) => {
  const args = ["users", "deactivate", "--yes", "-", "--data-dir", place.directory]
  const terminal = new Terminal(args, env, columns, 60)
  terminal.send(`${[...names, "nobody@example.com"].join("\n")}\n${endOfInput}`)
  return terminal
}

describe("a command on the names from standard input", () => {
  it("shows a bar while it works, then every outcome and the summary, and no bar", async () => {
    await slowly(60, async () => {
      const terminal = start()
      await terminal.until(/^looked up {2}█*░+ {2}\d+\/41/m)
      const working = await terminal.until(/^deactivated {2}█+░+ {2}\d+\/40 {2}[\d.]+\/(?:s|min) {2}\d+ s left$/m)
      assert.notInclude(working, "done ")
      const ended = await terminal.until("40 deactivated, 0 doubtful, 1 failed")
      assert.strictEqual(await terminal.exited, 4)
      assert.notInclude(ended, "█")
      assert.include(ended, `done      ${names.at(-1)}`)
      assert.include(ended, "failed    nobody@example.com")
      assert.notInclude(terminal.raw, token)
    })
  })

  it("draws with ASCII where there is no more, and without colour in any case", async () => {
    await slowly(60, async () => {
      const terminal = start({ LANG: "C", NO_COLOR: "1" })
      await terminal.until(/^deactivated {2}#+\.+ {2}\d+\/40/m)
      await terminal.until("40 deactivated")
      assert.strictEqual(await terminal.exited, 4)
      // oxlint-disable-next-line no-control-regex -- escapes of colour are what must not be there
      assert.notMatch(terminal.raw, /\u001B\[[\d;]*m/)
    })
  })

  it("fits a narrow terminal, and draws nothing on a dumb one", async () => {
    await slowly(60, async () => {
      const narrow = start({}, 36)
      const screen = await narrow.until(/^deactivated {2}\d+\/40/m)
      assert.strictEqual(screen.match(/^deactivated/gm)?.length, 1)
      await narrow.exited
      const dumb = start({ TERM: "dumb" })
      await dumb.until("40 deactivated")
      assert.notInclude(dumb.raw, "\u001B[K")
      assert.match(dumb.raw, /deactivated: 40 of 40 in \d+ s/)
    })
  })

  it("prints what was done before Ctrl-C", async () => {
    await slowly(200, async () => {
      const terminal = start()
      await terminal.until(/^deactivated {2}█+░+ {2}\d+\/40/m)
      terminal.send(keys.ctrlC)
      assert.strictEqual(await terminal.exited, 130)
      const screen = await terminal.text()
      assert.match(screen, /^done {6}\S+@example\.com/m)
      assert.notInclude(screen, "█")
    })
  })

  it("without a terminal says a line at the end, and nothing beside JSON", async () => {
    const args = ["users", "reactivate", ...names.slice(0, 12), "--data-dir", place.directory]
    const plain = await run(args)
    assert.strictEqual(plain.code, 0, plain.stderr)
    assert.match(plain.stderr, /^looked up: 12 of 12 in \d+ s.*\nreactivated: 12 of 12 in \d+ s.*\n$/)
    assert.include(plain.stdout, "12 reactivated, 0 doubtful, 0 failed")
    const json = await run([...args, "--json"])
    assert.strictEqual(json.stderr, "")
    const one = await run(["users", "reactivate", names[0] ?? "", "--data-dir", place.directory])
    assert.strictEqual(one.stderr, "")
  })
})
