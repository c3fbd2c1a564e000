import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as PerformBulk from "../../src/runs/PerformBulk.ts"
import type { JsonObject } from "../../src/scim/Json.ts"
import { unknown } from "../../src/scim/Profile.ts"
import { enterpriseUserUrn } from "../../src/scim/Schemas.ts"
import { played } from "../scim/ScimClient.harness.ts"
import {
  ada,
  create,
  deactivate,
  groupCreate,
  groupDelete,
  membersAdd,
  reactivate,
  remove,
  roleChange,
  update
} from "./performActions.ts"
import { Directory, watching } from "./PerformServer.harness.ts"

const limits = PerformBulk.limitsOf(unknown)

/** Ada with another id and name. */
const named = (name: string): JsonObject & { readonly id: string } => ({
  ...ada,
  id: name,
  userName: `${name}@example.com`,
  externalId: `key of ${name}`
})
const creating = (name: string): ReturnType<typeof create> => {
  const { id: _, ...resource } = named(name)
  return { ...create(), key: `key of ${name}`, resource }
}
const keep = (id: string, key: string) =>
  ({ _tag: "Keep", resource: { endpoint: "Users", id, key, digest: null, groups: [] } }) as const
const done = { _tag: "Performed", outcome: { _tag: "Done", id: "a", by: "answer" } } as const
const paths = (body: string) =>
  JSON.parse(body).Operations.map(
    ({ method, path }: { readonly method: string; readonly path: string }) => `${method} ${path}`
  )
const tags = ({ results }: PerformBulk.BulkPerformed) => results.map(({ _tag }) => _tag)

describe("many actions at once", () => {
  it.effect("take one request, and come out as each would by itself", () =>
    Effect.gen(function* () {
      const directory = new Directory([ada, named("b/1"), named("c"), named("d")], [{ id: "g", displayName: "Red" }])
      yield* watching(directory, ({ client, methods, seen }) =>
        Effect.gen(function* () {
          const given = [
            creating("new"),
            update,
            { ...deactivate, id: "b/1" },
            { ...remove, id: "c" },
            { ...reactivate, id: "d", key: null },
            groupDelete
          ]
          const { results, stoppedBy } = yield* PerformBulk.perform(client, given, limits)
          assert.isNull(stoppedBy)
          assert.deepStrictEqual(methods(), ["POST"])
          assert.deepStrictEqual(paths(seen[0]?.body ?? ""), [
            "POST /Users",
            "PATCH /Users/a",
            "PATCH /Users/b%2F1",
            "DELETE /Users/c",
            "PATCH /Users/d",
            "DELETE /Groups/g"
          ])
          assert.deepStrictEqual(results, [
            {
              _tag: "Performed",
              outcome: { _tag: "Done", id: "new/1", by: "answer" },
              managed: [keep("new/1", "key of new")]
            },
            { ...done, managed: [keep("a", "e1")] },
            { ...done, outcome: { ...done.outcome, id: "b/1" }, managed: [keep("b/1", "e1")] },
            {
              ...done,
              outcome: { ...done.outcome, id: "c" },
              managed: [{ _tag: "Forget", endpoint: "Users", id: "c" }]
            },
            { ...done, outcome: { ...done.outcome, id: "d" }, managed: [] },
            {
              ...done,
              outcome: { ...done.outcome, id: "g" },
              managed: [{ _tag: "Forget", endpoint: "Groups", id: "g" }]
            }
          ])
          assert.strictEqual(directory.users.get("a")?.["title"], "Countess")
          assert.isFalse(directory.users.get("b/1")?.["active"])
        })
      )
    })
  )
  it.effect("keep to what the server says it takes, and to its form of PATCH", () =>
    Effect.gen(function* () {
      const claims = { maxOperations: 2, maxPayloadSize: 5000 }
      const all = {
        ...claims,
        patch: null,
        filter: null,
        maxResults: null,
        bulk: true,
        sort: null,
        etag: null,
        cursor: null
      }
      assert.deepStrictEqual(PerformBulk.limitsOf({ claims: all }), claims)
      assert.deepStrictEqual(limits, { maxOperations: 100, maxPayloadSize: 1_000_000 })
      const directory = new Directory([ada])
      yield* watching(
        directory,
        ({ client, methods, seen }) =>
          Effect.gen(function* () {
            const performed = yield* PerformBulk.perform(client, [update, creating("x"), creating("y")], claims)
            assert.deepStrictEqual(tags(performed), ["Performed", "Performed", "Performed"])
            assert.deepStrictEqual(methods(), ["POST", "POST"])
            assert.include(seen[0]?.body, '"op":"Replace"')
          }),
        { patchOp: "capitalised" }
      )
    })
  )
  it.effect("what does not fit goes by itself: too large, like a reference, an id that is none", () =>
    Effect.gen(function* () {
      const long = { ...creating("long"), resource: { ...creating("long").resource, title: "x".repeat(3000) } }
      const odd = { ...creating("odd"), resource: { ...creating("odd").resource, title: "bulkId:odd" } }
      const none = { ...remove, id: ".." }
      yield* watching(new Directory(), ({ client, seen }) =>
        Effect.gen(function* () {
          const given = [long, creating("x"), odd, none]
          const { results } = yield* PerformBulk.perform(client, given, { maxOperations: 10, maxPayloadSize: 2000 })
          assert.deepStrictEqual(
            results.map((result) => (result._tag === "Performed" ? result.outcome._tag : result._tag)),
            ["Done", "Done", "Done", "Failed"]
          )
          assert.deepStrictEqual(
            seen.map(({ method, path }) => `${method} ${path}`),
            ["POST /Bulk", "POST /Users", "POST /Users"]
          )
        })
      )
    })
  )
  it.effect("nothing to send is no request", () =>
    watching(new Directory(), ({ client, methods }) =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* PerformBulk.perform(client, [], limits), { results: [], stoppedBy: null })
        assert.isEmpty(methods())
      })
    )
  )
  it("are those that need no other's id", () => {
    for (const action of [create(), update, roleChange, reactivate, deactivate, remove, groupDelete]) {
      assert.isTrue(PerformBulk.isBulkable(action))
    }
    for (const action of [groupCreate([]), membersAdd([])]) assert.isFalse(PerformBulk.isBulkable(action))
  })
})

