import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import type { JsonObject } from "../../src/scim/Json.ts"
import { memberIds } from "../../src/scim/Members.ts"
import { groupAdopt, groupRename, members, membersAdd, membersRemove, unborn } from "./performActions.ts"
import { played } from "../scim/ScimClient.harness.ts"
import { Directory, watching } from "./PerformServer.harness.ts"

const red = (...ids: ReadonlyArray<string>): JsonObject => ({
  id: "g",
  displayName: "Red",
  externalId: "red",
  ...(ids.length === 0 ? {} : { members: ids.map((value) => ({ value })) })
})
const many = (count: number) => Array.from({ length: count }, (_, at) => `u${at}`)
const inGroup = (directory: Directory) => memberIds(directory.groups.get("g") ?? {})
const operationsIn = (body: string): number => (body === "" ? 0 : JSON.parse(body).Operations.length)
const valuesIn = (body: string): ReadonlyArray<number> =>
  JSON.parse(body).Operations.map(({ value }: { readonly value?: ReadonlyArray<unknown> }) => value?.length ?? 1)

/** Keeps everything but these members. */
const dropping =
  (...ids: ReadonlyArray<string>) =>
  (group: JsonObject): JsonObject => ({
    ...group,
    members: memberIds(group)
      .filter((id) => !ids.includes(id))
      .map((value) => ({ value }))
  })

describe("adding members", () => {
  it.effect("takes a request for each 500 and one look", () =>
    Effect.gen(function* () {
      const directory = new Directory([], [red("old")])
      yield* watching(directory, ({ methods, run, seen }) =>
        Effect.gen(function* () {
          const performed = yield* run(membersAdd(members(...many(1200))))
          assert.deepStrictEqual(performed, { outcome: { _tag: "Done", id: "g", by: "answer" }, managed: [] })
          assert.deepStrictEqual(methods(), ["PATCH", "PATCH", "PATCH", "GET"])
          assert.deepStrictEqual(
            seen.slice(0, 3).map(({ body }) => valuesIn(body)),
            [[500], [500], [200]]
          )
          assert.deepStrictEqual(inGroup(directory), ["old", ...many(1200)])
        })
      )
    })
  )
  it.effect("keeps to what the server is known to take", () =>
    watching(
      new Directory([], [red()]),
      ({ methods, run, seen }) =>
        Effect.gen(function* () {
          yield* run(membersAdd(members(...many(250))))
          assert.deepStrictEqual(methods(), ["PATCH", "PATCH", "PATCH", "GET"])
          assert.deepStrictEqual(
            seen.slice(0, 3).map(({ body }) => valuesIn(body)),
            [[100], [100], [50]]
          )
        }),
      { maxMembers: 100 }
    )
  )
  it.effect("members whom the server dropped are doubtful, by number and name", () =>
    Effect.gen(function* () {
      const directory = new Directory([], [red()])
      directory.keeps = dropping("u1", "u3")
      const { outcome } = yield* watching(directory, ({ run }) => run(membersAdd(members(...many(4)))))
      const doubt = "the server dropped 2 members: name of u1, name of u3"
      assert.deepStrictEqual(outcome, { _tag: "Doubtful", id: "g", doubt })
      directory.keeps = () => red()
      directory.hidesMembers = null
      directory.groups.set("g", red("stays"))
      directory.keeps = dropping(...many(9))
      const all = yield* watching(directory, ({ run }) => run(membersAdd(members(...many(9)))))
      assert.isTrue(
        all.outcome._tag === "Doubtful" && /dropped 9 members: (?:name of u\d, ){5}…$/.test(all.outcome.doubt)
      )
    })
  )
  it.effect("a server that shows no members by any means cannot be checked", () =>
    Effect.gen(function* () {
      const directory = new Directory([], [red()])
      directory.hidesMembers = "always"
      yield* watching(directory, ({ methods, run }) =>
        Effect.gen(function* () {
          const { outcome } = yield* run(membersAdd(members("u1")))
          assert.isTrue(outcome._tag === "Doubtful" && outcome.doubt.includes("shows no members"))
          assert.deepStrictEqual(methods(), ["PATCH", "GET", "GET"])
        })
      )
    })
  )
  it.effect("a server that shows them only when asked by name is asked so, and at once when that is known", () =>
    Effect.gen(function* () {
      for (const [quirks, looks] of [
        [{}, 2],
        [{ readsWithoutMembers: 1 }, 1]
      ] as const) {
        const directory = new Directory([], [red()])
        directory.hidesMembers = "unlessAsked"
        yield* watching(
          directory,
          ({ methods, run }) =>
            Effect.gen(function* () {
              assert.strictEqual((yield* run(membersAdd(members("u1")))).outcome._tag, "Done")
              assert.strictEqual(methods().length, 1 + looks)
            }),
          {},
          { quirks }
        )
      }
    })
  )
  it.effect("in doubt only those who are missing are sent, and nobody when all are there", () =>
    Effect.gen(function* () {
      const directory = new Directory([], [red("u0")])
      yield* watching(directory, ({ methods, run, seen }) =>
        Effect.gen(function* () {
          const first = yield* run(membersAdd(members("u0", "u1")), true)
          assert.include(first.outcome, { _tag: "Done", by: "answer" })
          assert.deepStrictEqual(methods(), ["GET", "PATCH", "GET"])
          assert.deepStrictEqual(JSON.parse(seen[1]?.body ?? "").Operations[0].value, [{ value: "u1" }])
          const second = yield* run(membersAdd(members("u0", "u1")), true)
          assert.include(second.outcome, { _tag: "Done", by: "found" })
          assert.deepStrictEqual(methods(), ["GET"])
        })
      )
    })
  )
  it.effect("who was created since is found by key; who was not is named", () =>
    Effect.gen(function* () {
      const directory = new Directory([], [red()])
      const refs = [unborn("e1"), unborn("e2"), ...members("u1")]
      const { outcome } = yield* watching(directory, ({ run }) => run(membersAdd(refs), false, { e1: "new/1" }))
      assert.deepStrictEqual(outcome, {
        _tag: "Doubtful",
        id: "g",
        doubt: "not on the server, so not added, 1 member: name of e2"
      })
      assert.deepStrictEqual(inGroup(directory), ["new/1", "u1"])
    })
  )
  it.effect("when nobody was created, nothing is tried", () =>
    watching(new Directory([], [red()]), ({ methods, run }) =>
      Effect.gen(function* () {
        const { outcome } = yield* run(membersAdd([unborn("e1")]))
        assert.deepStrictEqual(outcome, { _tag: "Dropped", reason: "notCreated" })
        assert.isEmpty(methods())
      })
    )
  )
  it.effect("a group that is gone is a failure", () =>
    Effect.gen(function* () {
      for (const action of [membersAdd(members("u1")), membersRemove(members("u1")), groupRename, groupAdopt]) {
        const { outcome } = yield* watching(new Directory(), ({ run }) => run(action))
        assert.include(outcome, { _tag: "Failed", error: "NotFound" })
      }
    })
  )
})

