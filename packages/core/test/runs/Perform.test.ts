import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { perform } from "../../src/runs/Perform.ts"
import type { JsonObject } from "../../src/scim/Json.ts"
import { enterpriseUserUrn } from "../../src/scim/Schemas.ts"
import { adopt, ada, create, deactivate, reactivate, remove, roleChange, update } from "./performActions.ts"
import { Directory, watching } from "./PerformServer.harness.ts"

const keep = {
  _tag: "Keep",
  resource: { endpoint: "Users", id: "a", key: "e1", digest: null, groups: [] }
} as const

const withoutRole = (resource: JsonObject): JsonObject => {
  const { [enterpriseUserUrn]: _, ...rest } = resource
  return rest
}

describe("creating", () => {
  it.effect("takes one request", () =>
    watching(new Directory(), ({ methods, run }) =>
      Effect.gen(function* () {
        const performed = yield* run(create())
        const resource = { ...keep.resource, id: "new/1" }
        assert.deepStrictEqual(performed, {
          outcome: { _tag: "Done", id: "new/1", by: "answer" },
          managed: [{ ...keep, resource }]
        })
        assert.deepStrictEqual(methods(), ["POST"])
      })
    )
  )
  it.effect("in doubt: whoever has our external id is found, by the name in one request, else in two", () =>
    Effect.gen(function* () {
      for (const [user, expected] of [
        [ada, ["GET"]],
        [{ ...ada, userName: "renamed@example.com" }, ["GET", "GET"]]
      ] as const) {
        const stranger = { id: "z", userName: "zoe@example.com" }
        yield* watching(new Directory([stranger, user]), ({ methods, run }) =>
          Effect.gen(function* () {
            const performed = yield* run(create(), true)
            assert.deepStrictEqual(performed, { outcome: { _tag: "Done", id: "a", by: "found" }, managed: [keep] })
            assert.deepStrictEqual(methods(), expected)
          })
        )
      }
    })
  )
  it.effect("in doubt: nobody there takes two look-ups and the creation", () =>
    watching(new Directory([{ id: "z", userName: "zoe@example.com" }]), ({ methods, run }) =>
      Effect.gen(function* () {
        assert.include((yield* run(create(), true)).outcome, { _tag: "Done", by: "answer" })
        assert.deepStrictEqual(methods(), ["GET", "GET", "POST"])
      })
    )
  )
  it.effect("in doubt: servers that ignore filters or keep no external ids do not mislead", () =>
    Effect.gen(function* () {
      const directory = new Directory([{ id: "z", userName: "zoe@example.com", externalId: "e2" }])
      directory.ignoresFilters = true
      directory.forgetsExternalIds = true
      yield* watching(directory, ({ run, seen }) =>
        Effect.gen(function* () {
          const first = yield* run(create())
          const second = yield* run(create(), true)
          assert.include(first.outcome, { id: "new/1" })
          assert.deepStrictEqual(second.outcome, { _tag: "Done", id: "new/1", by: "found" })
          assert.strictEqual(seen.filter(({ method }) => method === "POST").length, 1)
        })
      )
    })
  )
  it.effect("in doubt: when nobody can be looked up because of the connection, nothing is created", () =>
    Effect.gen(function* () {
      const directory = new Directory()
      directory.interferes = ({ method }) => (method === "GET" ? { status: 401 } : null)
      yield* watching(directory, ({ methods, run }) =>
        Effect.gen(function* () {
          assert.strictEqual((yield* Effect.flip(run(create(), true)))._tag, "Unauthorized")
          assert.notInclude(methods(), "POST")
        })
      )
    })
  )
  it.effect("in doubt: a server without filters refuses a second user by itself", () =>
    Effect.gen(function* () {
      const directory = new Directory([ada])
      directory.interferes = ({ method }) =>
        method === "GET" ? { status: 400, body: { scimType: "invalidFilter" } } : null
      const { outcome } = yield* watching(directory, ({ run }) => run(create(), true))
      assert.include(outcome, { _tag: "Failed", error: "Conflict" })
      assert.strictEqual(directory.users.size, 1)
    })
  )
  it.effect("a conflict with our own key is done, one with anybody else is not", () =>
    Effect.gen(function* () {
      const { externalId: _, ...nameless } = ada
      const others: ReadonlyArray<readonly [JsonObject, boolean, string]> = [
        [ada, false, "Done"],
        [nameless, false, "Failed"],
        [nameless, true, "Done"],
        [{ ...ada, externalId: "e2" }, false, "Failed"],
        [{ ...ada, externalId: "e2" }, true, "Failed"]
      ]
      for (const [user, inDoubt, tag] of others) {
        const { managed, outcome } = yield* watching(new Directory([user]), ({ run }) => run(create(), inDoubt))
        assert.strictEqual(outcome._tag, tag, JSON.stringify([user, inDoubt]))
        assert.deepStrictEqual(managed, tag === "Done" ? [keep] : [])
        if (outcome._tag === "Done") assert.strictEqual(outcome.by, "found")
        else assert.include(outcome, { error: "Conflict" })
      }
    })
  )
  it.effect("a role that the answer shows not to have been taken is doubtful, and costs no request", () =>
    Effect.gen(function* () {
      const directory = new Directory()
      directory.keeps = withoutRole
      yield* watching(directory, ({ methods, run }) =>
        Effect.gen(function* () {
          const { managed, outcome } = yield* run(create({ [enterpriseUserUrn]: { loomMemberRole: "admin" } }))
          assert.isTrue(outcome._tag === "Doubtful" && outcome.doubt.includes("role"))
          assert.strictEqual(managed.length, 1)
          assert.deepStrictEqual(methods(), ["POST"])
        })
      )
    })
  )
})

