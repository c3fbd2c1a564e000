/** What is known of a connection spares reading, and never hides what another process did. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SequenceConflict } from "../../src/ports/Journal.ts"
import { ConnectionId } from "../../src/setup/ConnectionId.ts"
import * as KnownStates from "../../src/setup/KnownStates.ts"
import { SetupService } from "../../src/setup/SetupService.ts"
import { initial } from "../../src/setup/State.ts"
import { actor } from "./moves.ts"
import { layer, World } from "./ports.ts"

/** Two processes over one store. */
const nodes = Effect.fnUntraced(function* (world: World) {
  const node = Effect.map(Layer.build(Layer.fresh(layer(world))), (context) => context)
  const service = (context: Effect.Success<typeof node>) => Effect.provideContext(Effect.service(SetupService), context)
  return { one: yield* service(yield* node), other: yield* service(yield* node) }
})

const attest = { _tag: "AttestPrerequisite", prerequisite: "samlSso" } as const

describe("a connection that is known", () => {
  it.effect("is not read again, but what came after it is", () =>
    Effect.gen(function* () {
      const world = new World()
      const { one, other } = yield* nodes(world)
      const { id } = yield* one.begin("Acme", actor)
      yield* one.submit(id, attest, actor)
      world.reads.given = 0
      assert.strictEqual((yield* one.get(id)).state.sequence, 2)
      assert.strictEqual(world.reads.given, 0)
      const changed = yield* other.submit(id, { ...attest, prerequisite: "enterprisePlan" }, actor)
      world.reads.given = 0
      assert.deepStrictEqual(yield* one.get(id), changed)
      assert.strictEqual(world.reads.given, 1)
      yield* other.remove(id, actor)
      assert.strictEqual((yield* Effect.flip(one.get(id)))._tag, "SetupRefused")
      assert.deepStrictEqual(yield* one.present([id]), [])
    })
  )

  it.effect("is forgotten when the store contradicts it, as after a restored backup", () =>
    Effect.gen(function* () {
      const world = new World()
      const { one } = yield* nodes(world)
      const { id } = yield* one.begin("Acme", actor)
      yield* one.submit(id, attest, actor)
      world.log.set(id, (world.log.get(id) ?? []).slice(0, 1))
      const error = yield* Effect.flip(one.submit(id, { ...attest, prerequisite: "enterprisePlan" }, actor))
      assert.instanceOf(error, SequenceConflict)
      const restored = yield* one.get(id)
      assert.strictEqual(restored.state.sequence, 1)
      assert.isNull(restored.state.prerequisites.samlSso)
      assert.strictEqual((yield* one.submit(id, attest, actor)).state.sequence, 2)
    })
  )
})

describe("a page of connections", () => {
  it.effect("is one question, as many as it holds, in the order asked for, without those removed", () =>
    Effect.gen(function* () {
      const world = new World()
      const { one, other } = yield* nodes(world)
      const ids: Array<ConnectionId> = []
      for (let n = 0; n < 40; n++) ids.push((yield* other.begin(`Company ${n}`, actor)).id)
      const [, second = ConnectionId.make("none")] = ids
      yield* other.remove(second, actor)
      const read = []
      for (let from = 0; from < ids.length; from += 10) {
        Object.assign(world.reads, { asked: 0, given: 0 })
        const wanted = ids.slice(from, from + 10)
        const found = yield* one.present(wanted)
        assert.deepStrictEqual(
          found.map(({ id }) => id),
          wanted.filter((id) => id !== second)
        )
        read.push({ ...world.reads })
      }
      const page = { asked: 1, given: 10 }
      // The removed one has an event more.
      assert.deepStrictEqual(read, [{ asked: 1, given: 11 }, page, page, page])
    })
  )
})

describe("known states", () => {
  const at = (sequence: number) => ({ ...initial, sequence })
  const ids = ["a1", "b2", "c3", "d4", "e5"].map((id) => ConnectionId.make(id))

  it("are fewer than the limit, those asked for last among them", () => {
    const known = KnownStates.make(4)
    for (const id of ids) {
      known.keep(id, at(1))
      known.keep(ConnectionId.make("a1"), at(1))
    }
    const kept = ids.filter((id) => known.of(id) !== initial)
    assert.isAtMost(kept.length, 4)
    assert.includeMembers(kept, [ConnectionId.make("a1"), ConnectionId.make("e5")])
  })

  it("do not become older, however long ago they were asked for", () => {
    const known = KnownStates.make(4)
    const [a, b, c] = ids
    if (a === undefined || b === undefined || c === undefined) throw new Error("three")
    known.keep(a, at(3))
    known.keep(a, at(2))
    assert.deepStrictEqual(known.of(a), at(3))
    known.keep(b, at(1))
    known.keep(c, at(1))
    known.keep(a, at(2))
    assert.deepStrictEqual(known.of(a), at(3))
    known.forget(a)
    assert.strictEqual(known.of(a), initial)
  })
})