describe("taking members out", () => {
  it.effect("takes one operation for each, by the RFC's filter", () =>
    Effect.gen(function* () {
      const directory = new Directory([], [red("u0", 'u"1', "u2")])
      yield* watching(directory, ({ methods, run, seen }) =>
        Effect.gen(function* () {
          const { outcome } = yield* run(membersRemove(members("u0", 'u"1')))
          assert.deepStrictEqual(outcome, { _tag: "Done", id: "g", by: "answer" })
          assert.deepStrictEqual(methods(), ["PATCH", "GET"])
          assert.deepStrictEqual(JSON.parse(seen[0]?.body ?? "").Operations, [
            { op: "remove", path: 'members[value eq "u0"]' },
            { op: "remove", path: 'members[value eq "u\\"1"]' }
          ])
          assert.deepStrictEqual(inGroup(directory), ["u2"])
        })
      )
    })
  )
  it.effect("takes a request for the first 100 and for each 500 after them, and one look", () =>
    watching(new Directory([], [red("stays", ...many(700))]), ({ run, seen }) =>
      Effect.gen(function* () {
        assert.include((yield* run(membersRemove(members(...many(700))))).outcome, { _tag: "Done" })
        assert.deepStrictEqual(
          seen.map(({ body }) => operationsIn(body)),
          [100, 500, 100, 0]
        )
      })
    )
  )
  it.effect("asks a server for no more at once than it does in ten seconds, but for 100", () =>
    Effect.gen(function* () {
      for (const [millis, requests] of [
        [40, [100, 250, 0]],
        [150, [100, 100, 100, 50, 0]]
      ] as const) {
        const directory = new Directory([], [red("stays", ...many(350))])
        directory.takes = ({ body }) => operationsIn(body) * millis
        yield* watching(directory, ({ run, seen }) =>
          Effect.gen(function* () {
            const { exit } = yield* played(run(membersRemove(members(...many(350)))))
            assert.isTrue(Exit.isSuccess(exit) && exit.value.outcome._tag === "Done")
            assert.deepStrictEqual(
              seen.map(({ body }) => operationsIn(body)),
              [...requests]
            )
            assert.deepStrictEqual(inGroup(directory), ["stays"])
          })
        )
      }
    })
  )
  it.effect("takes those who are left in smaller parts from a server that took too long", () =>
    Effect.gen(function* () {
      const directory = new Directory([], [red("stays", ...many(70))])
      // It did some of what nobody waited for.
      directory.interferes = ({ body }) => {
        if (operationsIn(body) <= 20) return null
        directory.groups.set("g", red("stays", ...many(70).slice(30)))
        return "hang"
      }
      yield* watching(directory, ({ run, seen }) =>
        Effect.gen(function* () {
          const { exit } = yield* played(run(membersRemove(members(...many(70)))))
          assert.isTrue(Exit.isSuccess(exit) && exit.value.outcome._tag === "Done")
          assert.deepStrictEqual(
            seen.map(({ body }) => operationsIn(body)),
            [70, 0, 18, 18, 4, 0]
          )
          assert.deepStrictEqual(inGroup(directory), ["stays"])
        })
      )
    })
  )
  it.effect("gives up on a server that does not take out a single one in time", () =>
    Effect.gen(function* () {
      const directory = new Directory([], [red(...many(8))])
      directory.interferes = ({ method }) => (method === "PATCH" ? { status: 504 } : null)
      yield* watching(directory, ({ run, seen }) =>
        Effect.gen(function* () {
          const { exit } = yield* played(run(membersRemove(members(...many(8)))))
          assert.isTrue(Exit.isFailure(exit))
          assert.deepStrictEqual(
            seen.map(({ body }) => operationsIn(body)),
            [8, 0, 2, 0, 1]
          )
        })
      )
    })
  )
  it.effect("in the form the server prefers", () =>
    Effect.gen(function* () {
      const directory = new Directory([], [red("u0", "u1", "u2")])
      yield* watching(
        directory,
        ({ run, seen }) =>
          Effect.gen(function* () {
            yield* run(membersRemove(members("u0", "u1")))
            assert.deepStrictEqual(JSON.parse(seen[0]?.body ?? "").Operations, [
              { op: "remove", path: "members", value: [{ value: "u0" }] },
              { op: "remove", path: "members", value: [{ value: "u1" }] }
            ])
            assert.deepStrictEqual(inGroup(directory), ["u2"])
          }),
        { memberRemoval: "valueList" }
      )
    })
  )
  it.effect("who stays is doubtful", () =>
    Effect.gen(function* () {
      const directory = new Directory([], [red("u0", "u1")])
      directory.keeps = (group) => ({ ...group, members: [{ value: "u0" }] })
      const { outcome } = yield* watching(directory, ({ run }) => run(membersRemove(members("u0", "u1"))))
      assert.deepStrictEqual(outcome, { _tag: "Doubtful", id: "g", doubt: "the server kept 1 member: name of u0" })
    })
  )
  it.effect("in doubt only those who are still there are sent", () =>
    watching(new Directory([], [red("u1", "u2")]), ({ methods, run, seen }) =>
      Effect.gen(function* () {
        yield* run(membersRemove(members("u0", "u1")), true)
        assert.deepStrictEqual(methods(), ["GET", "PATCH", "GET"])
        assert.strictEqual(JSON.parse(seen[1]?.body ?? "").Operations.length, 1)
        const { outcome } = yield* run(membersRemove(members("u0", "u1")), true)
        assert.include(outcome, { by: "found" })
        assert.deepStrictEqual(methods(), ["GET"])
      })
    )
  )
  it.effect("who never had an id needs no request", () =>
    watching(new Directory([], [red("u1")]), ({ methods, run }) =>
      Effect.gen(function* () {
        assert.include((yield* run(membersRemove([unborn("e1")]))).outcome, { _tag: "Done" })
        assert.isEmpty(methods())
      })
    )
  )
})
