import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { sandbox } from "./harness.ts"

const ada = {
  schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
  userName: "ada@corp.example",
  externalId: "e-ada"
}
const isAda = (resource: { readonly userName?: unknown }) => resource.userName === ada.userName

describe("against the sandbox", () => {
  it.live("a user from creation to deletion", () =>
    Effect.gen(function* () {
      const server = yield* sandbox()
      yield* server.client((client) =>
        Effect.gen(function* () {
          const created = yield* client.create("Users", ada)
          assert.strictEqual(created.settled, "answer")
          const read = yield* client.get("Users", created.id)
          assert.strictEqual(read.resource["userName"], "ada@corp.example")
          const narrow = yield* client.get("Users", created.id, { attributes: ["userName"] })
          assert.notProperty(narrow.resource, "emails")
          yield* client.patch("Users", created.id, [{ op: "replace", path: "title", value: "Countess" }])
          const replaced = yield* client.replace("Users", created.id, { ...ada, nickName: "Ada" })
          assert.strictEqual(replaced.resource?.["nickName"], "Ada")
          const found = yield* client.listAll("Users", { filter: 'userName eq "ada@corp.example"', matches: isAda })
          assert.deepStrictEqual([found.resources.length, found.verdict._tag], [1, "Complete"])
          const searched = yield* Stream.runCollect(client.search("Users", { filter: 'userName sw "ada"' }))
          assert.deepStrictEqual(
            searched.map(({ id }) => id),
            [created.id]
          )
          yield* client.delete("Users", created.id)
          assert.strictEqual((yield* Effect.flip(client.get("Users", created.id)))._tag, "NotFound")
          assert.strictEqual((yield* Effect.flip(client.delete("Users", created.id)))._tag, "NotFound")
        })
      )
    }).pipe(Effect.scoped)
  )

  it.live("discovery, groups and bulk with references", () =>
    Effect.gen(function* () {
      const server = yield* sandbox()
      yield* server.client((client) =>
        Effect.gen(function* () {
          assert.property(yield* client.serviceProviderConfig, "patch")
          assert.isNotEmpty(yield* client.schemas)
          assert.includeMembers(
            (yield* client.resourceTypes).map(({ endpoint }) => endpoint),
            ["/Users", "/Groups"]
          )
          const report = yield* client.bulk(
            [
              {
                method: "POST",
                path: "/Groups",
                bulkId: "g",
                data: { displayName: "Team", members: [{ value: "bulkId:a" }] }
              },
              { method: "POST", path: "/Users", bulkId: "a", data: ada }
            ],
            { maxOperations: 1, maxPayloadSize: 100_000 }
          )
          const [group, user] = report.outcomes
          assert.isTrue(group?._tag === "Done" && user?._tag === "Done")
          if (group?._tag !== "Done" || user?._tag !== "Done") return
          const read = yield* client.get("Groups", group.id ?? "")
          assert.deepNestedPropertyVal(read.resource, "members.[0].value", user.id)
        })
      )
    }).pipe(Effect.scoped)
  )

  it.live("a conflict has the user it conflicts with; a user name in other case too", () =>
    Effect.gen(function* () {
      const server = yield* sandbox({ users: 30 })
      yield* server.client((client) =>
        Effect.gen(function* () {
          const created = yield* client.create("Users", ada)
          const error = yield* Effect.flip(client.create("Users", { ...ada, userName: "ADA@corp.example" }))
          assert.isTrue(error._tag === "Conflict" && error.resource?.["id"] === created.id)
        })
      )
    }).pipe(Effect.scoped)
  )

  it.live("lists all of 450 users, whatever the pages, and says when the total lies", () =>
    Effect.gen(function* () {
      const server = yield* sandbox({ users: 450 })
      const listed = (fault?: object) =>
        server.client((client) =>
          Effect.gen(function* () {
            if (fault !== undefined) yield* server.fault(fault)
            const { resources, verdict } = yield* client.listAll("Users")
            assert.strictEqual(new Set(resources.map(({ id }) => id)).size, 450)
            return verdict
          })
        )
      const honest = yield* listed()
      assert.strictEqual(honest._tag, "Complete")
      const capped = yield* listed({ kind: "cappedPages", max: 50 })
      assert.isTrue(capped._tag === "Complete" && capped.quirks.has("countCapped"))
      const page = yield* listed({ kind: "lyingTotal", total: "page" })
      assert.isTrue(page._tag === "Complete" && page.quirks.has("totalIsPageSize"))
    }).pipe(Effect.scoped)
  )

  it.live("a total too high ends in ListIncomplete, after all rows", () =>
    Effect.gen(function* () {
      const server = yield* sandbox({ users: 30 })
      yield* server.fault({ kind: "lyingTotal", total: 2000 })
      yield* server.client((client) =>
        Effect.gen(function* () {
          let rows = 0
          const error = yield* Effect.flip(Stream.runForEach(client.list("Users"), () => Effect.sync(() => rows++)))
          assert.isTrue(error._tag === "ListIncomplete" && error.total === 2000 && error.distinct === 30)
          assert.strictEqual(rows, 30)
        })
      )
    }).pipe(Effect.scoped)
  )
})

