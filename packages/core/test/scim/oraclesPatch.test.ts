// PATCH against two other implementations: the same result where they can be compared, and every disagreement of
// docs/scim-oracles.md pinned.
import type { Json, JsonObject } from "../../src/scim/Json.ts"
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as FastCheck from "fast-check"
import { scimPatch } from "scim-patch"
import { Messages, Schemas, Types } from "scimmy"
import { apply, type PatchOperation, request } from "../../src/scim/Patch.ts"
import { compact } from "../../src/scim/ResourceValue.ts"
import { loomUser } from "../../src/scim/Schemas.ts"

type Answer = Json | undefined

const ours = (resource: JsonObject, operations: ReadonlyArray<PatchOperation>): Answer => {
  const result = apply(resource, operations, loomUser)
  return Result.isSuccess(result) ? compact(result.success) : result.failure.scimType
}

const scimPatchs = (resource: JsonObject, operations: ReadonlyArray<PatchOperation>): Answer => {
  try {
    // Through JSON on both ways: the library writes into what it is given, and wants Date objects in `meta`.
    const patched: JsonObject = JSON.parse(
      JSON.stringify(scimPatch(JSON.parse(JSON.stringify(resource)), JSON.parse(JSON.stringify(operations))))
    )
    return compact(patched)
  } catch {
    return "refused"
  }
}

const scimmys = async (resource: JsonObject, operations: ReadonlyArray<PatchOperation>): Promise<Answer> => {
  try {
    const source = new Schemas.User(structuredClone(resource))
    const message = new Messages.PatchOp(JSON.parse(JSON.stringify(request(operations))))
    const result: unknown = (await message.apply(source)) ?? source
    const plain: JsonObject = JSON.parse(JSON.stringify(result))
    const { meta: _, schemas: __, ...rest } = plain
    return compact(rest)
  } catch (error) {
    return error instanceof Types.Error ? error.scimType : "refused"
  }
}

const words = FastCheck.constantFrom("a", "b", "c")
const op = (op: string, path: string | undefined, value?: Json): PatchOperation => ({
  op,
  ...(path === undefined ? {} : { path }),
  ...(value === undefined ? {} : { value })
})

// E-mails are numbered, so that none is added twice (P4, M2), and there is always one of type work (P3).
const resource = FastCheck.record({ title: FastCheck.option(words), nickName: words, familyName: words }).map(
  ({ familyName, nickName, title }): JsonObject => ({
    id: "1",
    userName: "u",
    nickName,
    active: true,
    ...(title === null ? {} : { title }),
    name: { familyName },
    emails: [{ value: "e0", type: "work" }, { value: "e1", type: "home" }, { value: "e2" }]
  })
)
const simple = FastCheck.tuple(
  FastCheck.constantFrom("add", "replace"),
  FastCheck.constantFrom(
    "title",
    "nickName",
    "displayName",
    "name.familyName",
    "name.givenName",
    'emails[type eq "work"].display'
  ),
  words
).map(([kind, path, value]) => op(kind, path, value))
const removal = FastCheck.constantFrom(
  "title",
  "nickName",
  "name.familyName",
  'emails[value eq "e1"]',
  'emails[type eq "work"].display'
).map((path) => op("remove", path))
const addition = FastCheck.integer({ min: 3, max: 1e6 }).map((n) =>
  op("add", "emails", [{ value: `e${n}`, type: "other" }])
)
const pathless = FastCheck.tuple(words, words).map(([title, givenName]) =>
  op("replace", undefined, { title, active: false, "name.givenName": givenName })
)
const operations = FastCheck.array(FastCheck.oneof(simple, removal, addition, pathless), {
  minLength: 1,
  maxLength: 6
}).filter(
  (operations) =>
    new Set(operations.filter(({ path }) => path === "emails").map((one) => JSON.stringify(one))).size ===
    operations.filter(({ path }) => path === "emails").length
)

describe("scim-patch", () => {
  it("gives the same resource where it can be compared (not: P1 to P11 of docs/scim-oracles.md)", () => {
    FastCheck.assert(
      FastCheck.property(resource, operations, (resource, operations) =>
        assert.deepStrictEqual(scimPatchs(resource, operations), ours(resource, operations))
      ),
      { numRuns: 1000 }
    )
  })
})

describe("SCIMMY's PATCH", () => {
  it("gives the same resource where it can be compared (not: M1 to M8 of docs/scim-oracles.md)", async () => {
    await FastCheck.assert(
      FastCheck.asyncProperty(resource, operations, async (resource, operations) =>
        assert.deepStrictEqual(await scimmys(resource, operations), ours(resource, operations))
      ),
      { numRuns: 300 }
    )
  })
})

const work = { value: "w", type: "work", primary: true }
const home = { value: "h", type: "home" }
const person: JsonObject = { id: "1", userName: "u", name: { givenName: "G", familyName: "F" }, emails: [work, home] }
const omit = (...names: ReadonlyArray<string>): JsonObject =>
  Object.fromEntries(Object.entries(person).filter(([key]) => !names.includes(key)))
