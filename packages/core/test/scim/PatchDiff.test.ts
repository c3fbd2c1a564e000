import { isJsonObject, type Json, type JsonObject } from "../../src/scim/Json.ts"
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as FastCheck from "fast-check"
import type { Attribute, ResourceType } from "../../src/scim/Attribute.ts"
import { apply, type PatchOperation } from "../../src/scim/Patch.ts"
import { diff, type DiffOptions, inexpressible } from "../../src/scim/PatchDiff.ts"
import { chunk } from "../../src/scim/PatchDiffChunk.ts"
import { compact, fingerprint, isArray } from "../../src/scim/ResourceValue.ts"
import { enterpriseUserUrn, groupType, loomUser } from "../../src/scim/Schemas.ts"
import { resource } from "./ResourceArbitrary.ts"

/** The values in one order, each once. */
const once = (values: ReadonlyArray<Json>): ReadonlyArray<Json> => {
  const byText = new Map(values.map((value) => [fingerprint(value), value]))
  return [...byText].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value)
}

/** What a resource says: without read-only attributes, `schemas` and unassigned values, with values in one order. */
const meaning = (value: JsonObject, type: ResourceType): Json | undefined => {
  const prune = (object: JsonObject, attributes: ReadonlyMap<string, Attribute>): JsonObject =>
    Object.fromEntries(
      Object.entries(object).flatMap(([key, entry]): ReadonlyArray<[string, Json]> => {
        const attribute = attributes.get(key.toLowerCase())
        if (attribute?.mutability === "readOnly" || key === "schemas") return []
        const extension = type.extensions.get(key.toLowerCase())
        if (isJsonObject(entry))
          return [[key, prune(entry, extension?.attributes ?? attribute?.subAttributes ?? new Map())]]
        return [[key, isArray(entry) ? once(entry) : entry]]
      })
    )
  const compacted = compact(value)
  return compact(prune(isJsonObject(compacted) ? compacted : {}, type.core.attributes))
}

const claims = (value: JsonObject): ReadonlyArray<string> =>
  Object.keys(value).filter((key) => key.startsWith("urn:") && compact(value[key]) !== undefined)

const sorted = (value: Json | undefined): ReadonlyArray<Json> => (isArray(value) ? value.toSorted() : [])

const settings: ReadonlyArray<DiffOptions> = [
  {},
  { sets: "perAttribute", memberRemoval: "eachFilter", clearAll: false },
  { memberRemoval: "valueList" }
]

