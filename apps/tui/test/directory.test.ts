import { assert, afterAll, beforeAll, describe, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import type { Place } from "./support/connected.ts"
import { connected, token } from "./support/connected.ts"
import { run } from "./support/run.ts"

let place: Place
let outputs = ""

const loom = async (...args: ReadonlyArray<string>) => {
  const ran = await run([...args, "--data-dir", place.directory])
  outputs += ran.stdout + ran.stderr
  return ran
}

beforeAll(async () => {
  place = await connected(120)
})
afterAll(() => place.close())

describe("users", () => {
  it("lists everybody, page by page, and filters", async () => {
    const all = await loom("users", "list")
    assert.match(all.stdout, /^userName +displayName +active +loomMemberRole +id$/m)
    assert.include(all.stdout, "120 users")
    const filtered = await loom("users", "list", "--filter", 'userName ew ".7@example.com"', "--json")
    const parsed: unknown = JSON.parse(filtered.stdout)
    assert.propertyVal(parsed, "complete", true)
    assert.nestedProperty(parsed, "resources[0].userName")
    assert.notNestedProperty(parsed, "resources[1]")
    const csv = await loom("users", "list", "--csv", "--columns", "userName,name.familyName")
    assert.strictEqual(csv.stdout.trim().split("\n").length, 121)
  })

  it("says where a filter is wrong, before the server is asked", async () => {
    await place.control("DELETE", "/requests")
    const { code, stderr } = await loom("users", "list", "--filter", "userName eq")
    assert.strictEqual(code, 2)
    assert.include(stderr, "At position")
    assert.deepStrictEqual(await place.control("GET", "/requests"), { requests: [] })
  })

  it("never takes an incomplete list for a whole one", async () => {
    await place.control("POST", "/faults", { kind: "lyingTotal", total: 500 })
    const { code, stderr, stdout } = await loom("users", "list", "--json")
    await place.control("DELETE", "/faults")
    assert.strictEqual(code, 4)
    assert.propertyVal(JSON.parse(stdout), "complete", false)
    assert.include(stderr, "not gone")
  })

  it("creates, reads, gives a role, deactivates from standard input, deletes", async () => {
    const created = await loom("users", "create", "--user-name", "Ada@Example.com", "--given-name", "Ada")
    assert.match(created.stdout, /^Created \S+/)
    const again = await loom("users", "create", "--user-name", "ada@example.com")
    assert.strictEqual(again.code, 3)
    assert.include(again.stderr, "Adopt the resource")
    assert.strictEqual((await loom("users", "role", "--role", "admin", "ada@example.com")).code, 0)
    assert.strictEqual((await loom("users", "role", "--role", "king", "ada@example.com")).code, 2)
    assert.include((await loom("users", "get", "ada@example.com")).stdout, '"loomMemberRole": "admin"')
    const asked = await loom("users", "deactivate", "ada@example.com")
    assert.strictEqual(asked.code, 2)
    assert.include(asked.stderr, "The policy is deactivate")
    const mixed = await loom("users", "deactivate", "--yes", "ada@example.com", "nobody@example.com")
    assert.strictEqual(mixed.code, 4)
    assert.include(mixed.stdout, "1 deactivated, 0 doubtful, 1 failed")
    assert.include((await loom("users", "get", "ada@example.com")).stdout, '"active": false')
    assert.strictEqual((await loom("users", "reactivate", "ada@example.com")).code, 0)
    assert.strictEqual((await loom("users", "update", "ada@example.com", "--set", "title=Countess")).code, 0)
    assert.include((await loom("users", "get", "ada@example.com")).stdout, '"title": "Countess"')
    assert.strictEqual((await loom("users", "delete", "--yes", "ada@example.com")).code, 0)
    assert.strictEqual((await loom("users", "get", "ada@example.com")).code, 3)
  })

  it("a dry run shows the request without the token, and changes nothing", async () => {
    await place.control("DELETE", "/requests")
    const { code, stdout } = await loom("users", "create", "--user-name", "eve@example.com", "--dry-run")
    assert.strictEqual(code, 0)
    assert.include(stdout, `POST ${place.sandbox.scimUrl}/Users`)
    assert.include(stdout, "(not shown)")
    assert.deepStrictEqual(await place.control("GET", "/requests"), { requests: [] })
  })

  it("ends quietly when nobody reads on", async () => {
    const main = fileURLToPath(new URL("../dist/main.js", import.meta.url))
    const child = spawn(process.execPath, [main, "users", "list", "--jsonl", "--data-dir", place.directory], {
      stdio: ["ignore", "pipe", "pipe"]
    })
    let stderr = ""
    child.stderr.setEncoding("utf8").on("data", (data: string) => {
      stderr += data
    })
    child.stdout.once("data", () => child.stdout.destroy())
    await new Promise((resolve) => child.on("close", resolve))
    assert.strictEqual(stderr, "")
  })
})

describe("groups", () => {
  it("creates, adds, shows, renames, removes, deletes", async () => {
    await loom("users", "create", "--user-name", "bob@example.com")
    assert.strictEqual((await loom("groups", "create", "Engineering")).code, 0)
    const added = await loom("groups", "add", "Engineering", "bob@example.com")
    assert.strictEqual(added.code, 0, added.stdout + added.stderr)
    assert.include((await loom("groups", "get", "Engineering")).stdout, "bob@example.com")
    assert.strictEqual((await loom("groups", "rename", "Engineering", "Platform")).code, 0)
    assert.include((await loom("groups", "list")).stdout, "Platform")
    assert.strictEqual((await loom("groups", "remove", "--yes", "Platform", "bob@example.com")).code, 0)
    assert.notInclude((await loom("groups", "get", "Platform")).stdout, "bob@example.com")
    assert.strictEqual((await loom("groups", "delete", "--yes", "Platform")).code, 0)
  })

  it("reports members that the server silently dropped", async () => {
    await loom("groups", "create", "Dropping")
    await place.control("POST", "/faults", { kind: "droppedMembers" })
    const { code, stdout } = await loom("groups", "add", "Dropping", "bob@example.com")
    await place.control("DELETE", "/faults")
    assert.strictEqual(code, 4)
    assert.include(stdout, "the server dropped 1 member(s)")
  })
})

describe("raw", () => {
  it("prints an answer as it is, and never leaves the base URL", async () => {
    const { code, stdout } = await loom("raw", "GET", "/Users?count=1")
    assert.strictEqual(code, 0)
    assert.property(JSON.parse(stdout), "totalResults")
    for (const path of ["/../../__control/state", "//evil.example/x", "Users", "/%2e%2e/x"]) {
      const refused = await loom("raw", "GET", path)
      assert.strictEqual(refused.code, 2, path)
      assert.include(refused.stderr, "below the base URL")
    }
  })
})

describe("doctor", () => {
  it("examines the server, proves writing, and leaves nothing behind", async () => {
    const before = await place.control("GET", "/state")
    const { code, stdout } = await loom("doctor", "--write", "--json")
    assert.strictEqual(code, 0, stdout)
    assert.include(stdout, "cleanup")
    const after = await place.control("GET", "/state")
    assert.deepStrictEqual(after, before)
  })

  it("exits 4 when members are dropped, and says what it means", async () => {
    await place.control("POST", "/faults", { kind: "droppedMembers" })
    const { code, stdout } = await loom("doctor", "--write", "--markdown")
    await place.control("DELETE", "/faults")
    assert.strictEqual(code, 4)
    assert.match(stdout, /^# /m)
    assert.match(stdout, /drop/i)
  })
})

it("never showed the token", () => {
  assert.isAbove(outputs.length, 1000)
  assert.notInclude(outputs, token)
})
