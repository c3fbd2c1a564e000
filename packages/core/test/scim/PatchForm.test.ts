import { isJsonObject, type Json, type JsonObject } from "../../src/scim/Json.ts"
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as FastCheck from "fast-check"
import { apply, type PatchOperation as WireOperation } from "../../src/scim/Patch.ts"
import { diff } from "../../src/scim/PatchDiff.ts"
import * as PatchForm from "../../src/scim/PatchForm.ts"
import { type Behaviour, standard } from "../../src/scim/Profile.ts"
import { compact, isArray } from "../../src/scim/ResourceValue.ts"
import { groupType, loomUser } from "../../src/scim/Schemas.ts"
import type { PatchOperation } from "../../src/scim/ScimClientTypes.ts"
import { resource } from "./ResourceArbitrary.ts"

const behaviours: ReadonlyArray<Partial<Behaviour>> = [
  {},
  { patchOp: "capitalised" },
  { pathless: false },
  { memberRemoval: "oneFilter" },
  { maxOperations: 2, maxMembers: 3 },
  { clearMembers: false, patchOp: "capitalised", maxMembers: 2 }
]

const isOp = (op: string): op is PatchOperation["op"] => op === "add" || op === "replace" || op === "remove"

/** What the diff makes, in the client's own type. */
const typed = (operations: ReadonlyArray<WireOperation>): ReadonlyArray<PatchOperation> =>
  operations.map(({ op, path, value }): PatchOperation => {
    if (!isOp(op)) throw new Error(op)
    if (op !== "remove") return { op, value: value ?? null, ...(path === undefined ? {} : { path }) }
    if (path === undefined) throw new Error("a removal without a path")
    return { op, path, ...(value === undefined ? {} : { value }) }
  })

const idsOf = (group: JsonObject): ReadonlyArray<string> => {
  const { members } = group
  return (Array.isArray(members) ? members : []).map((member) => JSON.parse(JSON.stringify(member)).value)
}

/** Values in one order, each once: adding what is there already adds nothing (RFC 7644 §3.5.2.1). */
const meaning = (value: Json | undefined): Json | undefined => {
  if (isArray(value)) return [...new Set(value.map((one) => JSON.stringify(meaning(one))))].toSorted()
  if (!isJsonObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, meaning(one) ?? null]))
}

describe("encode", () => {
  for (const type of [groupType, loomUser]) {
    for (const change of behaviours) {
      it(`does to a ${type.name} what the operations do, with ${JSON.stringify(change)}`, () => {
        FastCheck.assert(
          FastCheck.property(resource(type), resource(type), (before, after) => {
            const made = diff(before, after, type)
            const operations = typed(made)
            const behaviour = { ...standard, ...change }
            const whole = apply(before, operations, type)
            if (Result.isFailure(whole)) return
            let now: JsonObject = before
            for (const request of PatchForm.encode(operations, behaviour, idsOf(before))) {
              if (behaviour.maxOperations !== null) assert.isAtMost(request.length, behaviour.maxOperations)
              const next = apply(now, request, type)
              if (Result.isFailure(next)) throw new Error(JSON.stringify({ before, operations, request, next }))
              now = next.success
            }
            assert.deepStrictEqual(meaning(compact(now)), meaning(compact(whole.success)))
          }),
          { numRuns: 200 }
        )
      })
    }
  }

  const forms: ReadonlyArray<readonly [string, PatchOperation, Partial<Behaviour>, ReadonlyArray<WireOperation>]> = [
    [
      "a removal by filter becomes one by value",
      { op: "remove", path: 'members[value eq "a" or value eq "b"]' },
      { memberRemoval: "valueList" },
      [{ op: "remove", path: "members", value: [{ value: "a" }, { value: "b" }] }]
    ],
    [
      "a removal by value becomes one filter each",
      { op: "remove", path: "members", value: [{ value: "a" }, { value: "b" }] },
      {},
      [
        { op: "remove", path: 'members[value eq "a"]' },
        { op: "remove", path: 'members[value eq "b"]' }
      ]
    ],
    [
      "a removal by another filter is left as it is",
      { op: "remove", path: 'members[display sw "a"]' },
      { memberRemoval: "valueList" },
      [{ op: "remove", path: 'members[display sw "a"]' }]
    ],
    [
      "dotted keys become values within values",
      { op: "replace", value: { "name.givenName": "Ada", "name.familyName": "L", title: "Dr" } },
      {},
      [{ op: "replace", value: { name: { givenName: "Ada", familyName: "L" }, title: "Dr" } }]
    ],
    ["null is a removal", { op: "replace", path: "title", value: null }, {}, [{ op: "remove", path: "title" }]],
    [
      "sub-attributes and extensions get paths of their own",
      { op: "replace", value: { name: { givenName: "Ada" }, "urn:x:User": { role: "admin" }, active: true } },
      { pathless: false },
      [
        { op: "replace", path: "name.givenName", value: "Ada" },
        { op: "replace", path: "urn:x:User:role", value: "admin" },
        { op: "replace", path: "active", value: true }
      ]
    ],
    [
      "display is sent along, and one that is given is kept",
      { op: "add", path: "members", value: [{ value: "a" }, { value: "b", display: "Bea" }] },
      { memberDisplay: true },
      [
        {
          op: "add",
          path: "members",
          value: [
            { value: "a", display: "a" },
            { value: "b", display: "Bea" }
          ]
        }
      ]
    ]
  ]
  for (const [title, operation, change, expected] of forms) {
    it(title, () => {
      assert.deepStrictEqual(PatchForm.encode([operation], { ...standard, ...change }), [expected])
    })
  }
})

describe("alternatives", () => {
  const quirksOf = (operations: ReadonlyArray<PatchOperation>, change: Partial<Behaviour> = {}, isCaseKnown = false) =>
    PatchForm.alternatives(operations, { ...standard, ...change }, isCaseKnown).map(({ quirk }) => quirk)

  it("offers another spelling only while none was taken", () => {
    const rename: PatchOperation = { op: "replace", path: "displayName", value: "x" }
    assert.deepStrictEqual(quirksOf([rename]), ["patchOpLowerCaseRefused"])
    assert.deepStrictEqual(quirksOf([rename], { patchOp: "capitalised" }), ["patchOpCapitalisedRefused"])
    assert.isEmpty(quirksOf([rename], {}, true))
  })
  it("offers what fits the operations", () => {
    assert.deepStrictEqual(quirksOf([{ op: "replace", value: { title: "x" } }], {}, true), ["pathlessReplaceRefused"])
    assert.deepStrictEqual(quirksOf([{ op: "remove", path: "members" }], {}, true), [
      "clearMembersRefused",
      "memberFilterRemovalRefused"
    ])
    assert.deepStrictEqual(quirksOf([{ op: "add", path: "members", value: [{ value: "a" }] }], {}, true), [
      "memberDisplayRequired"
    ])
  })
  it("combines them, but leaves out what changes nothing by itself", () => {
    const all = PatchForm.alternatives([{ op: "remove", path: "members" }], standard, true)
    assert.deepStrictEqual(
      PatchForm.combinations(all).map((chosen) => chosen.map(({ quirk }) => quirk)),
      [["clearMembersRefused"], ["clearMembersRefused", "memberFilterRemovalRefused"]]
    )
  })
  it("doubts a removal by value, which the RFC takes for the removal of all", () => {
    const [first] = PatchForm.alternatives([{ op: "remove", path: 'members[value eq "a"]' }], standard, true)
    assert.isTrue(first?.isDoubtful)
  })
})
