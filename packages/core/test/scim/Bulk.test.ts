import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as FastCheck from "fast-check"
import type { BulkOperation } from "../../src/scim/Bulk.ts"
import * as Bulk from "../../src/scim/Bulk.ts"
import { correlate } from "../../src/scim/BulkResponse.ts"

const same = (text: string) => text
const wide = { maxOperations: 1000, maxPayloadSize: 1_000_000 }
const none = new Map<string, string>()

const post = (bulkId: string, ...members: ReadonlyArray<string>): BulkOperation => ({
  method: "POST",
  path: "/Groups",
  bulkId,
  data: { displayName: bulkId, members: members.map((name) => ({ value: `bulkId:${name}` })) }
})

const parse = (body: string): { Operations: ReadonlyArray<{ path: string; data: { members: unknown } }> } =>
  JSON.parse(body)

describe("order", () => {
  it("puts references first, keeps the order otherwise, and keeps rings together", () => {
    const operations = [post("a", "c"), post("b"), post("c"), post("x", "y"), post("y", "x"), post("z", "z")]
    assert.deepStrictEqual(Bulk.order(operations), Result.succeed([[2], [0], [1], [3, 4], [5]]))
  })
  it("sees references in paths", () => {
    const operations: ReadonlyArray<BulkOperation> = [
      { method: "PATCH", path: "/Groups/bulkId:g/x", data: {} },
      post("g")
    ]
    assert.deepStrictEqual(Bulk.order(operations), Result.succeed([[1], [0]]))
  })
  it("refuses doubled and unknown names", () => {
    assert.deepStrictEqual(
      Bulk.order([post("a"), post("a")]),
      Result.fail({ _tag: "DuplicateBulkId" as const, index: 1 })
    )
    assert.deepStrictEqual(
      Bulk.order([post("a", "b")]),
      Result.fail({ _tag: "UnknownReference" as const, index: 0, bulkId: "b" })
    )
  })
  it("takes a chain of 20 000 without overflow", () => {
    const chain = Array.from({ length: 20_000 }, (_, at) => (at === 0 ? post("0") : post(`${at}`, `${at - 1}`)))
    const units = Result.getOrThrow(Bulk.order(chain.toReversed()))
    assert.deepStrictEqual(units[0], [19_999])
    assert.strictEqual(units.length, 20_000)
  })
  it("any graph: each once, and every reference is in the same unit or an earlier one", () => {
    const size = 12
    const graph = FastCheck.array(FastCheck.array(FastCheck.nat(size - 1), { maxLength: 3 }), {
      minLength: size,
      maxLength: size
    })
    FastCheck.assert(
      FastCheck.property(graph, (edges) => {
        const operations = edges.map((targets, at) => post(`${at}`, ...targets.map(String)))
        const units = Result.getOrThrow(Bulk.order(operations))
        assert.deepStrictEqual(
          units.flat().toSorted((a, b) => a - b),
          operations.map((_, at) => at)
        )
        const done = new Set<number>()
        for (const unit of units) {
          for (const member of unit) done.add(member)
          for (const member of unit) for (const target of edges[member] ?? []) assert.isTrue(done.has(target))
        }
      })
    )
  })
})

describe("takeBatch", () => {
  const ops = [post("a"), post("ä€😀"), post("c")]
  const units = [[0], [1], [2]]
  it("counts operations", () => {
    const batch = Result.getOrThrow(Bulk.takeBatch(ops, units, none, { ...wide, maxOperations: 2 }, 5))
    assert.deepStrictEqual([batch.indices, batch.units], [[0, 1], 2])
    assert.deepNestedInclude(JSON.parse(batch.body), {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
      failOnErrors: 5
    })
  })
  it("counts bytes of UTF-8 exactly: one byte less takes one unit less", () => {
    const whole = Result.getOrThrow(Bulk.takeBatch(ops, units, none, wide, null))
    const bytes = new TextEncoder().encode(whole.body).byteLength
    assert.isAbove(bytes, whole.body.length)
    const exact = Bulk.takeBatch(ops, units, none, { ...wide, maxPayloadSize: bytes }, null)
    const less = Bulk.takeBatch(ops, units, none, { ...wide, maxPayloadSize: bytes - 1 }, null)
    assert.strictEqual(Result.getOrThrow(exact).units, 3)
    assert.strictEqual(Result.getOrThrow(less).units, 2)
  })
  it("refuses a unit that does not fit alone", () => {
    const refused = Bulk.takeBatch(ops, [[0, 1]], none, { ...wide, maxOperations: 1 }, null)
    assert.isTrue(Result.isFailure(refused) && refused.failure._tag === "DoesNotFit")
  })
  it("replaces references to what exists by now, and no others", () => {
    const operations: ReadonlyArray<BulkOperation> = [
      post("g", "a", "b"),
      { method: "DELETE", path: "/Users/bulkId:a", version: 'W/"1"' }
    ]
    const ids = new Map([["a", "id/1"]])
    const [group, gone] = parse(
      Result.getOrThrow(Bulk.takeBatch(operations, [[0], [1]], ids, wide, null)).body
    ).Operations
    assert.deepStrictEqual(group?.data.members, [{ value: "id/1" }, { value: "bulkId:b" }])
    assert.strictEqual(gone?.path, "/Users/id%2F1")
  })
})