describe("what bulk does not tell", () => {
  it.effect("roles are read back singly, deactivations are not", () =>
    Effect.gen(function* () {
      const directory = new Directory([ada, named("b")])
      directory.keeps = (user) => ({ ...user, [enterpriseUserUrn]: {} })
      yield* watching(directory, ({ client, methods }) =>
        Effect.gen(function* () {
          const { results } = yield* PerformBulk.perform(client, [roleChange, { ...deactivate, id: "b" }], limits)
          const [role, departure] = results
          assert.isTrue(role?._tag === "Performed" && role.outcome._tag === "Doubtful")
          assert.isTrue(departure?._tag === "Performed" && departure.outcome._tag === "Done")
          assert.deepStrictEqual(methods(), ["POST", "GET"])
        })
      )
    })
  )
  it.effect("a conflict is looked up: our own user is done, another one is a failure", () =>
    Effect.gen(function* () {
      const other = { ...named("y"), externalId: "theirs" }
      yield* watching(new Directory([named("x"), other]), ({ client, methods }) =>
        Effect.gen(function* () {
          const { results } = yield* PerformBulk.perform(client, [creating("x"), creating("y")], limits)
          assert.deepStrictEqual(results[0], {
            _tag: "Performed",
            outcome: { _tag: "Done", id: "x", by: "found" },
            managed: [keep("x", "key of x")]
          })
          const [, failed] = results
          assert.isTrue(failed?._tag === "Performed" && failed.outcome._tag === "Failed")
          assert.isTrue(
            failed?._tag === "Performed" && "next" in failed.outcome && failed.outcome.next.includes("Adopt")
          )
          assert.deepStrictEqual(methods(), ["POST", "GET", "GET"])
        })
      )
    })
  )
  it.effect("whoever was to leave and is gone is done after a look; other failures are those of a single request", () =>
    watching(new Directory(), ({ client, methods }) =>
      Effect.gen(function* () {
        const { results, stoppedBy } = yield* PerformBulk.perform(client, [deactivate, remove, update], limits)
        assert.deepStrictEqual(
          results.map((result) => (result._tag === "Performed" ? result.outcome._tag : result._tag)),
          ["Done", "Done", "Failed"]
        )
        const [, , failed] = results
        const outcome = failed?._tag === "Performed" ? failed.outcome : null
        assert.deepInclude(outcome, { error: "NotFound", detail: "no such resource" })
        assert.include(outcome !== null && "message" in outcome ? outcome.message : "", "PATCH /Users/{id}")
        assert.isNull(stoppedBy)
        assert.deepStrictEqual(methods(), ["POST", "GET", "GET"])
      })
    )
  )
  it.effect("what is not answered, or created without saying whom, has to be looked at", () =>
    Effect.gen(function* () {
      const directory = new Directory()
      directory.interferes = () => ({
        body: {
          Operations: [
            { method: "POST", bulkId: "0", status: "201" },
            { method: "POST", bulkId: "1", status: "500" }
          ]
        }
      })
      yield* watching(directory, ({ client }) =>
        Effect.gen(function* () {
          const performed = yield* PerformBulk.perform(client, ["x", "y", "z"].map(creating), limits)
          assert.deepStrictEqual(tags(performed), ["Unanswered", "Unanswered", "Unanswered"])
          assert.isNull(performed.stoppedBy)
        })
      )
    })
  )
})

