import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { BulkOperation } from "../../src/scim/Bulk.ts"
import type { Behaviour } from "./ScimClient.harness.ts"
import { withClient } from "./ScimClient.harness.ts"

const user = (name: string): BulkOperation => ({
  method: "POST",
  path: "/Users",
  bulkId: name,
  data: { userName: name }
})
const group = (name: string, ...members: ReadonlyArray<string>): BulkOperation => ({
  method: "POST",
  path: "/Groups",
  bulkId: name,
  data: { displayName: name, members: members.map((member) => ({ value: `bulkId:${member}` })) }
})
const limits = { maxOperations: 2, maxPayloadSize: 10_000 }

interface Body {
  readonly failOnErrors?: number
  readonly Operations: ReadonlyArray<{
    readonly bulkId: string
    readonly path: string
    readonly data: { readonly members?: unknown }
  }>
}

const parse = (body: string): Body => JSON.parse(body)

/** Creates everything but the names given. */
const answer = (body: string, failing: ReadonlyArray<string> = []): Behaviour => ({
  body: {
    Operations: parse(body).Operations.map(({ bulkId, path }) =>
      failing.includes(bulkId)
        ? { method: "POST", bulkId, status: "409", response: { detail: "taken" } }
        : { method: "POST", bulkId, status: "201", location: `https://s.example${path}/id-${bulkId}` }
    )
  }
})

const tags = (report: { readonly outcomes: ReadonlyArray<{ readonly _tag: string }> }) =>
  report.outcomes.map(({ _tag }) => _tag)

describe("bulk", () => {
  it.effect("splits, resolves references across requests and reports in the given order", () =>
    withClient(
      ({ body }) => answer(body),
      (client, seen) =>
        Effect.gen(function* () {
          const report = yield* client.bulk([group("g", "a", "b"), user("a"), user("b")], limits)
          assert.deepStrictEqual(
            report.outcomes.map((outcome) => (outcome._tag === "Done" ? outcome.id : outcome._tag)),
            ["id-g", "id-a", "id-b"]
          )
          assert.deepStrictEqual([report.requests, report.stoppedBy], [2, null])
          assert.deepStrictEqual(parse(seen[1]?.body ?? "").Operations[0]?.data.members, [
            { value: "id-a" },
            { value: "id-b" }
          ])
        })
    )
  )
  it.effect("does not send what refers to a failed creation", () =>
    withClient(
      ({ body }) => answer(body, ["b"]),
      (client) =>
        Effect.gen(function* () {
          const operations = [user("a"), user("b"), group("g", "b"), group("h", "g"), group("i", "a")]
          const report = yield* client.bulk(operations, limits)
          assert.deepStrictEqual(tags(report), ["Done", "Failed", "NotSent", "NotSent", "Done"])
        })
    )
  )
  it.effect("counts errors over all requests", () =>
    withClient(
      ({ body }) => answer(body, ["a", "c"]),
      (client, seen) =>
        Effect.gen(function* () {
          const names = ["a", "b", "c", "d", "e", "f"]
          const report = yield* client.bulk(names.map(user), { ...limits, failOnErrors: 2 })
          assert.deepStrictEqual(tags(report), ["Failed", "Done", "Failed", "Done", "NotSent", "NotSent"])
          assert.deepStrictEqual(
            seen.map(({ body }) => parse(body).failOnErrors),
            [2, 1]
          )
        })
    )
  )
  it.effect("keeps what was done when a later request is lost, and does not repeat it", () =>
    withClient(
      ({ body }, index) => (index === 0 ? answer(body) : "ECONNRESET"),
      (client, seen) =>
        Effect.gen(function* () {
          const report = yield* client.bulk(["a", "b", "c", "d", "e"].map(user), limits)
          assert.deepStrictEqual(tags(report), ["Done", "Done", "Unanswered", "Unanswered", "NotSent"])
          assert.strictEqual(report.stoppedBy?._tag, "Transport")
          assert.strictEqual(seen.length, 2)
        })
    )
  )
  it.effect("fails when nothing was done", () =>
    Effect.gen(function* () {
      yield* withClient(
        () => ({ status: 413, body: "Payload Too Large" }),
        (client) =>
          Effect.map(Effect.flip(client.bulk([user("a")], limits)), ({ _tag }) =>
            assert.strictEqual(_tag, "PayloadTooLarge")
          )
      )
      yield* withClient(
        ({ body }) => answer(body),
        (client, seen) =>
          Effect.gen(function* () {
            const refused = yield* Effect.flip(client.bulk([user("a")], { ...limits, maxPayloadSize: 100 }))
            assert.strictEqual(refused._tag, "BulkNotPossible")
            assert.isEmpty(seen)
          })
      )
    })
  )
})
