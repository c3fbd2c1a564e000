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

const edit = (file: string, change: (text: string) => string) => writeFileSync(file, change(readFileSync(file, "utf8")))

/** Starts a watch; `seen` waits until it has said something, and fails with all it said when it never does. */
const watching = (source: string, ...args: ReadonlyArray<string>) => {
  const all = ["watch", "--source", source, "--mapping", scene.mapping, ...args, ...scene.flags]
  const child = spawn(process.execPath, [main, ...all], { env: { PATH: process.env["PATH"] ?? "", LANG: "C.UTF-8" } })
  let said = ""
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (data: string) => {
      said += data
    })
  }
  const ended = new Promise<number | null>((resolve) => {
    child.on("close", resolve)
  })
  return {
    child,
    said: () => said,
    seen: async (what: RegExp, times = 1) => {
      for (let tries = 0; tries < 1500; tries++) {
        if ([...said.matchAll(new RegExp(what, "gm"))].length >= times) return
        await pause(20)
      }
      throw new Error(`it never said ${what} ${times} times, but:\n${said}`)
    },
    end: async (how: NodeJS.Signals = "SIGINT") => {
      child.kill(how)
      return await ended
    }
  }
}

const requests = async () => JSON.stringify(await scene.place.control("GET", "/requests"))

const people = (name: string, first: number, last: number) => {
  const file = join(scene.place.directory, `${name}.csv`)
  writeFileSync(file, readFileSync(scene.people(first, last)))
  return file
}

