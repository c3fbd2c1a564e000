import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { token } from "./support/connected.ts"
import { run } from "./support/run.ts"
import { type Scene, sceneOf } from "./support/scene.ts"

let scene: Scene

beforeAll(async () => {
  scene = await sceneOf()
})
afterAll(() => scene.place.close())

const main = fileURLToPath(new URL("../dist/main.js", import.meta.url))

describe("apply", () => {
  it("without a terminal wants --yes, exits 2, and begins nothing", async () => {
    const before = await scene.state()
    const { code, stderr, stdout } = await scene.apply(scene.people(1, 12))
    assert.strictEqual(code, 2)
    assert.include(stdout, "p1@example.com (line 2): in the source, not on the server")
    assert.include(stderr, "--yes")
    assert.deepStrictEqual(await scene.state(), before)
    assert.include((await scene.loom("runs")).stdout, "No runs yet")
  })

  it("with --yes makes people and groups, says every phase, exits 0, and has nothing to do afterwards", async () => {
    const { users } = await scene.state()
    const { code, stderr, stdout } = await scene.apply(scene.people(1, 12), "--yes")
    assert.strictEqual(code, 0, stderr)
    assert.match(stdout, /^Run \d{8}-\d{6}-[a-z0-9]{6}$/m)
    assert.match(stdout, /^› Creations: 12 to do$/m)
    assert.match(stdout, /^✓ Creations: 12 done$/m)
    assert.match(stdout, /of acme: completed after .*\n {2}13 done\.$/m)
    assert.deepInclude(await scene.state(), { users: users + 12, groups: 1 })
    const again = await scene.apply(scene.people(1, 12), "--yes")
    assert.strictEqual(again.code, 0, again.stderr)
    assert.include(again.stdout, "Nothing to do.")
  })

  it("advises no retry of what only a person can resolve", async () => {
    const file = join(scene.place.directory, "contradiction.csv")
    const rows = ["e13,p13@example.com,One,Crew", "e90,p90@example.com,One,Crew", "e90,p91@example.com,Other,Crew"]
    writeFileSync(file, [readFileSync(scene.people(1, 12), "utf8"), ...rows, ""].join("\n"))
    const { code, stdout } = await scene.apply(file, "--yes")
    assert.strictEqual(code, 4, stdout)
    assert.match(stdout, /^ {2}\d done, 1 conflict\.$/m)
    assert.include(stdout, "See what was not done: loom-scim runs show")
    assert.notInclude(stdout, "loom-scim retry")
  })

  it("as JSON tells every event on a line of its own, the report last, and nothing else", async () => {
    const { code, stderr, stdout } = await scene.apply(scene.people(1, 20), "--yes", "--json")
    assert.strictEqual(code, 0, stderr)
    assert.strictEqual(stderr, "")
    const lines = stdout
      .trim()
      .split("\n")
      .map((line): Record<string, unknown> => JSON.parse(line))
    const report = lines.at(-1)
    assert.strictEqual(report?.["_tag"], "RunReport")
    assert.nestedPropertyVal(report, "run.status._tag", "Completed")
    assert.nestedPropertyVal(report, "run.source", scene.people(1, 20))
    const tags = lines.slice(0, -1).map((line) => line["_tag"])
    assert.strictEqual(tags.filter((tag) => tag === "ItemSettled").length, 9)
    assert.sameMembers([...new Set(tags)], ["StatusChanged", "PhaseBegan", "ItemSettled"])
    assert.strictEqual(lines.at(-2)?.["_tag"], "StatusChanged")
  })

  it("exits 4 when something failed, says why and what to do; retry does just that once more", async () => {
    await scene.place.control("POST", "/faults", {
      kind: "status",
      status: 400,
      detail: "The title is too long",
      times: 2,
      match: { method: "POST" }
    })
    const failed = await scene.apply(scene.people(1, 25), "--yes")
    await scene.place.control("DELETE", "/faults")
    assert.strictEqual(failed.code, 4)
    const [first = ""] =
      failed.stdout.match(/^X failed {3}create p\d+@example\.com: .*400.*The title is too long$/m) ?? []
    assert.notStrictEqual(first, "", failed.stdout)
    assert.match(failed.stdout, /, 2 failed\.$/m)
    const [, id = ""] = failed.stdout.match(/Try that again: loom-scim retry (\S+)/) ?? []
    const { users } = await scene.state()
    const again = await scene.loom("retry", id, "--yes")
    assert.strictEqual(again.code, 0, again.stdout + again.stderr)
    assert.include(again.stdout, "2 create")
    assert.strictEqual((await scene.state()).users, users + 2)
  })

  it("exits 7 when a person has to see to the token; resume goes on", async () => {
    await scene.place.control("POST", "/faults", { kind: "status", status: 401, match: { method: "POST" } })
    const paused = await scene.apply(scene.people(1, 28), "--yes")
    await scene.place.control("DELETE", "/faults")
    assert.strictEqual(paused.code, 7)
    assert.match(paused.stdout, /^Paused: The server no longer takes the token\.$/m)
    assert.match(paused.stdout, /Go on: loom-scim resume \S+$/m)
    const second = await scene.apply(scene.people(1, 28), "--yes")
    assert.strictEqual(second.code, 3)
    assert.include(second.stderr, "is not over")
    const resumed = await scene.loom("resume")
    assert.strictEqual(resumed.code, 0, resumed.stdout + resumed.stderr)
    assert.strictEqual((await scene.loom("resume")).code, 3)
  })
})

