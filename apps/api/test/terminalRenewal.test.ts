/** A renewed token, given to a server by the command that set the connection up. */
import { afterAll, assert, describe, it } from "@effect/vitest"
import { join } from "node:path"
import { connected, token } from "../../tui/test/support/connected.ts"
import { closeAll, closing } from "./support/api.ts"
import { over, serverOf } from "./support/sides.ts"

describe("setup over a server", () => {
  afterAll(closeAll)

  it("takes a renewed token, and keeps the old one where the new one is refused", async () => {
    const place = await connected(1)
    closing(place.close)
    const { base, key = "" } = await serverOf(place)
    const remote = over(base, key)
    const setup = (given: string) =>
      remote(["setup", "--answers", join(place.directory, "answers.yaml")], { LOOM_SCIM_TOKEN: given })
    const same = await setup(token)
    assert.strictEqual(same.code, 0, same.stdout + same.stderr)
    assert.notInclude(same.stdout, "Bearer token")
    const answer = await place.control("POST", "/token", { action: "rotate" })
    const renewed = Object.values(Object(answer)).join("")
    const wrong = await setup("tok_that-nobody-has-ever-given")
    assert.strictEqual(wrong.code, 4, wrong.stdout + wrong.stderr)
    assert.include(wrong.stdout, "The new token was not taken over")
    assert.strictEqual((await remote(["users", "list"])).code, 3)
    const right = await setup(renewed)
    assert.strictEqual(right.code, 0, right.stdout + right.stderr)
    assert.match(right.stdout, /Bearer token: fingerprint [0-9a-f]{12}, taken/)
    assert.strictEqual((await remote(["users", "list"])).code, 0)
  }, 60_000)
})