describe("correlate", () => {
  const sent: ReadonlyArray<BulkOperation> = [
    post("a"),
    post("b"),
    { method: "PUT", path: "/Users/x%40y", data: {} },
    { method: "PATCH", path: "/Users/2", data: {} },
    { method: "DELETE", path: "/Users/2" },
    post("c")
  ]
  it("pairs by bulkId and location, in any order and form", () => {
    const outcomes = correlate(
      sent,
      {
        Operations: [
          { method: "DELETE", location: "https://s.example/v2/Users/2", status: "204" },
          { method: "post", bulkId: "b", status: 409, response: { scimType: "uniqueness", detail: "taken" } },
          { location: "/Users/x@y", method: "PUT", status: { code: "200" }, version: 'W/"2"', response: { id: "9" } },
          { method: "PATCH", location: "https://s.example/v2/Users/2/", status: "200 OK" },
          { method: "POST", bulkId: "a", location: "https://s.example/v2/Groups/g%201", status: "201" }
        ]
      },
      same
    )
    assert.deepStrictEqual(outcomes, [
      { _tag: "Done", status: 201, id: "g 1", version: null, resource: null },
      { _tag: "Failed", status: 409, error: { status: null, scimType: "uniqueness", detail: "taken" } },
      { _tag: "Done", status: 200, id: "9", version: 'W/"2"', resource: { id: "9" } },
      { _tag: "Done", status: 200, id: "2", version: null, resource: null },
      { _tag: "Done", status: 204, id: "2", version: null, resource: null },
      { _tag: "Unanswered" }
    ])
  })
  it("guesses nothing from positions, and survives any body", () => {
    for (const body of [undefined, null, [], {}, { Operations: [{ status: "201" }, 7] }]) {
      assert.isTrue(correlate(sent, body, same).every(({ _tag }) => _tag === "Unanswered"))
    }
    FastCheck.assert(
      FastCheck.property(FastCheck.jsonValue(), (body) => {
        assert.strictEqual(correlate(sent, { Operations: [body] }, same).length, sent.length)
      })
    )
  })
  it("uses an answer once only", () => {
    const twice: ReadonlyArray<BulkOperation> = [
      { method: "DELETE", path: "/Users/2" },
      { method: "DELETE", path: "/Users/2" }
    ]
    const outcomes = correlate(twice, { Operations: [{ method: "DELETE", location: "/Users/2", status: "204" }] }, same)
    assert.deepStrictEqual(
      outcomes.map(({ _tag }) => _tag),
      ["Done", "Unanswered"]
    )
  })
  it("takes time in proportion to a location, whatever is in it", () => {
    const sent: ReadonlyArray<BulkOperation> = [{ method: "DELETE", path: "/Users/2" }]
    const long = 200_000
    const hostile = [`${"/".repeat(long)}x/`, `/Users/2${"?".repeat(long)}\n`, "/".repeat(long)]
    const Operations = hostile.map((location) => ({ method: "DELETE", location, status: "204" }))
    const started = performance.now()
    correlate(sent, { Operations }, same)
    // Quadratic it is half a minute.
    assert.isBelow(performance.now() - started, 3000)
    const [outcome] = correlate(
      sent,
      { Operations: [{ location: "https://s.example/Users/2//", status: "204" }] },
      same
    )
    assert.isTrue(outcome?._tag === "Done" && outcome.id === "2")
  })
})

describe("learn", () => {
  const ops = ["a", "b", "c", "d"].map((name) => post(name))
  const batch = Result.getOrThrow(Bulk.takeBatch(ops, [[0], [1], [2], [3]], none, wide, null))
  const next = (learned: Bulk.BulkLimits) =>
    Result.getOrThrow(Bulk.takeBatch(ops, [[0], [1], [2], [3]], none, wide, null, learned)).indices

  it("halves the bytes, and with them operations of one size", () => {
    const learned = Bulk.learn(wide, batch, 0)
    assert.strictEqual(learned.maxOperations, wide.maxOperations)
    assert.isBelow(learned.maxPayloadSize, batch.bytes)
    assert.deepStrictEqual(next(learned), [0, 1])
  })
  it("halves the number when so many bytes were taken before", () => {
    assert.deepStrictEqual(Bulk.learn(wide, batch, batch.bytes), { ...wide, maxOperations: 2 })
    assert.strictEqual(Bulk.learn(wide, { ...batch, indices: [0] }, batch.bytes).maxOperations, 1)
  })
  it("lets a unit that exceeds what was learned go alone", () => {
    assert.deepStrictEqual(next({ maxOperations: 1, maxPayloadSize: 1 }), [0])
    const ring = Bulk.takeBatch(ops, [[0, 1], [2]], none, wide, null, { maxOperations: 1, maxPayloadSize: 1 })
    assert.deepStrictEqual(Result.getOrThrow(ring).indices, [0, 1])
  })
  it("any units: a refused request of several always becomes a smaller one", () => {
    const lengths = FastCheck.array(FastCheck.nat(400), { minLength: 2, maxLength: 12 })
    FastCheck.assert(
      FastCheck.property(lengths, FastCheck.boolean(), (all, byNumber) => {
        const operations = all.map((length, at) => post(`${at}${"x".repeat(length)}`))
        const units = operations.map((_, at) => [at])
        const refused = Result.getOrThrow(Bulk.takeBatch(operations, units, none, wide, null))
        const learned = Bulk.learn(wide, refused, byNumber ? refused.bytes : 0)
        const smaller = Result.getOrThrow(Bulk.takeBatch(operations, units, none, wide, null, learned))
        assert.isBelow(smaller.units, refused.units)
        assert.isAbove(smaller.units, 0)
      })
    )
  })
})