describe("apply of other names", () => {
  it("changes an address once, leaves none behind, and passes names on from one to the next", async () => {
    const other = await sceneOf()
    try {
      const file = join(other.place.directory, "people.csv")
      const applied = async (...numbers: ReadonlyArray<number>) => {
        const rows = numbers.map((number, at) => `r${at},r${number}@example.com,R,Crew`)
        writeFileSync(file, ["id,email,last,team", ...rows].join("\n"))
        return other.apply(file, "--yes")
      }
      assert.strictEqual((await applied(1, 2, 3)).code, 0)
      const moved = await applied(2, 3, 4)
      assert.strictEqual(moved.code, 0, moved.stdout)
      assert.match(moved.stdout, /^✓ Changes: 3 done$/m)
      assert.include((await applied(2, 3, 4)).stdout, "Plan: nothing to do")
      const { stdout } = await other.loom("users", "list", "--filter", 'externalId eq "r0"', "--jsonl")
      assert.deepStrictEqual(JSON.parse(stdout).emails, [{ value: "r2@example.com", type: "work", primary: true }])
    } finally {
      await other.place.close()
    }
  })
})

describe("a plan that was saved", () => {
  it("is carried out as it is, and refused once the workspace has moved", async () => {
    const file = `${scene.place.directory}/plan.json`
    const made = await scene.plan(scene.people(1, 31), "--save", file)
    assert.strictEqual(made.code, 2, made.stderr)
    const applied = await scene.loom("apply", "--plan", file, "--yes")
    assert.strictEqual(applied.code, 0, applied.stdout + applied.stderr)
    assert.match(applied.stdout, /^✓ Creations: 3 done$/m)
    const { users } = await scene.state()
    const moved = await scene.loom("apply", "--plan", file, "--yes")
    assert.strictEqual(moved.code, 4)
    assert.match(moved.stdout, /^ {2}! create p29@example\.com: another \(\S+\) is in the way/m)
    assert.include(moved.stderr, "loom-scim plan --save")
    assert.strictEqual((await scene.state()).users, users)
  })
  it("is judged by its own policy, which nobody edits, or by the one that is given beside it", async () => {
    const file = `${scene.place.directory}/one-leaves.json`
    const policy = `${scene.place.directory}/nobody-leaves.yaml`
    await scene.plan(scene.people(2, 31), "--save", file)
    const missing = await scene.loom("apply", "--plan", file, "--policy", policy, "--yes")
    assert.strictEqual(missing.code, 2)
    assert.include(missing.stderr, "nobody-leaves.yaml")
    writeFileSync(policy, "losses: { count: 0 }\n")
    const held = await scene.loom("apply", "--plan", file, "--policy", policy, "--yes")
    assert.strictEqual(held.code, 6, held.stdout + held.stderr)
    const [, id = ""] = held.stdout.match(/^Run (\d{8}-\d{6}-[a-z0-9]{6})$/m) ?? []
    assert.strictEqual((await scene.loom("reject", id, "--note", "not today")).code, 0)
    const { activeUsers } = await scene.state()
    writeFileSync(file, readFileSync(file, "utf8").replace('"minAdmins":1', '"minAdmins":0'))
    const edited = await scene.loom("apply", "--plan", file, "--yes")
    assert.strictEqual(edited.code, 2)
    assert.include(edited.stderr, "was changed after it was saved")
    assert.strictEqual((await scene.state()).activeUsers, activeUsers)
  })
  it("takes no source beside it", async () => {
    const { code, stderr } = await scene.loom("apply", "--plan", "plan.json", "--source", "people.csv")
    assert.strictEqual(code, 2)
    assert.include(stderr, "leave out --source")
    assert.strictEqual((await scene.loom("apply", "--yes")).code, 2)
  })
})

