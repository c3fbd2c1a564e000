import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { join } from "node:path"
import { token } from "./support/connected.ts"
import { run } from "./support/run.ts"
import { type Scene, sceneOf } from "./support/scene.ts"

let scene: Scene
let renewed = ""

beforeAll(async () => {
  scene = await sceneOf()
})
afterAll(() => scene.place.close())

const setup = (given: string) => {
  const args = ["setup", "--answers", join(scene.place.directory, "answers.yaml"), ...scene.flags]
  return run(args, { env: { LOOM_SCIM_TOKEN: given } })
}

describe("a token that was renewed", () => {
  it("is named as the way out by the run that pauses, taken by setup, and the run goes on with it", async () => {
    await scene.place.control("POST", "/faults", { kind: "status", status: 401, match: { method: "POST" } })
    const paused = await scene.apply(scene.people(1, 3), "--yes")
    await scene.place.control("DELETE", "/faults")
    assert.strictEqual(paused.code, 7, paused.stdout + paused.stderr)
    assert.include(paused.stdout, "Give it to loom-scim setup")
    renewed = Object.values(Object(await scene.place.control("POST", "/token", { action: "rotate" }))).join("")
    assert.strictEqual((await scene.loom("resume")).code, 7)
    const { code, stderr, stdout } = await setup(renewed)
    assert.strictEqual(code, 0, stdout + stderr)
    assert.match(stdout, /^\S+ 4 Credentials +Bearer token: fingerprint [0-9a-f]{12}, taken/m)
    assert.match(stdout, /is connected\.$/m)
    const resumed = await scene.loom("resume")
    assert.strictEqual(resumed.code, 0, resumed.stdout + resumed.stderr)
  })

  it("is left where the server does not take it, and nothing is lost", async () => {
    const wrong = await setup(token)
    assert.strictEqual(wrong.code, 4, wrong.stdout + wrong.stderr)
    assert.include(wrong.stdout, "The new token was not taken over")
    assert.include(wrong.stdout, "The old token is still in place.")
    assert.strictEqual((await scene.loom("status")).code, 0)
    assert.strictEqual((await scene.loom("users", "list")).code, 0)
  })

  it("is taken once: the same one again changes nothing", async () => {
    const again = await setup(`Bearer ${renewed}`)
    assert.strictEqual(again.code, 0, again.stdout + again.stderr)
    assert.notInclude(again.stdout, "Bearer token")
  })
})