describe("watch", () => {
  it("brings everybody, then only who changed, asks the server nothing in between, and ends cleanly", async () => {
    const file = people("watched", 1, 12)
    const { users } = await scene.state()
    const watch = watching(file, "--every", "1s")
    await watch.seen(/everybody: 12 create, 1 create a group/)
    await watch.seen(/changes: nothing to do; 12 unchanged/)
    await scene.place.control("DELETE", "/requests")
    await watch.seen(/changes: nothing to do; 12 unchanged/, 3)
    assert.deepEqual(await requests(), '{"requests":[]}')
    edit(file, (text) => text.replace("Q3,", "Curie,"))
    await watch.seen(/changes: 1 update; 11 unchanged\n {2}Run \S+ of acme: completed/)
    assert.include(await requests(), '"PATCH"')
    assert.strictEqual((await scene.state()).users, users + 12)
    assert.strictEqual(await watch.end(), 130)
    assert.match(watch.said(), /^Watching \S+ for acme: changes every 1s, everybody every 24h\.$/m)
  })

  it("compares everybody when it is signalled", async () => {
    const watch = watching(people("signalled", 1, 12), "--every", "1h")
    await watch.seen(/^\S+ (?:changes|everybody): /)
    assert.notMatch(watch.said(), /everybody: /)
    watch.child.kill("SIGUSR2")
    await watch.seen(/everybody: /)
    assert.strictEqual(await watch.end("SIGTERM"), 130)
  })

  it("says what is wrong with a source, goes on, and takes nobody for gone meanwhile", async () => {
    const file = people("broken", 1, 12)
    const { activeUsers } = await scene.state()
    const watch = watching(file, "--every", "1s", "--json")
    await watch.seen(/"_tag":"(?:Unchanged|Ran)"/)
    edit(file, (text) => text.replace("e12,p12", 'e12,"p12'))
    await watch.seen(/"_tag":"Failed".*"reason":"SourceFailure"/)
    edit(file, (text) => text.replace('"p12', "p12"))
    const before = watch.said().length
    await watch.seen(/"_tag":"Unchanged"/, [...watch.said().matchAll(/"_tag":"Unchanged"/g)].length + 1)
    assert.isAbove(watch.said().length, before)
    assert.strictEqual((await scene.state()).activeUsers, activeUsers)
    assert.strictEqual(await watch.end(), 130)
    for (const line of watch.said().trim().split("\n")) assert.isObject(JSON.parse(line))
  })

  it("says once that the guard holds a run, and another command can decide while it goes on", async () => {
    const file = people("held", 1, 40)
    const watch = watching(file, "--every", "1s")
    await watch.seen(/28 create/)
    await watch.seen(/changes: nothing to do; 40 unchanged/)
    const { activeUsers } = await scene.state()
    writeFileSync(file, readFileSync(scene.people(1, 20)))
    await watch.seen(/Allow it: loom-scim allow (\S+)/)
    await pause(2500)
    assert.strictEqual([...watch.said().matchAll(/not begun, since a run is not over/g)].length, 0)
    assert.strictEqual((await scene.state()).activeUsers, activeUsers)
    const [, id = ""] = watch.said().match(/Allow it: loom-scim allow (\S+)/) ?? []
    // The directory is free between two turns; who meets one is told so, and comes again.
    let code: number | null = 5
    for (let tries = 0; tries < 20 && code === 5; tries++) {
      code = (await scene.loom("allow", id, "--note", "Lyon was closed")).code
    }
    assert.strictEqual(code, 0)
    await watch.seen(/changes: nothing to do; 20 already inactive; 20 unchanged/)
    assert.strictEqual((await scene.state()).activeUsers, activeUsers - 20)
    assert.strictEqual(await watch.end(), 130)
  })

  it("stops a run cleanly with Ctrl-C, and the next watch goes on with it", async () => {
    const file = people("stopped", 1, 140)
    const { users } = await scene.state()
    await scene.place.control("DELETE", "/requests")
    await scene.place.control("POST", "/faults", { kind: "latency", ms: 200, match: { method: "POST" } })
    const watch = watching(file, "--every", "1h")
    while (!(await requests()).includes('"POST"')) await pause(20)
    assert.strictEqual(await watch.end(), 130)
    await scene.place.control("DELETE", "/faults")
    assert.match(watch.said(), /^Run \S+ was stopped\. It goes on with the next watch/m)
    assert.isBelow((await scene.state()).users, users + 100)
    const next = watching(file, "--every", "1h")
    await next.seen(/went on: run \S+: completed/)
    await next.seen(/^\S+ (?:changes|everybody): (?!.*create)/)
    assert.strictEqual((await scene.state()).users, users + 100)
    assert.strictEqual(await next.end(), 130)
  })

  it("asks the server nothing after an apply of the same source, whether that had anything to do or not", async () => {
    const file = people("applied", 1, 140)
    const asksNothing = async () => {
      await scene.place.control("DELETE", "/requests")
      const watch = watching(file, "--every", "1h")
      await watch.seen(/^\S+ changes: nothing to do; 140 unchanged$/)
      assert.strictEqual(await watch.end(), 130)
      assert.deepEqual(await requests(), '{"requests":[]}')
    }
    edit(file, (text) => text.replace("Q5,", "Hopper,"))
    const applied = await scene.apply(file, "--yes")
    assert.strictEqual(applied.code, 0, applied.stdout + applied.stderr)
    assert.include(applied.stdout, "Changes: 1 done")
    await asksNothing()
    // A plan from a file knows nothing of what it sends; comparing everybody afterwards finds out.
    const plan = join(scene.place.directory, "applied.json")
    edit(file, (text) => text.replace("Q6,", "Turing,"))
    assert.strictEqual((await scene.plan(file, "--save", plan)).code, 2)
    assert.strictEqual((await scene.loom("apply", "--plan", plan, "--yes")).code, 0)
    const again = await scene.apply(file, "--yes")
    assert.include(again.stdout, "Nothing to do.")
    await asksNothing()
  })

  it("refuses what can be read only once, and what is no time", async () => {
    const stdin = await scene.loom("watch", "--source", "-", "--mapping", scene.mapping)
    assert.strictEqual(stdin.code, 2)
    assert.include(stdin.stderr, "only once")
    for (const every of ["0s", "15", "1 fortnight", "-1m"]) {
      const { code, stderr } = await scene.loom("watch", `--every=${every}`, "--mapping", scene.mapping)
      assert.strictEqual(code, 2)
      assert.include(stderr, "--every is a time such as")
    }
  })
})