describe("changing a user", () => {
  const inactive = { ...ada, active: false }
  const cases = [
    ["an update", update, ada, 1, 1],
    ["a role", roleChange, ada, 1, 2],
    ["letting in", reactivate, inactive, 1, 2],
    ["taking over", adopt, { ...ada, externalId: "other" }, 1, 1],
    ["shutting out", deactivate, ada, 1, 2]
  ] as const
  for (const [name, action, before, shown, silent] of cases) {
    it.effect(`${name} takes ${shown} request when the answer shows the user, else ${silent}`, () =>
      Effect.gen(function* () {
        for (const isSilent of [false, true]) {
          const directory = new Directory([before])
          directory.isSilent = isSilent
          yield* watching(directory, ({ methods, run }) =>
            Effect.gen(function* () {
              const performed = yield* run(action)
              assert.deepStrictEqual(performed, { outcome: { _tag: "Done", id: "a", by: "answer" }, managed: [keep] })
              assert.deepStrictEqual(methods(), ["PATCH", "GET"].slice(0, isSilent ? silent : shown))
              const again = yield* run(action, true)
              assert.deepStrictEqual(again, { outcome: { _tag: "Done", id: "a", by: "found" }, managed: [keep] })
              assert.deepStrictEqual(methods(), ["GET"])
            })
          )
        }
      })
    )
    it.effect(`${name}, in doubt and not done yet, is read first`, () =>
      watching(new Directory([before]), ({ methods, run }) =>
        Effect.gen(function* () {
          assert.include((yield* run(action, true)).outcome, { _tag: "Done", by: "answer" })
          assert.deepStrictEqual(methods(), ["GET", "PATCH"])
        })
      )
    )
  }
  it.effect("without a key of ours nothing is managed", () =>
    Effect.gen(function* () {
      const { managed } = yield* watching(new Directory([ada]), ({ run }) => run({ ...deactivate, key: null }))
      assert.isEmpty(managed)
    })
  )
  it.effect("what the server dropped is doubtful, after a look", () =>
    Effect.gen(function* () {
      for (const [action, keeps, word] of [
        [roleChange, withoutRole, "role"],
        [deactivate, (user: JsonObject) => ({ ...user, active: "True" }), "active: True"]
      ] as const) {
        const directory = new Directory([ada])
        directory.keeps = keeps
        yield* watching(directory, ({ methods, run }) =>
          Effect.gen(function* () {
            const { managed, outcome } = yield* run(action)
            assert.isTrue(outcome._tag === "Doubtful" && outcome.doubt.includes(word))
            assert.deepStrictEqual(managed, [keep])
            assert.deepStrictEqual(methods(), ["PATCH", "GET"])
          })
        )
      }
    })
  )
  it.effect("an answer with the user as it was before is no reason for doubt", () =>
    Effect.gen(function* () {
      const directory = new Directory([{ ...ada, active: false }])
      directory.interferes = ({ method }) => (method === "PATCH" ? { body: ada } : null)
      const { outcome } = yield* watching(directory, ({ run }) => run(deactivate))
      assert.deepStrictEqual(outcome, { _tag: "Done", id: "a", by: "answer" })
    })
  )
  it.effect("a user that cannot be read afterwards was changed all the same", () =>
    Effect.gen(function* () {
      const directory = new Directory([ada])
      directory.isSilent = true
      directory.interferes = ({ method }) => (method === "GET" ? { status: 501 } : null)
      const { managed, outcome } = yield* watching(directory, ({ run }) => run(roleChange))
      assert.isTrue(outcome._tag === "Doubtful" && outcome.doubt.includes("could not be read back"))
      assert.deepStrictEqual(managed, [keep])
    })
  )
  it.effect("a 200 without a body is believed once the user is seen to be changed", () =>
    Effect.gen(function* () {
      for (const [action, before, isDone] of [
        [update, ada, false],
        [deactivate, ada, false],
        [deactivate, ada, true]
      ] as const) {
        const directory = new Directory([before])
        directory.interferes = ({ method }) => {
          if (method !== "PATCH") return null
          if (isDone) directory.users.set("a", { ...ada, active: false })
          return { status: 200 }
        }
        yield* watching(directory, ({ methods, run }) =>
          Effect.gen(function* () {
            const { managed, outcome } = yield* run(action)
            assert.strictEqual(outcome._tag, isDone ? "Done" : "Doubtful")
            assert.isTrue(isDone || (outcome._tag === "Doubtful" && outcome.doubt.includes("200 with nothing")))
            assert.deepStrictEqual(managed, [keep])
            assert.deepStrictEqual(methods(), ["PATCH", "GET"])
          })
        )
      }
    })
  )
  it.effect("an operation that is none is not sent", () =>
    watching(new Directory([ada]), ({ methods, run }) =>
      Effect.gen(function* () {
        const { outcome } = yield* run({ ...update, operations: [{ op: "remove" }] })
        assert.include(outcome, { _tag: "Failed", error: "InvalidRequest" })
        assert.isEmpty(methods())
      })
    )
  )
})

