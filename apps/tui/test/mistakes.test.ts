import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import { mkdirSync, openSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { connected } from "./support/connected.ts"
import type { Place } from "./support/connected.ts"
import { run } from "./support/run.ts"

const main = fileURLToPath(new URL("../dist/main.js", import.meta.url))

let place: Place
let mapping: string
let many: string

const at = (name: string) => join(place.directory, name)
const loom = (...args: ReadonlyArray<string>) => run([...args, "--data-dir", place.directory])

beforeAll(async () => {
  place = await connected(3)
  mapping = at("mapping.yaml")
  writeFileSync(mapping, "attributes:\n  externalId: id\n  userName: email\n")
  many = at("many.csv")
  const rows = Array.from({ length: 400 }, (_, index) => `m${index},p${index}@example.com`)
  writeFileSync(many, `id,email\n${rows.join("\n")}\n`)
  mkdirSync(at("folder.csv"))
})

afterAll(() => place.close())

/** How it ended with its output going elsewhere: to a reader that leaves after the first of it, or to a descriptor. */
const ended = (args: ReadonlyArray<string>, stdout: "leaving" | number) =>
  new Promise<{ readonly code: number | null; readonly stderr: string }>((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...args, "--data-dir", place.directory], {
      stdio: ["ignore", stdout === "leaving" ? "pipe" : stdout, "pipe"]
    })
    let stderr = ""
    child.stderr?.setEncoding("utf8").on("data", (data: string) => {
      stderr += data
    })
    child.stdout?.once("data", () => child.stdout?.destroy())
    child.on("error", reject)
    child.on("close", (code) => resolve({ code, stderr }))
  })

describe("a wrong file", () => {
  it("is said, and nothing else, with the code of a wrong call", async () => {
    for (const [file, words] of [
      ["nowhere.csv", "there is no such file"],
      ["folder.csv", "it is not a file"]
    ] as const) {
      for (const command of [["plan"], ["apply", "--yes"]]) {
        const { code, stderr, stdout } = await loom(...command, "--source", at(file), "--mapping", mapping)
        assert.deepStrictEqual({ code, stdout }, { code: 2, stdout: "" })
        assert.include(stderr, words)
      }
    }
  })

  it("of answers, a key or a plan is said with what to do", async () => {
    const answers = await loom("setup", "--answers", at("nowhere.yaml"))
    assert.strictEqual(answers.code, 2)
    assert.include(answers.stderr, "there is no such file or folder. Check the path.")
    const key = await run(["status", "--server", "https://scim.example.com", "--api-key-file", at("folder.csv")])
    assert.strictEqual(key.code, 2)
    assert.include(key.stderr, "it is a folder. Give a file.")
    const plan = await loom("plan", "--source", many, "--mapping", mapping, "--save", at("folder.csv"))
    assert.strictEqual(plan.code, 2)
    assert.include(plan.stderr, "folder.csv: it is a folder. Give a file.")
  })
})

describe("a wrong flag", () => {
  it("is named with what it expects", async () => {
    for (const [args, words] of [
      [["runs", "--limit", "0"], '--limit: "0". Expected: a whole number, 1 or more'],
      [["sandbox", "--port", "99999"], '--port: "99999". Expected: a whole number from 0 to 65535'],
      [["sandbox", "--users", "-1"], '--users: "-1". Expected: a whole number, 0 or more'],
      [["setup", "--name", " "], "--name is empty"],
      [["raw", "GET", "Users"], "Users cannot be asked for. Give a path below the base URL"],
      [["users", "list", "--csv", "--json"], "choose one of --csv and --json"],
      [["plan", "--mapping", mapping, "--markdown", "--json"], "choose one of --json and --markdown"],
      [["doctor", "--markdown", "--json"], "choose one of --json and --markdown"],
      [["runs", "show", "--markdown", "--json"], "choose one of --json and --markdown"]
    ] as const) {
      const { code, stderr } = await loom(...args)
      assert.strictEqual(code, 2, args.join(" "))
      assert.include(stderr.replaceAll('\\"', '"'), words)
    }
  })

  it("is not blamed on a server", async () => {
    const { code, stderr } = await run(["setup", "--name", "", "--server", place.sandbox.controlUrl], {
      env: { LOOM_SCIM_API_KEY: "lsk_none" }
    })
    assert.strictEqual(code, 2)
    assert.include(stderr, "--name is empty")
  })

  it("is said of a port that another program has", async () => {
    const { port } = new URL(place.sandbox.scimUrl)
    const { code, stderr } = await run(["sandbox", "--port", port])
    assert.strictEqual(code, 2)
    assert.include(stderr, "another program listens there. Choose another with --port")
  })
})

describe("output that cannot be written", () => {
  it.skipIf(process.platform !== "linux")("is told without a stack trace", async () => {
    const { code, stderr } = await ended(["users", "list"], openSync("/dev/full", "w"))
    assert.strictEqual(code, 5)
    assert.strictEqual(
      stderr,
      "loom-scim: Standard output cannot be written: the disk is full. Free some space, or choose another place.\n"
    )
  })

  it("of a run that nobody reads stops it cleanly, and is no success", async () => {
    const { code, stderr } = await ended(["apply", "--source", many, "--mapping", mapping, "--yes"], "leaving")
    assert.deepStrictEqual({ code, stderr }, { code: 130, stderr: "" })
  })
})
