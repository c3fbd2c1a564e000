import { assert, describe, it } from "vitest"
import { failsWell } from "./support/failures.ts"
import { harness } from "./support/harness.ts"
import { reconciling } from "./support/reconciling.ts"

const at = await harness()
const { apply, listed, team } = reconciling(at)

describe("a server that fails while it is changed", () => {
  const hour = 3600
  const cases = {
    "401": [{ kind: "status", status: 401, echoToken: true }, { type: "unauthorized" }],
    "403": [{ kind: "status", status: 403 }, { type: "forbidden" }],
    "429 with seconds": [
      { kind: "rateLimit", seconds: hour },
      { type: "rate_limited", retryAfterSeconds: hour }
    ],
    "429 with a date": [{ kind: "rateLimit", retryAfter: "date", seconds: hour }, { type: "rate_limited" }]
  } as const
  for (const [title, [fault, told]] of Object.entries(cases)) {
    it(`${title}: is told, and the next call goes on`, async () => {
      const people = team(3)
      await at.fault({ ...fault, match: { method: "POST" } })
      const { failure } = await at.action("apply-reconcile", { people, policy: "deactivate" })
      assert.deepInclude(failure, told)
      assert.notInclude(JSON.stringify([failure, at.connection.metadata]), at.connection.token)
      assert.deepStrictEqual(at.connection.checkpoints.value, { until: 0 })
      const kept = at.connection.metadata
      await at.reset()
      at.connection.metadata = kept
      assert.deepInclude(await apply({ people }), { status: "completed", planned: 3 })
      assert.lengthOf(await listed("/Users"), 3)
    })
  }

  it("waits when it is asked for a moment, and then does it", async () => {
    await at.fault({ kind: "rateLimit", retryAfter: "none", times: 1, match: { method: "POST" } })
    assert.deepInclude(await apply({ people: team(1) }), { status: "completed", planned: 1 })
  })

  it("keeps neither names nor addresses in the metadata, but the keys by id", async () => {
    await apply({ people: team(2), maxActions: 1 })
    const { loomScimManaged, ...others } = at.connection.metadata
    assert.notInclude(JSON.stringify(others), "example.com")
    assert.lengthOf(Object.keys(Object(loomScimManaged).Users), 1)
  })
})

describe("a server that fails before", () => {
  failsWell(at, "apply-reconcile", () => ({ people: team(1), policy: "deactivate" }))
})