describe("what the guard holds", () => {
  const held = async () => {
    const { code, stdout } = await scene.apply(scene.people(13, 31), "--yes")
    assert.strictEqual(code, 6, stdout)
    assert.match(stdout, /^Waits for a decision:\n {2}12 of \d+ people we manage would lose access/m)
    const [, id = ""] = stdout.match(/Allow it: loom-scim allow (\S+)/) ?? []
    return id
  }
  it("ends when it is rejected, and nobody loses anything", async () => {
    const { activeUsers } = await scene.state()
    const id = await held()
    const { code, stdout } = await scene.loom("reject", id, "--note", "the export was cut off")
    assert.strictEqual(code, 0)
    assert.include(stdout, "rejected by")
    // There is nothing that retry would do.
    assert.notInclude(stdout, "loom-scim retry")
    assert.strictEqual((await scene.state()).activeUsers, activeUsers)
    assert.strictEqual((await scene.loom("allow", id, "--note", "after all")).code, 3)
  })
  it("goes on at once when it is allowed, and it is known by whom and why", async () => {
    const { activeUsers } = await scene.state()
    const id = await held()
    assert.strictEqual((await scene.loom("allow", id, "--note", " ")).code, 2)
    const steering = await scene.loom("allow", id, "--note", "Lyon was closed", "--as", "Grace\u001b[2J")
    assert.strictEqual(steering.code, 2, steering.stderr)
    assert.include(steering.stderr, "--as must be one line of whole characters")
    assert.strictEqual((await scene.state()).activeUsers, activeUsers)
    const { code, stdout } = await scene.loom("allow", id, "--note", "Lyon was closed", "--as", "Grace Hopper")
    assert.strictEqual(code, 0, stdout)
    assert.match(stdout, /^✓ Departures: 12 done$/m)
    assert.strictEqual((await scene.state()).activeUsers, activeUsers - 12)
    const shown = await scene.loom("runs", "show", id)
    assert.match(shown.stdout, /Decided: allowed by Grace Hopper \(account \S+\) \(cli\) at .*: "Lyon was closed"/)
  })
})

