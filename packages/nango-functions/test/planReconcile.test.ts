import { assert, describe, it } from "vitest"
import { failsWell } from "./support/failures.ts"
import { harness } from "./support/harness.ts"
import { reconciling } from "./support/reconciling.ts"

const at = await harness()
const { apply, plan, team, writes } = reconciling(at)

describe("plan-reconcile", () => {
  it("says what would be done and why, and changes nothing", async () => {
    const [first, ...others] = team(4)
    await apply({ people: [first, ...others] })
    at.connection.calls.length = 0
    const before = structuredClone(at.connection.metadata)
    const answer = await plan({
      people: [{ ...first, familyName: "King" }, ...others.slice(0, 2), ...team(5).slice(4)]
    })
    assert.deepInclude(answer, { total: 3, shown: 3, isTruncated: false, withheld: [] })
    assert.deepStrictEqual(answer.counts, { Create: 1, Deactivate: 1, Update: 1 })
    assert.deepStrictEqual(answer["guard"], { verdict: "clear", reasons: [] })
    const [update] = Object(answer["actions"])
    assert.deepInclude(update, { action: "Update", reason: "differs", why: "differs from the source" })
    assert.deepStrictEqual(update.changes, [{ path: "name.familyName", before: "Q0", after: "King" }])
    assert.lengthOf(writes(), 0)
    assert.deepStrictEqual(at.connection.metadata, before)
  })

  it("takes nobody for gone when the list is not whole, and says so", async () => {
    await apply({ people: team(3) })
    await at.fault({ kind: "lyingTotal", total: 9, match: { pathIncludes: "/Users" } })
    const answer = await plan({ people: team(1) })
    assert.deepStrictEqual(answer["withheld"], [{ reason: "usersIncomplete", detail: "emptyPageBeforeTotal" }])
    assert.deepStrictEqual(answer.counts, {})
  })

  it("lists as many actions as Nango lets through, and says that there are more", async () => {
    const people = team(4000).map((person) => ({ ...person, userName: `${"n".repeat(300)}${person.email}` }))
    const answer = await plan({ people })
    assert.deepInclude(answer, { total: 4000, isTruncated: true })
    assert.isBelow(Number(answer["shown"]), 4000)
    assert.isAbove(Number(answer["shown"]), 2500)
    assert.lengthOf(Object(answer["actions"]), Number(answer["shown"]))
    assert.deepStrictEqual(answer.counts, { Create: 4000 })
    assert.isBelow(Buffer.byteLength(JSON.stringify(answer)), 2_000_000)
    assert.match(String(answer["next"]), /Not every action is listed/)
  })

  it("wants to know how people leave", async () => {
    const { failure } = await at.action("plan-reconcile", { people: team(1) })
    assert.deepInclude(failure, { type: "policy_missing" })
    assert.lengthOf(at.connection.calls, 0)
  })

  failsWell(at, "plan-reconcile", () => ({ people: team(1), policy: "deactivate" }))
})
