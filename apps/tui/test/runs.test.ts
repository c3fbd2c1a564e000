import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { token } from "./support/connected.ts"
import { type Scene, sceneOf } from "./support/scene.ts"

let scene: Scene
/** A run of ten creations of which two failed. */
let failed = ""

const idIn = (text: string): string => text.match(/\d{8}-\d{6}-[a-z0-9]{6}/)?.[0] ?? ""

const refusing = async (times: number, use: () => Promise<void>) => {
  const match = { method: "POST", pathIncludes: "/Users" }
  await scene.place.control("POST", "/faults", { kind: "status", status: 400, detail: "No | thanks", times, match })
  await use()
  await scene.place.control("DELETE", "/faults")
}

beforeAll(async () => {
  scene = await sceneOf()
  await refusing(2, async () => {
    const { code, stdout } = await scene.apply(scene.people(1, 10), "--yes")
    assert.strictEqual(code, 4, stdout)
    failed = idIn(stdout)
  })
})
afterAll(() => scene.place.close())

describe("runs", () => {
  it("are listed with who began them and how they stand", async () => {
    const { code, stdout } = await scene.loom("runs")
    assert.strictEqual(code, 0)
    const [header, row, ...others] = stdout.trim().split("\n")
    assert.match(header ?? "", /^run +connection +kind +started +by +status +done\/failed\/left$/)
    assert.match(row ?? "", new RegExp(`^${failed} +acme +reconcile +\\S+ \\S+ +\\S+ \\(cli\\) +completed +8/3/0$`))
    assert.deepStrictEqual(others, [])
    const json = await scene.loom("runs", "--json", "--connection", "acme")
    assert.nestedPropertyVal(JSON.parse(json.stdout), "[0].run.id", failed)
    assert.include((await scene.loom("runs", "--unfinished")).stdout, "Every run is over.")
    assert.strictEqual((await scene.loom("runs", "--connection", "nowhere")).code, 3)
  })

  it("are shown with their counts, and what was not done with its reason and next step", async () => {
    const { code, stdout } = await scene.loom("runs", "show", failed)
    assert.strictEqual(code, 0)
    assert.include(stdout, `Run ${failed} of acme: completed`)
    assert.include(stdout, "The guard held nothing")
    assert.match(stdout, /^ {2}Creations +8 +0 +2 +0 +0$/m)
    assert.match(
      stdout,
      /^X failed {4}create p\d+@example\.com \(line \d+\): POST \/Users: .*\n {4}No \| thanks\n {4}\S.+$/m
    )
    assert.match(stdout, /^\? doubtful {2}create a group Crew/m)
    assert.notInclude(stdout, "✓ done")
    assert.include(stdout, "8 more are not listed here; see them with --state all")
    assert.include(stdout, `Try that again: loom-scim retry ${failed}`)
  })

  it("are shown as far as a person asks, the newest when none is named", async () => {
    const done = await scene.loom("runs", "show", "--state", "done")
    assert.strictEqual(done.stdout.match(/^✓ done +create p\d+@example\.com/gm)?.length, 8)
    assert.notInclude(done.stdout, "X failed")
    const all = await scene.loom("runs", "show", failed, "--state", "all")
    assert.notInclude(all.stdout, "not listed here")
    const wrong = await scene.loom("runs", "show", failed, "--state", "done,lost")
    assert.strictEqual(wrong.code, 2)
    assert.include(wrong.stderr, '"lost" is no state')
  })

  it("are shown as JSON with their items, and as Markdown in which nobody's words are Markdown", async () => {
    const { stdout } = await scene.loom("runs", "show", failed, "--state", "all", "--json")
    const report = JSON.parse(stdout)
    assert.strictEqual(report.items.length, 11)
    assert.strictEqual(report.run.status._tag, "Completed")
    assert.strictEqual(report.items.filter((item: { readonly state: string }) => item.state === "failed").length, 2)
    const none = JSON.parse((await scene.loom("runs", "show", failed, "--state", "planned", "--json")).stdout)
    assert.deepStrictEqual(none.items, [])
    const markdown = await scene.loom("runs", "show", failed, "--markdown")
    assert.match(markdown.stdout, /^# Run /)
    assert.match(markdown.stdout, /^\| Creations \| 8 \| 0 \| 2 \| 0 \| 0 \|$/m)
    assert.match(markdown.stdout, /^\| failed \| create \| p\d+@example\.com \| .*No \\\| thanks \| .+ \|$/m)
  })

  it("that there are none of are refused by every command, with 2 for what is no id and 3 for an unknown one", async () => {
    for (const args of [
      ["runs", "show"],
      ["resume"],
      ["cancel"],
      ["retry", "--yes"],
      ["undo", "--yes"],
      ["allow", "--note", "x"],
      ["reject", "--note", "x"]
    ]) {
      const wrong = await scene.loom(...args, "nonsense")
      assert.strictEqual(wrong.code, 2, args.join(" "))
      const unknown = await scene.loom(...args, "20200101-000000-aaaaaa")
      assert.strictEqual(unknown.code, 3, args.join(" "))
      assert.include(unknown.stderr, "There is no run")
    }
  })
})

describe("cancel", () => {
  it("ends a paused run; what was not tried can be retried, and what is over cannot be cancelled", async () => {
    const { users } = await scene.state()
    await scene.place.control("POST", "/faults", { kind: "status", status: 401, match: { method: "POST" } })
    const paused = await scene.apply(scene.people(1, 16), "--yes")
    await scene.place.control("DELETE", "/faults")
    assert.strictEqual(paused.code, 7)
    const id = idIn(paused.stdout.split("\n").find((line) => line.startsWith("Run ")) ?? "")
    assert.strictEqual((await scene.loom("retry", id, "--yes")).code, 3)
    const { code, stdout } = await scene.loom("cancel", id)
    assert.strictEqual(code, 0, stdout)
    assert.match(stdout, /cancelled by \S+ \(cli\) after/)
    assert.match(stdout, /not tried/)
    assert.strictEqual((await scene.state()).users, users)
    assert.match(
      (await scene.loom("runs", "show", id)).stdout,
      /^! not tried create p\d+@example\.com .*: the run was cancelled$/m
    )
    assert.strictEqual((await scene.loom("cancel", id)).code, 3)
    const retried = await scene.loom("retry", id, "--yes")
    assert.strictEqual(retried.code, 0, retried.stdout + retried.stderr)
    assert.strictEqual((await scene.state()).users, users + 8)
  })
})

describe("undo", () => {
  it("puts back what a run did, once, and says what cannot be put back", async () => {
    await scene.apply(scene.people(1, 16), "--yes")
    const changed = await scene.apply(scene.people(1, 16, "R"), "--yes")
    assert.strictEqual(changed.code, 0, changed.stdout + changed.stderr)
    const id = idIn(changed.stdout.split("\n").find((line) => line.startsWith("Run ")) ?? "")
    await scene.loom("users", "update", "p3@example.com", "--set", "name.familyName=Changed")
    const asked = await scene.loom("undo", id)
    assert.strictEqual(asked.code, 2)
    assert.match(asked.stdout, /^ {2}! update p3@example\.com .*: it was changed again since the run/m)
    const undone = await scene.loom("undo", id, "--yes")
    assert.strictEqual(undone.code, 4, undone.stdout + undone.stderr)
    assert.include(undone.stderr, "1 of what run")
    assert.include((await scene.loom("users", "get", "p4@example.com")).stdout, '"Q4"')
    assert.include((await scene.loom("users", "get", "p3@example.com")).stdout, '"Changed"')
    const again = await scene.loom("undo", id, "--yes")
    assert.include(again.stdout, "Nothing to do.")
    const list = await scene.loom("runs", "--limit", "1")
    assert.match(list.stdout, / undo /)
  })
})

it("never showed the token", () => {
  assert.isAbove(scene.outputs().length, 1000)
  assert.notInclude(scene.outputs(), token)
})
