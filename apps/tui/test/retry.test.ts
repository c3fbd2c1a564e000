import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { type Scene, sceneOf } from "./support/scene.ts"

let scene: Scene

beforeAll(async () => {
  scene = await sceneOf()
})
afterAll(() => scene.place.close())

const applied = (...lastNames: ReadonlyArray<string>) => {
  const file = join(scene.place.directory, "retry.csv")
  const rows = lastNames.flatMap((last, at) => (last === "" ? [] : [`r${at},r${at}@example.com,${last},`]))
  writeFileSync(file, ["id,email,last,team", ...rows].join("\n"))
  return scene.apply(file, "--yes")
}

/** The run in which the server refuses every change. */
const refused = async (...lastNames: ReadonlyArray<string>) => {
  const match = { method: "PATCH", pathIncludes: "/Users" }
  await scene.place.control("POST", "/faults", { kind: "status", status: 400, detail: "no", match })
  const { code, stdout } = await applied(...lastNames)
  await scene.place.control("DELETE", "/faults")
  assert.strictEqual(code, 4, stdout)
  return stdout.match(/^Run (\S+)$/m)?.[1] ?? ""
}

const userOf = async (number: number) => (await scene.loom("users", "get", `r${number}@example.com`)).stdout

describe("retry", () => {
  it("shuts nobody out who is in the source again, even where the plan that saw them had nothing to do", async () => {
    await applied("A", "B", "C", "D", "E")
    const run = await refused("A", "B", "C", "D", "")
    const back = await applied("A", "B", "C", "D", "E")
    assert.include(back.stdout, "Nothing to do.")
    const { code, stderr, stdout } = await scene.loom("retry", run, "--yes")
    assert.match(stdout, /^Not tried; plan again with loom-scim apply \(1\):$/m)
    assert.match(stdout, /^ {2}! deactivate r4@example\.com: a later plan looked at it anew/m)
    assert.include(stdout, "Nothing to do.")
    assert.include(stderr, "1 of what run")
    assert.strictEqual(code, 4)
    assert.include(await userOf(4), '"active": true')
  })

  it("brings back no old values, neither after a later run nor after a change by hand, and says so", async () => {
    const run = await refused("A", "OLD", "C", "D", "OLD")
    await scene.loom("users", "update", "r4@example.com", "--set", "name.familyName=HAND")
    const moved = await scene.loom("retry", run)
    assert.match(
      moved.stdout,
      /^ {2}! update r4@example\.com \(name\.familyName\): it was changed again since the run/m
    )
    assert.match(moved.stdout, /^Plan: 1 update/m)
    await applied("A", "NEW", "C", "D", "NEW")
    const { code, stdout } = await scene.loom("retry", run, "--yes")
    assert.strictEqual(code, 4, stdout)
    assert.include(stdout, "Nothing to do.")
    assert.include(await userOf(1), '"NEW"')
    assert.include(await userOf(4), '"NEW"')
  })

  it("has nothing left to do once it was done", async () => {
    const run = await refused("A", "LAST", "C", "D", "LAST")
    const first = await scene.loom("retry", run, "--yes")
    assert.strictEqual(first.code, 0, first.stdout + first.stderr)
    assert.include(await userOf(1), '"LAST"')
    const second = await scene.loom("retry", run, "--yes")
    assert.strictEqual(second.code, 0, second.stdout + second.stderr)
    assert.include(second.stdout, "Nothing to do.")
  })

  it("is refused while an earlier one is not over", async () => {
    const run = await refused("A", "ONE", "C", "D", "ONE")
    await scene.place.control("POST", "/faults", { kind: "status", status: 401, match: { method: "PATCH" } })
    assert.strictEqual((await scene.loom("retry", run, "--yes")).code, 7)
    await scene.place.control("DELETE", "/faults")
    const second = await scene.loom("retry", run, "--yes")
    assert.strictEqual(second.code, 3, second.stdout)
    assert.include(second.stderr, "is not over")
    assert.strictEqual((await scene.loom("resume")).code, 0)
    assert.include((await scene.loom("retry", run, "--yes")).stdout, "Nothing to do.")
  })
})
