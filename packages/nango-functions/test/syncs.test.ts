import { ExecutionInterruptedSDKError, ExecutionTimeoutSDKError } from "@nangohq/runner-sdk"
import { assert, beforeEach, describe, it } from "vitest"
import { harness } from "./support/harness.ts"

const at = await harness({ users: 12 })
const group = await at.scim("POST", "/Groups", { displayName: "Design" })

beforeEach(async () => {
  await at.reset()
  at.records.forget()
})

const filters = () => at.connection.calls.flatMap(({ endpoint }) => /filter=([^&]+)/.exec(endpoint)?.slice(1) ?? [])
const someone = (name: string) => ({ userName: `${name}@example.com`, name: { givenName: "P", familyName: "Q" } })
/** A user who leaves again, whatever becomes of the test. */
const passing = async (name: string, during: (id: string) => Promise<void>): Promise<void> => {
  const id = String((await at.scim("POST", "/Users", someone(name)))["id"])
  await during(id)
  await at.scim("DELETE", `/Users/${id}`)
}
const live = (model = "ScimUser") => at.records.live(model)

describe("scim-users", () => {
  it("keeps everybody, page by page, as the server has them", async () => {
    const { failure, nango } = await at.sync("scim-users")
    assert.isUndefined(failure)
    assert.strictEqual(live().size, 12)
    const [user] = live().values()
    assert.deepInclude(user, { active: true })
    assert.isString(user?.["userName"])
    assert.deepStrictEqual(nango.deleted.get("ScimUser"), [])
    assert.include(String(nango.logs.at(-1)), "12 read, the whole list")
  })

  it("keeps everybody of a server that caps its pages", async () => {
    await at.fault({ kind: "cappedPages", max: 5 })
    const { failure } = await at.sync("scim-users")
    assert.isUndefined(failure)
    assert.strictEqual(live().size, 12)
  })

  it("deletes whoever is gone, once the whole list was read", async () => {
    await passing("leaver", async (id) => {
      await at.sync("scim-users")
      assert.isTrue(live().has(id))
    })
    at.records.checkpoints.clear()
    const { nango } = await at.sync("scim-users")
    assert.lengthOf(nango.deleted.get("ScimUser") ?? [], 1)
    assert.strictEqual(live().size, 12)
  })

  const incomplete = {
    emptyPageBeforeTotal: async () => at.fault({ kind: "lyingTotal", total: 15 }),
    totalsDoNotFit: async () => at.fault({ kind: "lyingTotal", total: 7 }),
    // Every page is the first one.
    noProgress: async () => {
      await at.fault({ kind: "cappedPages", max: 5 })
      at.connection.rewrite = (endpoint) => endpoint.replace(/startIndex=\d+&?/, "")
    }
  }
  for (const [reason, spoil] of Object.entries(incomplete)) {
    it(`fails and deletes nobody when the list is not proven whole: ${reason}`, async () => {
      await passing("leaves", async () => {
        await at.sync("scim-users")
      })
      at.records.checkpoints.clear()
      await spoil()
      const { failure, nango } = await at.sync("scim-users")
      assert.deepInclude(failure, { type: "list_incomplete", reason })
      assert.isFalse(nango.deleted.has("ScimUser"))
      assert.strictEqual(live().size, 13)
      assert.isFalse(at.records.checkpoints.has("scim-users"))
    })
  }
})

describe("a total that was right when the connection was made", () => {
  it("is not believed where records would be deleted", async () => {
    await at.onEvent("post-connection-creation")
    const { loomScim } = at.connection.metadata
    assert.isTrue(Object(loomScim).profile.behaviour.trustTotals)
    await at.sync("scim-users")
    at.records.checkpoints.clear()
    await at.fault({ kind: "cappedPages", max: 6 })
    await at.fault({ kind: "lyingTotal", total: 6 })
    const { failure, nango } = await at.sync("scim-users")
    assert.deepInclude(failure, { type: "list_incomplete", reason: "totalsDoNotFit" })
    assert.isFalse(nango.deleted.has("ScimUser"))
    assert.strictEqual(live().size, 12)
  })
})

describe("scim-groups and users", () => {
  it("keep groups with their members, and people as Nango's unified model has them", async () => {
    const groups = await at.sync("scim-groups")
    const people = await at.sync("users")
    assert.isUndefined(groups.failure ?? people.failure)
    assert.deepInclude(live("ScimGroup").get(String(group["id"])), { displayName: "Design" })
    assert.strictEqual(live("User").size, 12)
    const [person] = live("User").values()
    assert.hasAllKeys(person, ["id", "email", "firstName", "lastName"])
  })
})