describe("Ctrl-C", () => {
  /** Starts a run and, once the server has a creation before it, sends these signals; yields the end. */
  const interrupted = async (
    source: string,
    signals: ReadonlyArray<NodeJS.Signals>,
    ...more: ReadonlyArray<string>
  ) => {
    await scene.place.control("DELETE", "/requests")
    const args = ["apply", "--source", source, "--mapping", scene.mapping, "--yes", ...more, ...scene.flags]
    const child = spawn(process.execPath, [main, ...args], { env: { PATH: process.env["PATH"] ?? "", LANG: "C" } })
    let said = ""
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (data: string) => {
        said += data
      })
    }
    const ended = new Promise<number | null>((resolve) => {
      child.on("close", resolve)
    })
    while (!JSON.stringify(await scene.place.control("GET", "/requests")).includes('"POST"')) await pause(20)
    for (const signal of signals) {
      child.kill(signal)
      await pause(200)
    }
    return { code: await ended, said }
  }

  it("stops cleanly, says how to go on, and nobody is made twice", async () => {
    const { users } = await scene.state()
    await scene.place.control("POST", "/faults", { kind: "latency", ms: 150, match: { method: "POST" } })
    const { code, said } = await interrupted(scene.people(13, 131), ["SIGINT"])
    await scene.place.control("DELETE", "/faults")
    assert.strictEqual(code, 130, said)
    assert.include(said, "loom-scim: stopping; Ctrl-C again ends at once")
    assert.match(said, /of acme: paused: it was stopped after/)
    assert.match(said, /Go on: loom-scim resume \S+/)
    assert.isBelow((await scene.state()).users, users + 100)
    const resumed = await scene.loom("resume")
    assert.strictEqual(resumed.code, 0, resumed.stdout + resumed.stderr)
    assert.strictEqual((await scene.state()).users, users + 100)
  })

  it("pressed twice ends at once, and the run still goes on where it was", async () => {
    const { users } = await scene.state()
    await scene.place.control("POST", "/faults", { kind: "hang", match: { method: "POST" } })
    const { code, said } = await interrupted(scene.people(13, 151), ["SIGINT", "SIGINT"])
    await scene.place.control("DELETE", "/faults")
    assert.strictEqual(code, 130, said)
    assert.include(said, "ended at once; let the run go on with: loom-scim resume")
    assert.match((await scene.loom("runs", "--unfinished")).stdout, /not over {2}\d+\/0\/\d+$/m)
    const resumed = await scene.loom("resume")
    assert.strictEqual(resumed.code, 0, resumed.stdout + resumed.stderr)
    assert.strictEqual((await scene.state()).users, users + 20)
  })

  it("means the same as the end of the terminal, for scripts with the report and the reason as JSON", async () => {
    await scene.place.control("POST", "/faults", { kind: "latency", ms: 150, match: { method: "POST" } })
    const { code, said } = await interrupted(scene.people(13, 161), ["SIGHUP"], "--json")
    await scene.place.control("DELETE", "/faults")
    assert.strictEqual(code, 130, said)
    const lines: ReadonlyArray<unknown> = said
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
    const report = lines.find((line) => Reflect.get(Object(line), "_tag") === "RunReport")
    assert.nestedPropertyVal(report, "run.status.reason", "interrupted")
    assert.nestedPropertyVal(lines.at(-1), "error.reason", "Interrupted")
    assert.strictEqual((await scene.loom("resume")).code, 0)
  })

  it("pressed twice says so to scripts as JSON", async () => {
    await scene.place.control("POST", "/faults", { kind: "hang", match: { method: "POST" } })
    const { code, said } = await interrupted(scene.people(13, 166), ["SIGINT", "SIGINT"], "--json")
    await scene.place.control("DELETE", "/faults")
    assert.strictEqual(code, 130, said)
    const last: unknown = JSON.parse(said.trim().split("\n").at(-1) ?? "")
    assert.nestedPropertyVal(last, "error.reason", "EndedAtOnce")
    assert.strictEqual((await scene.loom("resume")).code, 0)
  })
})

it("never showed the token", async () => {
  assert.isAbove(scene.outputs().length, 1000)
  assert.notInclude(scene.outputs(), token)
  const { stdout } = await run(["apply", "--help"])
  assert.include(stdout, "130 after Ctrl-C")
})
