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
        () => ({ status: 403, body: "no" }),
        (client) =>
          Effect.map(Effect.flip(client.bulk([user("a")], limits)), ({ _tag }) => assert.strictEqual(_tag, "Forbidden"))
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

describe("a bulk request that is too large for the server (413)", () => {
  const wide = { maxOperations: 1000, maxPayloadSize: 1_000_000 }
  const names = (count: number) => Array.from({ length: count }, (_, at) => `n${String(at).padStart(2, "0")}`)
  const sizes = (seen: ReadonlyArray<{ readonly body: string }>) =>
    seen.map(({ body }) => parse(body).Operations.length)
  const tooLarge: Behaviour = { status: 413, body: "<html>Request Entity Too Large</html>" }

  it.effect("is split in half, and the rest keeps to what was learned", () =>
    withClient(
      ({ body }) => (parse(body).Operations.length > 3 ? tooLarge : answer(body)),
      (client, seen) =>
        Effect.gen(function* () {
          const report = yield* client.bulk(names(16).map(user), wide)
          assert.deepStrictEqual(sizes(seen), [16, 8, 4, 2, 2, 2, 2, 2, 2, 2, 2])
          assert.deepStrictEqual(
            report.outcomes.map((outcome) => (outcome._tag === "Done" ? outcome.id : outcome._tag)),
            names(16).map((name) => `id-${name}`)
          )
          assert.deepStrictEqual([report.requests, report.stoppedBy], [11, null])
        })
    )
  )
  it.effect("references across the split are resolved to real ids", () =>
    withClient(
      ({ body }) => (parse(body).Operations.length > 2 ? tooLarge : answer(body)),
      (client, seen) =>
        Effect.gen(function* () {
          const report = yield* client.bulk([group("g", "a", "b"), user("a"), user("b"), group("h", "g")], wide)
          assert.deepStrictEqual(tags(report), ["Done", "Done", "Done", "Done"])
          const members = seen
            .slice(1)
            .flatMap(({ body }) => parse(body).Operations)
            .flatMap(({ data }) => data.members ?? [])
          assert.deepInclude(members, { value: "id-a" })
          assert.deepInclude(members, { value: "id-b" })
          assert.notInclude(seen[0]?.body, "id-a")
          // The two groups may share a request; then the server resolves, as within any request.
          assert.isTrue(members.some((member) => /^(?:id-g|bulkId:g)$/.test(Object(member).value)))
        })
    )
  )
  it.effect("one operation that is refused even alone fails by itself, and those after it are sent", () =>
    withClient(
      ({ body }) => (body.includes("huge") ? tooLarge : answer(body)),
      (client, seen) =>
        Effect.gen(function* () {
          const operations = [...names(4).map(user), user("huge"), group("g", "huge"), ...names(8).slice(4).map(user)]
          const report = yield* client.bulk(operations, wide)
          const ok = Array.from({ length: 4 }, () => "Done")
          assert.deepStrictEqual(tags(report), [...ok, "Failed", "NotSent", ...ok])
          const refused = report.outcomes[4]
          assert.isTrue(refused?._tag === "Failed" && refused.status === 413 && refused.error.status === 413)
          assert.isNull(report.stoppedBy)
          assert.isAtMost(seen.length, 10)
        })
    )
  )
  it.effect("counts as an error where errors are counted", () =>
    withClient(
      () => tooLarge,
      (client, seen) =>
        Effect.gen(function* () {
          const report = yield* client.bulk(names(4).map(user), { ...wide, failOnErrors: 1 })
          assert.deepStrictEqual(tags(report), ["Failed", "NotSent", "NotSent", "NotSent"])
          assert.deepStrictEqual(sizes(seen), [4, 2, 1])
        })
    )
  )
  it.effect("by bytes: what follows is as large as was taken, not one by one", () =>
    withClient(
      ({ body }) => (body.length > 2000 ? tooLarge : answer(body)),
      (client, seen) =>
        Effect.gen(function* () {
          const report = yield* client.bulk(names(64).map(user), wide)
          assert.isTrue(tags(report).every((tag) => tag === "Done"))
          assert.isAtMost(seen.length, 14)
        })
    )
  )
  it.effect("by number: small operations after large ones do not make the large ones go alone", () =>
    withClient(
      ({ body }) => (parse(body).Operations.length > 8 ? tooLarge : answer(body)),
      (client, seen) =>
        Effect.gen(function* () {
          const large = (name: string): BulkOperation => ({
            method: "POST",
            path: "/Users",
            bulkId: name,
            data: { userName: name, title: "x".repeat(2000) }
          })
          const operations = [
            ...names(8).map(large),
            ...names(48).slice(8).map(user),
            ...names(56).slice(48).map(large)
          ]
          const report = yield* client.bulk(operations, { ...wide, maxPayloadSize: 16_800 })
          assert.isTrue(tags(report).every((tag) => tag === "Done"))
          assert.deepStrictEqual(sizes(seen).slice(0, 5), [8, 46, 23, 11, 5])
          assert.isAtMost(seen.length, 14)
        })
    )
  )
})