describe("trouble with the connection", () => {
  const two = { ...limits, maxOperations: 1 }
  const cases = [
    ["a refused token", { status: 401 }, "NotSent", "Unauthorized"],
    ["a lost answer", "ECONNRESET", "Unanswered", "Transport"],
    ["a server fault", { status: 503 }, "Unanswered", "ServerFault"],
    ["a limit", { status: 429, headers: { "retry-after": "3600" } }, "NotSent", "RateLimited"]
  ] as const
  for (const [name, answer, tag, error] of cases) {
    it.effect(`${name} ends it, and keeps what was done`, () =>
      Effect.gen(function* () {
        for (const first of [0, 1]) {
          const directory = new Directory()
          let asked = 0
          directory.interferes = () => (asked++ < first ? null : answer)
          const { exit } = yield* played(
            watching(directory, ({ client }) => PerformBulk.perform(client, ["x", "y", "z"].map(creating), two))
          )
          assert.isTrue(exit._tag === "Success")
          if (exit._tag === "Failure") continue
          assert.deepStrictEqual(tags(exit.value), ["Performed", tag, "NotSent", "NotSent"].slice(1 - first, 4 - first))
          assert.strictEqual(exit.value.stoppedBy?._tag, error)
        }
      })
    )
  }
  it.effect("an operation that was limited or forbidden within an answer was not carried out", () =>
    Effect.gen(function* () {
      for (const [status, error] of [
        ["429", "RateLimited"],
        ["403", "Forbidden"]
      ] as const) {
        const directory = new Directory()
        directory.interferes = () => ({
          body: {
            Operations: [
              { method: "POST", bulkId: "0", location: "/Users/7", status: "201" },
              { method: "POST", bulkId: "1", status }
            ]
          }
        })
        const performed = yield* watching(directory, ({ client }) =>
          PerformBulk.perform(client, ["x", "y"].map(creating), limits)
        )
        assert.deepStrictEqual(tags(performed), ["Performed", "NotSent"])
        assert.strictEqual(performed.stoppedBy?._tag, error)
      }
    })
  )
  it.effect("a look that fails leaves that one to be looked at, and no more is asked", () =>
    Effect.gen(function* () {
      const directory = new Directory([ada, named("b"), named("c")])
      directory.interferes = ({ method }) => (method === "GET" ? { status: 401 } : null)
      yield* watching(directory, ({ client, methods }) =>
        Effect.gen(function* () {
          const large = { ...creating("l"), resource: { ...creating("l").resource, title: "bulkId:x" } }
          const given = [{ ...deactivate, id: "gone" }, update, creating("b"), large]
          const performed = yield* PerformBulk.perform(client, given, limits)
          assert.strictEqual(performed.stoppedBy?._tag, "Unauthorized")
          assert.deepStrictEqual(tags(performed), ["Unanswered", "Performed", "Unanswered", "NotSent"])
          assert.deepStrictEqual(
            methods().filter((method) => method === "POST"),
            ["POST"]
          )
        })
      )
    })
  )
  it.effect("a server that turns out to have no bulk is spoken to singly from then on", () =>
    Effect.gen(function* () {
      for (const status of [404, 501]) {
        const directory = new Directory()
        directory.interferes = () => ({ status })
        yield* watching(
          directory,
          ({ client }) =>
            Effect.gen(function* () {
              const performed = yield* PerformBulk.perform(client, ["x", "y"].map(creating), limits)
              assert.deepStrictEqual([tags(performed), performed.stoppedBy], [["NotSent", "NotSent"], null])
              assert.isFalse((yield* client.profile).behaviour.bulk)
            }),
          { bulk: true }
        )
      }
    })
  )
})