const changed = (change: JsonObject): JsonObject => ({ ...person, ...change })
const nameless = omit("name")
const others = { "scim-patch": scimPatchs, SCIMMY: scimmys }

const rows: ReadonlyArray<readonly [string, keyof typeof others, PatchOperation, Answer, Answer]> = [
  [
    "P1",
    "scim-patch",
    op("replace", 'emails[type eq "home"]', { value: "n" }),
    changed({ emails: [work, { value: "n" }] }),
    changed({ emails: [work, { value: "n", type: "home" }] })
  ],
  [
    "P2",
    "scim-patch",
    op("add", "emails", [{ value: "n", primary: true }]),
    changed({ emails: [{ ...work, primary: false }, home, { value: "n", primary: true }] }),
    changed({ emails: [work, home, { value: "n", primary: true }] })
  ],
  [
    "P3",
    "scim-patch",
    op("add", 'emails[type eq "other"].value', "n"),
    "noTarget",
    changed({ emails: [work, home, { type: "other", value: "n" }] })
  ],
  [
    "P3",
    "scim-patch",
    op("replace", 'emails[type eq "other"].value', "n"),
    "noTarget",
    changed({ emails: [work, home, { type: "other", value: "n" }] })
  ],
  ["P4", "scim-patch", op("add", undefined, { emails: [home] }), person, changed({ emails: [work, home, home] })],
  ["P5", "scim-patch", op("replace", "id", "2"), "mutability", changed({ id: "2" })],
  ["P5", "scim-patch", op("remove", "userName"), "mutability", omit("userName")],
  ["P6", "scim-patch", op("replace", "USERNAME", "n"), changed({ userName: "n" }), changed({ USERNAME: "n" })],
  ["P6", "scim-patch", op("REPLACE", "userName", "n"), changed({ userName: "n" }), "refused"],
  ["P6", "scim-patch", op("remove", 'emails[type eq "HOME"]'), changed({ emails: [work] }), person],
  ["P7", "scim-patch", op("replace", "name", null), nameless, "refused"],
  ["P8", "scim-patch", op("remove", "emails", [{ value: "h" }]), changed({ emails: [work] }), person],
  ["P9", "scim-patch", op("remove", 'photos[type eq "x"]'), person, "refused"],
  ["P9", "scim-patch", op("remove", 'emails[type eq "other"].display'), person, "refused"],
  [
    "P10",
    "scim-patch",
    op("replace", "emails", { value: "n" }),
    changed({ emails: [{ value: "n" }] }),
    changed({
      emails: [
        { ...work, value: "n" },
        { ...home, value: "n" }
      ]
    })
  ],
  ["P11", "scim-patch", op("replace", "active", "False"), changed({ active: false }), changed({ active: "False" })],
  [
    "M1",
    "SCIMMY",
    op("replace", "name", { givenName: "X" }),
    changed({ name: { givenName: "X", familyName: "F" } }),
    changed({ name: { givenName: "X" } })
  ],
  ["M1", "SCIMMY", op("replace", "name", { givenName: null }), changed({ name: { familyName: "F" } }), nameless],
  ["M2", "SCIMMY", op("add", "emails", [home]), person, changed({ emails: [work, home, home] })],
  [
    "M3",
    "SCIMMY",
    op("add", "emails", [{ value: "n", primary: true }]),
    changed({ emails: [{ ...work, primary: false }, home, { value: "n", primary: true }] }),
    changed({ emails: [work, home, { value: "n", primary: true }] })
  ],
  [
    "M4",
    "SCIMMY",
    op("replace", "emails.type", "other"),
    changed({
      emails: [
        { ...work, type: "other" },
        { ...home, type: "other" }
      ]
    }),
    "invalidValue"
  ],
  [
    "M5",
    "SCIMMY",
    op("replace", "urn:ietf:params:scim:schemas:core:2.0:User:userName", "n"),
    changed({ userName: "n" }),
    "invalidPath"
  ],
  ["M5", "SCIMMY", op("add", "colour", "red"), changed({ colour: "red" }), "invalidPath"],
  ["M6", "SCIMMY", op("replace", "USERNAME", "n"), changed({ userName: "n" }), "invalidPath"],
  ["M6", "SCIMMY", op("remove", 'emails[type eq "HOME"]'), changed({ emails: [work] }), person],
  ["M7", "SCIMMY", op("remove", "userName"), "mutability", "invalidValue"],
  ["M8", "SCIMMY", op("replace", "active", "False"), changed({ active: false }), "invalidValue"]
]

describe("disagreements", () => {
  for (const [id, name, operation, ourAnswer, theirAnswer] of rows) {
    it(`${id} ${name} differs: ${JSON.stringify(operation)}`, async () => {
      assert.deepStrictEqual(ours(person, [operation]), ourAnswer)
      assert.deepStrictEqual(await others[name](person, [operation]), theirAnswer)
    })
  }
})