describe("a later run", () => {
  it("asks for changes only, when the server can tell them", async () => {
    await at.sync("scim-users")
    at.connection.calls.length = 0
    await passing("newcomer", async (id) => {
      const { failure } = await at.sync("scim-users")
      assert.isUndefined(failure)
      assert.isTrue(live().has(id))
    })
    assert.match(decodeURIComponent(filters()[0] ?? ""), /^meta\.lastModified ge "20\d\d-.+Z"$/)
    assert.isTrue(at.connection.calls.every(({ endpoint }) => endpoint.includes("filter=")))
  })

  it("reads everything once a day, since changes do not show who is gone", async () => {
    await at.sync("scim-users")
    const before = at.records.checkpoints.get("scim-users")
    at.records.checkpoints.set("scim-users", { ...before, readAt: "2026-01-01T00:00:00.000Z" })
    at.connection.calls.length = 0
    const { nango } = await at.sync("scim-users")
    assert.deepStrictEqual(filters(), [])
    assert.isTrue(nango.deleted.has("ScimUser"))
  })

  const useless = {
    "refuses the filter": { kind: "status", status: 400, scimType: "invalidFilter" },
    "breaks on the filter": { kind: "status", status: 501 }
  }
  for (const [title, fault] of Object.entries(useless)) {
    it(`reads everything when the server ${title}, and does not ask again that day`, async () => {
      await at.sync("scim-users")
      await at.fault({ ...fault, match: { pathIncludes: "filter=" } })
      const second = await at.sync("scim-users")
      assert.isUndefined(second.failure)
      assert.isTrue(second.nango.deleted.has("ScimUser"))
      for (let more = 0; more < 2; more++) {
        at.connection.calls.length = 0
        await at.sync("scim-users")
        assert.deepStrictEqual(filters(), [])
      }
    })
  }

  it("believes no answer without the one who has to come again", async () => {
    await at.sync("scim-users")
    const before = at.records.checkpoints.get("scim-users")
    at.records.checkpoints.set("scim-users", { ...before, since: "2999-01-01T00:00:00.000Z" })
    const { nango } = await at.sync("scim-users")
    assert.isTrue(nango.deleted.has("ScimUser"))
  })

  it("does not ask a server that says it takes no filters", async () => {
    await at.sync("scim-users")
    await at.onEvent("post-connection-creation")
    const { loomScim } = at.connection.metadata
    const { profile } = Object(loomScim)
    at.connection.metadata = { loomScim: { profile: { ...profile, claims: { ...profile.claims, filter: false } } } }
    at.connection.calls.length = 0
    await at.sync("scim-users")
    assert.deepStrictEqual(filters(), [])
  })
})

describe("a run that does not come to its end", () => {
  it("deletes nobody, and nobody who is there in the run after it", async () => {
    await at.sync("scim-users")
    at.records.checkpoints.clear()
    await at.fault({ kind: "status", status: 403, match: { pathIncludes: "startIndex=" } })
    const failed = await at.sync("scim-users")
    assert.deepInclude(failed.failure, { type: "forbidden" })
    await at.reset()
    // The mark that the failed run left is older than this run.
    assert.isTrue(at.records.tracking.has("ScimUser"))
    const { nango } = await at.sync("scim-users")
    assert.deepStrictEqual(nango.deleted.get("ScimUser"), [])
    assert.strictEqual(live().size, 12)
  })

  it("deletes whoever left meanwhile, a run later at most", async () => {
    let left = ""
    await passing("meanwhile", async (id) => {
      left = id
      await at.fault({ kind: "status", status: 403, match: { pathIncludes: "startIndex=" } })
      await at.sync("scim-users")
    })
    await at.reset()
    for (let run = 0; run < 2; run++) {
      at.records.checkpoints.clear()
      await at.sync("scim-users")
    }
    assert.isFalse(live().has(left))
    assert.strictEqual(live().size, 12)
  })

  it("is finished before it follows Nango's wish to end, since half a list proves nothing", async () => {
    await at.fault({ kind: "cappedPages", max: 5 })
    const interrupted = await at.sync("scim-users", { lifecycle: { interruptAfterMs: 0, killAfterMs: 60_000 } }).then(
      () => undefined,
      (error: unknown) => error
    )
    assert.instanceOf(interrupted, ExecutionInterruptedSDKError)
    assert.strictEqual(live().size, 12)
    assert.isTrue(at.records.checkpoints.has("scim-users"))
    assert.isFalse(at.records.tracking.has("ScimUser"))
  })

  it("is ended by Nango's own error when it is killed, and the next one puts it right", async () => {
    await at.fault({ kind: "latency", ms: 60 })
    const killed = await at.sync("scim-users", { lifecycle: { interruptAfterMs: 60_000, killAfterMs: 20 } }).then(
      () => undefined,
      (error: unknown) => error
    )
    assert.instanceOf(killed, ExecutionTimeoutSDKError)
    await at.reset()
    const { failure } = await at.sync("scim-users")
    assert.isUndefined(failure)
    assert.strictEqual(live().size, 12)
  })
})

describe("a server that fails", () => {
  const hour = 3600
  const cases = {
    "401": [
      { kind: "status", status: 401, echoToken: true },
      { type: "unauthorized", status: 401 }
    ],
    "403": [
      { kind: "status", status: 403 },
      { type: "forbidden", status: 403 }
    ],
    "404": [
      { kind: "status", status: 404 },
      { type: "not_found", status: 404 }
    ],
    "409": [
      { kind: "status", status: 409 },
      { type: "conflict", status: 409 }
    ],
    "429 with seconds": [
      { kind: "rateLimit", retryAfter: "seconds", seconds: hour },
      { type: "rate_limited", retryAfterSeconds: hour }
    ],
    "429 with a date": [{ kind: "rateLimit", retryAfter: "date", seconds: hour }, { type: "rate_limited" }],
    "a web page": [{ kind: "html" }, { type: "malformed", reason: "webPage" }],
    "cut-off JSON": [{ kind: "garbage" }, { type: "malformed", reason: "notJson" }]
  } as const
  for (const name of ["scim-users", "scim-groups", "users"]) {
    for (const [title, [fault, told]] of Object.entries(cases)) {
      it(`${name}: ${title}, and no record is deleted`, async () => {
        await at.fault(fault)
        const { failure, nango } = await at.sync(name)
        assert.deepInclude(failure, told)
        assert.notInclude(JSON.stringify(failure), at.connection.token)
        assert.strictEqual(nango.deleted.size, 0)
      })
    }
  }

  it("is waited for when it asks for a moment without saying how long", async () => {
    await at.fault({ kind: "rateLimit", retryAfter: "none", times: 1 })
    const { failure } = await at.sync("scim-users")
    assert.isUndefined(failure)
    assert.strictEqual(live().size, 12)
  })
})
