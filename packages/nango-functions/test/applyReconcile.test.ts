import { ExecutionTimeoutSDKError } from "@nangohq/runner-sdk"
import { assert, describe, it } from "vitest"
import { harness } from "./support/harness.ts"
import { reconciling } from "./support/reconciling.ts"

const at = await harness()
const { apply, listed, plan, stopped, team, writes } = reconciling(at)

describe("apply-reconcile", () => {
  it("makes the server have exactly these people and groups", async () => {
    const [ada, bob, cyd] = team(3)
    const answer = await apply({ people: [{ ...ada, groups: ["Design"] }, { ...bob, groups: ["Design"] }, cyd] })
    assert.deepInclude(answer, { status: "completed", planned: 4, later: 0, conflicts: 0, results: [] })
    assert.strictEqual(answer.counts["done"], 4)
    const [design] = await listed("/Groups")
    assert.deepInclude(design, { displayName: "Design", externalId: "Design" })
    assert.lengthOf(Object(design?.["members"]), 2)

    const second = await apply({
      people: [
        { ...ada, groups: ["Design"] },
        { ...bob, active: false, groups: [] }
      ]
    })
    assert.deepInclude(second, { status: "completed", planned: 3 })
    const users = await listed("/Users")
    assert.sameMembers(
      users.flatMap(({ active, externalId }) => (active === true ? [externalId] : [])),
      [ada?.externalId]
    )
    const [left] = await listed("/Groups")
    assert.lengthOf(Object(left?.["members"]), 1)
  })

  it("goes on where the call before ended, and does nothing twice", async () => {
    const people = team(5)
    const states: Array<string> = []
    const runs = new Set<unknown>()
    for (let calls = 0; calls < 3; calls++) {
      const answer = await apply({ people, maxActions: 2 })
      states.push(answer.status)
      runs.add(answer["run"])
    }
    assert.deepStrictEqual(states, ["unfinished", "unfinished", "completed"])
    assert.strictEqual(runs.size, 1)
    assert.lengthOf(writes(), 5)
    at.connection.calls.length = 0
    assert.deepInclude(await apply({ people, maxActions: 2 }), { status: "completed", planned: 0 })
    assert.lengthOf(writes(), 0)
  })

  it("begins no new action when its time is over, and gets something done in each call", async () => {
    const people = team(30)
    await at.fault({ kind: "latency", ms: 350, match: { method: "POST" } })
    const first = await apply({ people, maxSeconds: 1 })
    assert.strictEqual(first.status, "unfinished")
    assert.strictEqual(first.counts["done"], 24)
    await at.reset()
  })

  for (const after of [0, 1, 3]) {
    it(`loses nothing and does nothing twice when it is killed after ${after} writes`, async () => {
      const [ada, bob, cyd] = team(3)
      const people = [{ ...ada, groups: ["Design"] }, { ...bob, groups: ["Design"] }, cyd]
      let sent = 0
      at.connection.rewrite = (endpoint) => {
        const last = at.connection.calls.at(-1)
        if (last?.method !== "GET" && sent++ >= after) throw new ExecutionTimeoutSDKError()
        return endpoint
      }
      assert.instanceOf(await stopped({ people }), ExecutionTimeoutSDKError)
      const { loomScim: _, ...kept } = at.connection.metadata
      await at.reset()
      at.connection.metadata = kept
      const answer = await apply({ people })
      assert.deepInclude(answer, { status: "completed", planned: 4, later: 0 })
      assert.strictEqual(answer.counts["done"], 4)
      assert.lengthOf(await listed("/Users"), 3)
      const groups = await listed("/Groups")
      assert.lengthOf(groups, 1)
      assert.lengthOf(Object(groups[0]?.["members"]), 2)
      // Whoever was created by the call that was killed is known to be ours all the same.
      assert.deepInclude(await plan({ people: [] }), { counts: { Deactivate: 3 } })
    })
  }

  it("looks before it sends again what a call that was killed may have sent, whatever lists show by then", async () => {
    const [ada] = team(1)
    const people = [{ ...ada, groups: ["Design"] }]
    at.connection.rewrite = (endpoint) => {
      if (at.connection.calls.at(-1)?.method === "PATCH") throw new ExecutionTimeoutSDKError()
      return endpoint
    }
    assert.instanceOf(await stopped({ people }), ExecutionTimeoutSDKError)
    at.connection.checkpoints.value = null
    // A list that lags behind: neither the user nor the group is in it yet.
    at.connection.rewrite = (endpoint) => endpoint.replace(/\?count=/, '?filter=userName eq "nobody"&count=')
    at.connection.calls.length = 0
    assert.deepInclude(await apply({ people }), { status: "completed", planned: 2 })
    assert.lengthOf(await listed("/Groups"), 1)
    const posts = writes().filter(({ method }) => method === "POST")
    assert.lengthOf(posts, 0)
  })

  it("creates nobody twice whose answer was lost", async () => {
    const people = team(2)
    await at.fault({ kind: "reset", times: 1, match: { method: "POST" } })
    const answer = await apply({ people })
    assert.deepInclude(answer, { status: "completed", planned: 2 })
    assert.lengthOf(await listed("/Users"), 2)
  })

  describe("when more people would leave than the policy lets", () => {
    it("does the rest, and stops before it takes anything away, until somebody says so", async () => {
      const people = team(15)
      await apply({ people })
      at.connection.calls.length = 0
      const newcomer = { ...team(16)[15], groups: undefined }
      const wanted = { people: [newcomer, ...people.slice(0, 5)] }
      const held = await apply(wanted)
      assert.deepInclude(held, { status: "held", planned: 11, allowedBy: null })
      assert.deepStrictEqual(held["guard"], {
        verdict: "held",
        reasons: [{ reason: "TooManyLosses", count: 10, of: 15, limit: { count: 10, percent: 10 } }]
      })
      assert.deepStrictEqual(
        writes().map(({ method }) => method),
        ["POST"]
      )
      // An allowance of another plan is none.
      assert.deepInclude(await apply({ ...wanted, allow: { by: "Ada", plan: "another" } }), { status: "held" })
      assert.lengthOf(writes(), 1)

      const allow = { by: "Ada", plan: held.plan }
      const part = await apply({ ...wanted, allow, maxActions: 4 })
      assert.deepInclude(part, { status: "unfinished", allowedBy: "Ada", plan: held.plan })
      // Said once, it counts for the whole run, whatever is said about others.
      const others = { by: "Bob", plan: "another" }
      assert.deepInclude(await apply({ ...wanted, allow: others }), { status: "completed", allowedBy: "Ada" })
      assert.lengthOf(writes(), 11)
    })

    it("cannot be got round by small steps", async () => {
      const people = team(15)
      await apply({ people })
      for (let calls = 0; calls < 3; calls++) {
        assert.deepInclude(await apply({ people: people.slice(0, 4), maxActions: 1 }), { status: "held" })
      }
      assert.lengthOf(
        (await listed("/Users")).filter(({ active }) => active === true),
        15
      )
    })

    it("stops before anything when somebody who is protected would leave", async () => {
      const people = team(3)
      await apply({ people })
      at.connection.metadata = { ...at.connection.metadata, loomScimPolicy: { protectedPeople: [people[0]?.email] } }
      at.connection.calls.length = 0
      const wanted = { people: [...people.slice(1), ...team(4).slice(3)] }
      const held = await apply(wanted)
      assert.deepInclude(held, { status: "held" })
      assert.deepInclude(Object(held["guard"]).reasons[0], { reason: "ProtectedPeople", labels: [people[0]?.email] })
      assert.lengthOf(writes(), 0)
      assert.notInclude(JSON.stringify(at.connection.metadata["loomScimRun"]), "example.com")
      // Asked again, it says so again.
      assert.deepEqual((await apply(wanted))["guard"], held["guard"])
    })
  })

  it("does only what was planned at the beginning; what came up since is left to the next run", async () => {
    const people = team(4)
    await apply({ people: people.slice(0, 2) })
    const wanted = { people: people.slice(1).map((person) => ({ ...person, familyName: "New" })), maxActions: 1 }
    assert.deepInclude(await apply(wanted), { status: "unfinished", planned: 4 })
    // Somebody else changes one who is to leave, and one who was changed.
    const leaver = (await listed("/Users")).find(({ externalId }) => externalId === people[0]?.externalId)
    const operations = [{ op: "replace", path: "title", value: "Engineer" }]
    const schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]
    await at.scim("PATCH", `/Users/${String(leaver?.["id"])}`, { schemas, Operations: operations })
    const end = await apply({ ...wanted, maxActions: 100 })
    assert.deepInclude(end, { status: "completed", later: 1 })
    assert.deepInclude(end.counts, { done: 3, moot: 1 })
    assert.deepInclude(await apply(wanted), { planned: 1, status: "completed" })
  })

  it("takes nobody for gone whom it never managed", async () => {
    await at.scim("POST", "/Users", { userName: "theirs@example.com", name: { givenName: "T", familyName: "T" } })
    await apply({ people: team(2) })
    assert.deepInclude(await apply({ people: team(1) }), { planned: 1 })
    const active = (await listed("/Users")).filter((user) => user["active"] === true)
    assert.sameMembers(
      active.map(({ userName }) => userName),
      ["theirs@example.com", team(1)[0]?.email]
    )
  })

  it("changes nothing while the list of users is not whole", async () => {
    await apply({ people: team(2) })
    at.connection.calls.length = 0
    await at.fault({ kind: "cappedPages", max: 1 })
    await at.fault({ kind: "lyingTotal", total: 5, match: { pathIncludes: "/Users" } })
    const { failure } = await at.action("apply-reconcile", { people: team(1), policy: "deactivate" })
    assert.deepInclude(failure, { type: "list_incomplete" })
    assert.lengthOf(writes(), 0)
  })

  it("tells what a server refuses of one, and does the others", async () => {
    const people = team(3)
    await at.fault({ kind: "status", status: 400, scimType: "invalidValue", times: 1, match: { method: "POST" } })
    const answer = await apply({ people })
    assert.deepInclude(answer, { status: "completed", resultsTotal: 1 })
    assert.deepInclude(answer.counts, { done: 2, failed: 1 })
    assert.deepInclude(Object(answer["results"])[0], { action: "Create", outcome: "failed", error: "InvalidRequest" })
    assert.deepInclude(await apply({ people }), { planned: 1, status: "completed" })
  })

  it("is not done by two calls at once", async () => {
    const people = team(3)
    await at.fault({ kind: "latency", ms: 50, match: { method: "POST" } })
    const two = await Promise.all([0, 1].map(() => at.action("apply-reconcile", { people, policy: "deactivate" })))
    const [refused, ...others] = two.flatMap(({ failure }) => failure ?? [])
    assert.lengthOf(others, 0)
    assert.deepInclude(refused, { type: "reconcile_under_way" })
    assert.lengthOf(writes(), 3)
    assert.deepStrictEqual(at.connection.checkpoints.value, { until: 0 })
  })

  it("waits for a call that was killed no longer than it may be alive", async () => {
    at.connection.checkpoints.value = { until: Date.now() + 100_000 }
    const { failure } = await at.action("apply-reconcile", { people: team(1), policy: "deactivate" })
    assert.deepInclude(failure, { type: "reconcile_under_way" })
    assert.isAtMost(Number(failure?.["retryAfterSeconds"]), 100)
    assert.lengthOf(at.connection.calls, 0)
    at.connection.checkpoints.value = { until: Date.now() - 1 }
    assert.deepInclude(await apply({ people: team(1) }), { status: "completed", planned: 1 })
  })

  it("sends nothing more once another call has taken over", async () => {
    const people = team(30)
    // After the first part was sent.
    at.connection.rewrite = (endpoint) => {
      if (writes().length === 20) at.connection.checkpoints.version++
      return endpoint
    }
    const { failure } = await at.action("apply-reconcile", { people, policy: "deactivate" })
    assert.deepInclude(failure, { type: "reconcile_under_way" })
    assert.lengthOf(writes(), 24)
  })
})