describe("diff", () => {
  for (const type of [loomUser, groupType]) {
    it(`leads from any ${type.name} to any other`, () => {
      const pair = FastCheck.tuple(resource(type), resource(type), FastCheck.constantFrom(...settings))
      FastCheck.assert(
        FastCheck.property(pair, ([a, b, options]) => {
          const before = structuredClone(a)
          const result = Result.getOrThrow(apply(a, diff(a, b, type, options), type))
          assert.deepStrictEqual(meaning(result, type), meaning(b, type))
          assert.deepStrictEqual(a, before)
          assert.deepStrictEqual(sorted(result["schemas"]), sorted([type.core.id, ...claims(result)]))
          assert.deepStrictEqual(diff(result, b, type, options), [])
        }),
        { numRuns: 600 }
      )
    })

    it(`does the same for ${type.name} when cut into requests`, () => {
      const limits = FastCheck.record({
        maxOperations: FastCheck.integer({ min: 1, max: 3 }),
        maxMembers: FastCheck.integer({ min: 1, max: 3 })
      })
      const pair = FastCheck.tuple(resource(type), resource(type), limits, FastCheck.constantFrom(...settings))
      FastCheck.assert(
        FastCheck.property(pair, ([a, b, limits, options]) => {
          let state: JsonObject = a
          for (const operations of chunk(diff(a, b, type, options), limits)) {
            assert.isAtMost(operations.length, limits.maxOperations)
            for (const operation of operations) assert.isAtMost(longest(operation), limits.maxMembers)
            state = Result.getOrThrow(apply(state, operations, type))
          }
          assert.deepStrictEqual(meaning(state, type), meaning(b, type))
        }),
        { numRuns: 300 }
      )
    })
  }

  it("sets everything in one operation and removes each that is gone", () => {
    const a = { schemas: [], userName: "a", title: "t", nickName: "n", name: { givenName: "G", familyName: "F" } }
    const b = {
      schemas: [],
      userName: "b",
      active: false,
      name: { givenName: "H", familyName: "F" },
      emails: [{ value: "x" }],
      [enterpriseUserUrn]: { department: "d" }
    }
    assert.deepStrictEqual(diff(a, b, loomUser), [
      { op: "remove", path: "title" },
      { op: "remove", path: "nickName" },
      {
        op: "replace",
        value: {
          userName: "b",
          active: false,
          name: { givenName: "H" },
          emails: [{ value: "x" }],
          [enterpriseUserUrn]: { department: "d" }
        }
      }
    ])
    assert.deepStrictEqual(diff(b, { ...b, [enterpriseUserUrn]: {} }, loomUser), [
      { op: "remove", path: enterpriseUserUrn }
    ])
    assert.deepStrictEqual(diff(a, { ...a, photos: [], displayName: null }, loomUser), [])
  })

  it("does not touch what only a server sets", () => {
    const a = { id: "1", userName: "a", meta: { version: "1" }, groups: [{ value: "g" }] }
    assert.deepStrictEqual(diff(a, { userName: "a", id: "2", schemas: ["x"] }, loomUser), [])
  })

  it("takes a reordered list for the same", () => {
    const emails = [{ value: "a", type: "work" }, { value: "b" }]
    assert.deepStrictEqual(diff({ emails }, { emails: emails.toReversed() }, loomUser), [])
  })

  const members = (...values: ReadonlyArray<string>) => ({
    displayName: "g",
    members: values.map((value) => ({ value }))
  })

  it("tells members apart by value, in one removal and one addition", () => {
    const a = {
      displayName: "g",
      members: [{ value: "a", display: "Ann", $ref: "/Users/a" }, { value: "b" }, { value: "c" }]
    }
    assert.deepStrictEqual(diff(a, members("d", "a"), groupType), [
      { op: "remove", path: 'members[value eq "b" or value eq "c"]' },
      { op: "add", path: "members", value: [{ value: "d" }] }
    ])
    assert.deepStrictEqual(diff(a, members("a"), groupType, { memberRemoval: "eachFilter" }), [
      { op: "remove", path: 'members[value eq "b"]' },
      { op: "remove", path: 'members[value eq "c"]' }
    ])
    assert.deepStrictEqual(diff(a, members("a"), groupType, { memberRemoval: "valueList" }), [
      { op: "remove", path: "members", value: [{ value: "b" }, { value: "c" }] }
    ])
  })

  it("clears the last members as the server allows", () => {
    assert.deepStrictEqual(diff(members("a"), members(), groupType), [{ op: "remove", path: "members" }])
    assert.deepStrictEqual(diff(members("a"), members(), groupType, { clearAll: false }), [
      { op: "remove", path: 'members[value eq "a"]' }
    ])
  })

  it("stays fast on large groups", () => {
    const many = members(...Array.from({ length: 20_000 }, (_, index) => `u${index}`))
    const others = members(...Array.from({ length: 20_000 }, (_, index) => `u${index + 10_000}`))
    const requests = chunk(diff(many, others, groupType), { maxOperations: 1, maxMembers: 1000 })
    assert.lengthOf(requests, 20)
    let state: JsonObject = many
    for (const operations of requests) state = Result.getOrThrow(apply(state, operations, groupType))
    assert.lengthOf(diff(state, others, groupType), 0)
  }, 20_000)

  it("names what no path can express", () => {
    assert.deepStrictEqual(inexpressible({ userName: "a", "a b": 1, "urn:x:1.0:Y": {}, "urn:x:1.0:Z": 1, "a.b": 2 }), [
      "a b",
      "urn:x:1.0:Z",
      "a.b"
    ])
    assert.deepStrictEqual(diff({ "a b": 1 }, {}, loomUser), [])
  })
})

const longest = ({ path, value }: PatchOperation): number => {
  const lists = isArray(value)
    ? [value]
    : path === undefined && isJsonObject(value)
      ? Object.values(value).filter(isArray)
      : []
  return Math.max(path?.split(" or ").length ?? 1, ...lists.map((list) => list.length))
}

describe("chunk", () => {
  it("leaves what fits alone", () => {
    const operations = [
      { op: "replace", path: "emails", value: [{ value: "a" }] },
      { op: "remove", path: "title" }
    ]
    assert.deepStrictEqual(chunk(operations, {}), [operations])
    assert.deepStrictEqual(chunk([], { maxOperations: 1 }), [])
  })

  it("replaces once and adds the rest", () => {
    assert.deepStrictEqual(chunk([{ op: "Replace", path: "members", value: ["a", "b", "c"] }], { maxMembers: 2 }), [
      [
        { op: "Replace", path: "members", value: ["a", "b"] },
        { op: "add", path: "members", value: ["c"] }
      ]
    ])
  })
})