describe("somebody who is gone", () => {
  const forget = [{ _tag: "Forget", endpoint: "Users", id: "a" }] as const

  it.effect("has lost access: done, once a look says the same", () =>
    Effect.gen(function* () {
      for (const action of [deactivate, remove]) {
        for (const inDoubt of [false, true]) {
          yield* watching(new Directory(), ({ methods, run }) =>
            Effect.gen(function* () {
              const performed = yield* run(action, inDoubt)
              assert.deepStrictEqual(performed, { outcome: { _tag: "Done", id: "a", by: "found" }, managed: forget })
              assert.strictEqual(methods().length, 2)
            })
          )
        }
      }
    })
  )
  it.effect("is not gone when only the change was answered with 404", () =>
    Effect.gen(function* () {
      const directory = new Directory([ada])
      directory.interferes = ({ method }) => (method === "GET" ? null : { status: 404 })
      for (const action of [deactivate, remove]) {
        const { outcome } = yield* watching(directory, ({ run }) => run(action))
        assert.include(outcome, { _tag: "Failed", error: "NotFound" })
      }
    })
  )
  it.effect("cannot be changed otherwise", () =>
    Effect.gen(function* () {
      for (const action of [update, roleChange, reactivate, adopt]) {
        const { managed, outcome } = yield* watching(new Directory(), ({ run }) => run(action))
        assert.include(outcome, { _tag: "Failed", error: "NotFound" })
        assert.isEmpty(managed)
      }
    })
  )
  it.effect("a deletion takes one request", () =>
    watching(new Directory([ada]), ({ methods, run }) =>
      Effect.gen(function* () {
        const performed = yield* run(remove)
        assert.deepStrictEqual(performed, { outcome: { _tag: "Done", id: "a", by: "answer" }, managed: forget })
        assert.deepStrictEqual(methods(), ["DELETE"])
      })
    )
  )
})

it.effect("what does nothing sends nothing", () =>
  watching(new Directory(), ({ client, methods }) =>
    Effect.gen(function* () {
      const common = { endpoint: "Users", key: null, label: "ada", at: null } as const
      const result = yield* Effect.result(
        perform(
          client,
          { _tag: "Conflict", ...common, reason: "sameKey", ids: [], detail: "" },
          { inDoubt: true, idOf: () => null }
        )
      )
      assert.deepStrictEqual(Result.getOrThrow(result).outcome, { _tag: "Dropped", reason: "conflict" })
      assert.isEmpty(methods())
    })
  )
)
