import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { ManagedChange } from "../../src/ports/Runs.ts"
import type { JsonObject } from "../../src/scim/Json.ts"
import { memberIds } from "../../src/scim/Members.ts"
import { played } from "../scim/ScimClient.harness.ts"
import { groupAdopt, groupCreate, groupDelete, groupRename, members } from "./performActions.ts"
import { Directory, watching } from "./PerformServer.harness.ts"

const red = (...ids: ReadonlyArray<string>): JsonObject => ({
  id: "g",
  displayName: "Red",
  externalId: "red",
  ...(ids.length === 0 ? {} : { members: ids.map((value) => ({ value })) })
})
const many = (count: number) => Array.from({ length: count }, (_, at) => `u${at}`)
const inGroup = (directory: Directory, id = "g") => memberIds(directory.groups.get(id) ?? {})
const keep = (id: string): ManagedChange => ({
  _tag: "Keep",
  resource: { endpoint: "Groups", id, key: "red", digest: null, groups: [] }
})
describe("creating a group", () => {
  it.effect("sends members afterwards", () =>
    Effect.gen(function* () {
      const directory = new Directory()
      yield* watching(directory, ({ methods, run, seen }) =>
        Effect.gen(function* () {
          const performed = yield* run(groupCreate(members(...many(600))))
          assert.deepStrictEqual(performed, {
            outcome: { _tag: "Done", id: "new/1", by: "answer" },
            managed: [keep("new/1")]
          })
          assert.deepStrictEqual(methods(), ["POST", "PATCH", "PATCH", "GET"])
          assert.notInclude(seen[0]?.body, "members")
          assert.strictEqual(inGroup(directory, "new/1").length, 600)
          yield* run(groupCreate([]))
          assert.deepStrictEqual(methods(), ["POST"])
        })
      )
    })
  )
  it.effect("in doubt it is found by external id or name, and its members are completed", () =>
    Effect.gen(function* () {
      const { externalId: _, ...nameless } = red("u0")
      for (const [group, looks] of [
        [red("u0"), 1],
        [nameless, 2]
      ] as const) {
        const directory = new Directory([], [group])
        yield* watching(directory, ({ methods, run }) =>
          Effect.gen(function* () {
            const { managed, outcome } = yield* run(groupCreate(members("u0", "u1")), true)
            assert.deepStrictEqual(outcome, { _tag: "Done", id: "g", by: "found" })
            assert.deepStrictEqual(managed, [keep("g")])
            assert.deepStrictEqual(methods(), [...Array.from({ length: looks }, () => "GET"), "GET", "PATCH", "GET"])
            assert.deepStrictEqual(inGroup(directory), ["u0", "u1"])
          })
        )
      }
    })
  )
  it.effect("in doubt a group of that name with another external id is not taken for it", () =>
    Effect.gen(function* () {
      const directory = new Directory([], [{ ...red(), externalId: "rouge" }])
      const { outcome } = yield* watching(directory, ({ run }) => run(groupCreate([]), true))
      assert.include(outcome, { _tag: "Done", id: "new/1", by: "answer" })
    })
  )
  it.effect("in doubt it is not created where it cannot be looked up: servers take any number of one name", () =>
    Effect.gen(function* () {
      for (const [answer, error] of [
        [{ status: 400, body: { scimType: "invalidFilter" } }, "InvalidFilter"],
        [{ body: { totalResults: 5, Resources: [] } }, "ListIncomplete"]
      ] as const) {
        const directory = new Directory()
        directory.interferes = ({ method }) => (method === "GET" ? answer : null)
        const { managed, outcome } = yield* watching(directory, ({ run }) => run(groupCreate([]), true))
        assert.include(outcome, { _tag: "Failed", error })
        assert.isEmpty(managed)
        assert.strictEqual(directory.groups.size, 0)
      }
    })
  )
  it.effect("in doubt it is not created where only its external id can be looked up: servers forget those", () =>
    Effect.gen(function* () {
      const { externalId: _, ...nameless } = red()
      const directory = new Directory([], [nameless])
      directory.interferes = ({ query }) =>
        query.get("filter")?.startsWith("displayName") === true ? { status: 503 } : null
      const { exit } = yield* played(watching(directory, ({ run }) => run(groupCreate([]), true)))
      assert.strictEqual(exit._tag, "Failure")
      assert.strictEqual(directory.groups.size, 1)
    })
  )
  it.effect("members that cannot be sent leave the group, and what is uncertain is asked again", () =>
    Effect.gen(function* () {
      for (const [answer, isOver] of [
        [{ status: 400 }, true],
        [{ status: 401 }, true],
        [{ status: 500 }, false],
        ["ECONNRESET", false]
      ] as const) {
        const directory = new Directory()
        directory.interferes = ({ method }) => (method === "PATCH" ? answer : null)
        const { exit } = yield* played(watching(directory, ({ run }) => Effect.result(run(groupCreate(members("u0"))))))
        assert.isTrue(exit._tag === "Success")
        if (exit._tag === "Failure") continue
        const { value } = exit
        assert.strictEqual(value._tag, isOver ? "Success" : "Failure")
        if (value._tag === "Failure") continue
        const { managed, outcome } = value.success
        assert.isTrue(outcome._tag === "Doubtful" && outcome.doubt.includes("members were not all added"))
        assert.deepStrictEqual(managed, [keep("new/1")])
      }
    })
  )
  it.effect("in doubt, members that cannot be sent because of the connection are an error", () =>
    Effect.gen(function* () {
      const directory = new Directory([], [red()])
      directory.interferes = ({ method }) => (method === "PATCH" ? { status: 401 } : null)
      const error = yield* Effect.flip(watching(directory, ({ run }) => run(groupCreate(members("u0")), true)))
      assert.strictEqual(error._tag, "Unauthorized")
    })
  )
})

describe("changing a group", () => {
  it.effect("takes one request, and none but a look when it is so already", () =>
    Effect.gen(function* () {
      for (const action of [groupRename, groupAdopt]) {
        const before = { ...red("u0"), displayName: "Rot", externalId: "rot" }
        yield* watching(new Directory([], [before]), ({ methods, run }) =>
          Effect.gen(function* () {
            const performed = yield* run(action)
            assert.deepStrictEqual(performed, {
              outcome: { _tag: "Done", id: "g", by: "answer" },
              managed: [keep("g")]
            })
            assert.deepStrictEqual(methods(), ["PATCH"])
            assert.include((yield* run(action, true)).outcome, { _tag: "Done", by: "found" })
            assert.deepStrictEqual(methods(), ["GET"])
          })
        )
      }
    })
  )
  it.effect("deleting takes one request; one that is gone is done after a look", () =>
    watching(new Directory([], [red()]), ({ methods, run }) =>
      Effect.gen(function* () {
        const managed = [{ _tag: "Forget", endpoint: "Groups", id: "g" }] as const
        assert.deepStrictEqual(yield* run(groupDelete), { outcome: { _tag: "Done", id: "g", by: "answer" }, managed })
        assert.deepStrictEqual(methods(), ["DELETE"])
        assert.deepStrictEqual(yield* run(groupDelete), { outcome: { _tag: "Done", id: "g", by: "found" }, managed })
        assert.deepStrictEqual(methods(), ["DELETE", "GET"])
      })
    )
  )
})