describe("faults", () => {
  for (const retryAfter of ["seconds", "date", "none"] as const) {
    it.live(`429 with Retry-After as ${retryAfter} is waited for`, () =>
      Effect.gen(function* () {
        const server = yield* sandbox()
        yield* server.fault({ kind: "rateLimit", retryAfter, seconds: 1 }, { times: 1 })
        yield* server.client((client) =>
          Effect.gen(function* () {
            const started = Date.now()
            yield* Effect.all([client.create("Users", ada), client.listAll("Groups")], { concurrency: 2 })
            // A date has no fractions of a second, so its second may be a short one.
            assert.isAtLeast(Date.now() - started, retryAfter === "date" ? 1 : 450)
          })
        )
      }).pipe(Effect.scoped)
    )
  }

  for (const [name, fault, method] of [
    ["503", { kind: "status", status: 503 }, "GET"],
    ["reset", { kind: "reset" }, "GET"],
    ["reset", { kind: "reset" }, "POST"],
    ["503", { kind: "status", status: 503 }, "POST"]
  ] as const) {
    it.live(`${name} on ${method}, twice, is survived`, () =>
      Effect.gen(function* () {
        const server = yield* sandbox()
        yield* server.fault(fault, { times: 2, match: { method } })
        yield* server.client((client) =>
          Effect.gen(function* () {
            const created = yield* client.create("Users", ada)
            assert.strictEqual((yield* client.get("Users", created.id)).resource["externalId"], "e-ada")
          })
        )
        assert.deepInclude(yield* server.state, { users: 1 })
      }).pipe(Effect.scoped)
    )
  }

  for (const [name, fault, check] of [
    ["garbage", { kind: "garbage" }, { _tag: "Malformed", reason: "notJson" }],
    ["html", { kind: "html", status: 200 }, { _tag: "Malformed", reason: "webPage" }],
    ["html with 502", { kind: "html", status: 502 }, { _tag: "ServerFault", detail: "Sign in" }],
    ["hang", { kind: "hang" }, { _tag: "Transport", outcome: "timeout", sent: "maybe" }],
    ["no filter", { kind: "status", status: 400, scimType: "invalidFilter" }, { _tag: "InvalidFilter" }],
    ["too many", { kind: "status", status: 400, scimType: "tooMany" }, { _tag: "TooMany" }],
    ["413", { kind: "status", status: 413 }, { _tag: "PayloadTooLarge" }],
    ["412", { kind: "status", status: 412 }, { _tag: "PreconditionFailed" }]
  ] as const) {
    it.live(`${name} is ${check._tag}`, () =>
      Effect.gen(function* () {
        const server = yield* sandbox()
        yield* server.fault(fault)
        const error = yield* server.client((client) => Effect.flip(client.get("Users", "1")), {
          timeout: fault.kind === "hang" ? "150 millis" : "10 seconds",
          maxRetries: 1
        })
        assert.deepInclude({ ...error }, check)
      }).pipe(Effect.scoped)
    )
  }

  it.live("a body over 2 000 KB is PayloadTooLarge", () =>
    Effect.gen(function* () {
      const server = yield* sandbox()
      const error = yield* server.client((client) =>
        Effect.flip(client.create("Users", { ...ada, nickName: "x".repeat(2_100_000) }))
      )
      assert.strictEqual(error._tag, "PayloadTooLarge")
    }).pipe(Effect.scoped)
  )

  it.live("a revoked token is Unauthorized; a token echoed by the server is in no error", () =>
    Effect.gen(function* () {
      const server = yield* sandbox()
      yield* server.fault({ kind: "status", status: 403, detail: "no", echoToken: true }, { times: 1 })
      yield* server.revoke
      yield* server.client((client) =>
        Effect.gen(function* () {
          const forbidden = yield* Effect.flip(client.get("Users", "1"))
          assert.isTrue(forbidden._tag === "Forbidden" && forbidden.detail?.includes("(the token)") === true)
          assert.notInclude(JSON.stringify(forbidden) + String(forbidden.stack), server.token)
          const error = yield* Effect.flip(client.get("Users", "1"))
          assert.isTrue(error._tag === "Unauthorized" && error.detail === "The bearer token has been revoked.")
        })
      )
    }).pipe(Effect.scoped)
  )
})