describe("provision", () => {
  const provision = (file: string, person: string, ...args: ReadonlyArray<string>) =>
    scene.loom("provision", "--source", file, "--mapping", scene.mapping, ...args, person)

  it("shows the way, the decision and the requests, and sends nothing with --dry-run", async () => {
    const file = people("one", 1, 143)
    const before = await scene.state()
    await scene.place.control("DELETE", "/requests")
    const { code, stdout } = await provision(file, "p141@example.com", "--dry-run")
    assert.strictEqual(code, 0, stdout)
    assert.include(stdout, 'userName: field email -> "p141@example.com"')
    assert.include(stdout, "+ p141@example.com (line 142): in the source, not on the server")
    assert.match(stdout, /^POST http:\S+\/Users$/m)
    assert.match(stdout, /^PATCH http:\S+\/Groups\/\S+$/m)
    assert.include(stdout, "Authorization: Bearer (not shown)")
    assert.include(stdout, '"externalId": "e141"')
    assert.notMatch(await requests(), /"(?:POST|PATCH)"/)
    assert.deepStrictEqual(await scene.state(), before)
  })

  it("does not begin without a yes", async () => {
    const before = await scene.state()
    const { code, stderr } = await provision(people("one", 1, 143), "e141")
    assert.strictEqual(code, 2)
    assert.include(stderr, "--yes")
    assert.deepStrictEqual(await scene.state(), before)
  })

  it("does it with --yes, for that person only, by key, and has nothing to do afterwards", async () => {
    const file = people("one", 1, 143)
    const { users } = await scene.state()
    const { code, stdout } = await provision(file, "e141", "--yes")
    assert.strictEqual(code, 0, stdout)
    assert.match(stdout, /of acme: completed after/)
    assert.strictEqual((await scene.state()).users, users + 1)
    assert.include((await scene.loom("runs")).stdout, "provision")
    const again = await provision(file, "p141@example.com", "--yes")
    assert.strictEqual(again.code, 0)
    assert.include(again.stdout, "Nothing to do.")
  })

  it("exits 4 when the source was not read to its end, whether it sends or only shows", async () => {
    const cut = people("cut", 1, 143)
    writeFileSync(cut, `${readFileSync(cut, "utf8")}\n"e144,p144@example.com`)
    for (const flag of ["--dry-run", "--yes"]) {
      const { code, stderr, stdout } = await provision(cut, "e141", flag)
      assert.strictEqual(code, 4, stdout)
      assert.include(stderr, "The source was not read to its end")
    }
  })

  it("as JSON says it all on lines", async () => {
    const { code, stderr, stdout } = await provision(people("one", 1, 143), "e142", "--yes", "--json")
    assert.strictEqual(code, 0, stderr)
    const lines = stdout
      .trim()
      .split("\n")
      .map((line): Record<string, unknown> => JSON.parse(line))
    const [first] = lines
    assert.strictEqual(first?.["_tag"], "Provision")
    assert.sameMembers(Object.keys(first ?? {}), [
      "_tag",
      "failure",
      "judgement",
      "plan",
      "requests",
      "source",
      "traces"
    ])
    assert.strictEqual(lines.at(-1)?.["_tag"], "RunReport")
  })

  it("takes the access of one who left", async () => {
    const { activeUsers } = await scene.state()
    const { code, stdout } = await provision(people("fewer", 1, 141), "e142", "--yes")
    assert.strictEqual(code, 0, stdout)
    assert.include(stdout, "No longer in ")
    assert.strictEqual((await scene.state()).activeUsers, activeUsers - 1)
  })

  it("guesses nothing: who fits nobody or several is an error that names the places", async () => {
    const file = people("twins", 1, 143)
    assert.strictEqual((await provision(file, "nobody@example.com", "--yes")).code, 3)
    edit(file, (text) => text.replace("e142,p142@example.com", "e142,p143@example.com"))
    const { code, stderr } = await provision(file, "p143@example.com", "--yes")
    assert.strictEqual(code, 3)
    assert.include(stderr, "fits several people: line 143, line 144")
  })
})

it("never showed the token", async () => {
  assert.isAbove(scene.outputs().length, 1000)
  assert.notInclude(scene.outputs(), token)
  assert.include((await run(["watch", "--help"])).stdout, "USR2")
})
