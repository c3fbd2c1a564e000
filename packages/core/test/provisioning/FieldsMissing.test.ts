/** A field that no record has any more says nothing, whatever kind of plan is made. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Stream } from "effect"
import { type PeopleSource, SourceFailure } from "../../src/ports/PeopleSource.ts"
import * as Incremental from "../../src/provisioning/Incremental.ts"
import * as MappingRead from "../../src/provisioning/MappingRead.ts"
import * as ProvisionOne from "../../src/provisioning/ProvisionOne.ts"
import { Unseen } from "../../src/provisioning/SourceColumns.ts"
import { read } from "../../src/provisioning/SourceReading.ts"
import type { JsonObject } from "../../src/scim/Json.ts"
import { connectedTo, empty, mapping, reconciled, type Row, sourceOf, type World } from "./IncrementalServer.ts"

const people: ReadonlyArray<Row> = [
  { id: "ada", mail: "ada@example.com", given: "Ada", title: "Countess", groups: ["Red"] },
  { id: "bob", mail: "bob@example.com", given: "Bob", title: "Clerk", active: false, groups: ["Red"] }
]

const first = Effect.map(reconciled(empty, sourceOf(people)), ({ world }) => world)

/** The same people, whose source calls some fields otherwise. */
const renamed = (names: Readonly<Record<string, string>>): PeopleSource => ({
  name: "people",
  read: (fields) =>
    Stream.map(sourceOf(people).read(fields), (record) => ({
      ...record,
      fields: Object.fromEntries(Object.entries(record.fields).map(([name, value]) => [names[name] ?? name, value]))
    }))
})

const lost = { title: "jobTitle", groups: "teams" }
const detail = 'people: the mapping reads "title", "groups", and no record has such a field'

const incremental = (world: World, source: PeopleSource) =>
  connectedTo(world, (connected) =>
    Incremental.plan({ source, mapping, connected, adopt: "never", managed: world.managed })
  )

describe("a field that no record has", () => {
  it.effect("stops a full plan from doing anything, and nothing is remembered", () =>
    Effect.gen(function* () {
      const world = yield* first
      const { plan, world: next } = yield* reconciled(world, renamed(lost))
      assert.deepStrictEqual(plan.actions, [])
      const [withheld] = plan.withheld
      assert.strictEqual(withheld?.reason, "sourceFailed")
      assert.include(JSON.stringify(withheld), JSON.stringify(detail).slice(1, -1))
      assert.deepStrictEqual(next.managed, world.managed)
    })
  )

  it.effect("stops an incremental plan, and one about a single person", () =>
    Effect.gen(function* () {
      const world = yield* first
      const made = yield* incremental(world, renamed(lost))
      assert.deepStrictEqual(made.plan.actions, [])
      assert.strictEqual(made.records, 0)
      assert.include(made.failure?.message ?? "", detail)
      assert.include(made.failure?.message ?? "", 'The first record has "given", "jobTitle"')
      const one = connectedTo(world, (connected) =>
        ProvisionOne.plan({
          source: renamed(lost),
          mapping,
          connected,
          adopt: "never",
          managed: world.managed,
          reference: "ada"
        })
      )
      const failure = yield* Effect.flip(one)
      assert.strictEqual(failure._tag, "SourceFailure")
    })
  )

  it.effect("is none when one record has it, or when there is no record", () =>
    Effect.gen(function* () {
      const { failure } = yield* read(sourceOf(people), mapping, { person: () => {}, unreadable: () => {} })
      assert.isNull(failure)
      const none: PeopleSource = { name: "people", read: () => Stream.empty }
      const reading = yield* read(none, mapping, { person: () => {}, unreadable: () => {} })
      assert.deepStrictEqual([reading.records, reading.failure], [0, null])
      const unseen = new Unseen(["a", "b.c"])
      unseen.take({ A: null })
      assert.isNotNull(unseen.refusal("people"))
      unseen.take({ b: [{ c: "" }] })
      assert.isNull(unseen.refusal("people"))
    })
  )

  it.effect("may be missing where it is said what that means", () =>
    Effect.gen(function* () {
      const rows: ReadonlyArray<JsonObject> = [{ id: "1", mail: "a@example.com" }]
      const source: PeopleSource = {
        name: "people",
        read: () => Stream.fromIterable(rows.map((fields) => ({ at: "row 1", fields })))
      }
      const attributes = { externalId: "id", userName: "mail" }
      const outcome = (more: object, groups: ReadonlyArray<object> = []) => {
        const compiled = Result.getOrThrow(MappingRead.read({ attributes: { ...attributes, ...more }, groups }))
        return Effect.map(
          Effect.result(read(source, compiled, { person: () => {}, unreadable: () => {} })),
          Result.isSuccess
        )
      }
      assert.isFalse(yield* outcome({ title: "title" }))
      assert.isTrue(yield* outcome({ title: { from: "title", otherwise: null } }))
      assert.isFalse(yield* outcome({ title: { from: "title", otherwise: null }, displayName: "title" }))
      assert.isFalse(yield* outcome({ displayName: { template: "${mail} ${title}" } }))
      assert.isTrue(yield* outcome({ displayName: { template: "${mail} ${title}", otherwise: null } }))
      assert.isFalse(yield* outcome({}, [{ from: "groups" }]))
      assert.isTrue(yield* outcome({}, [{ from: "groups", otherwise: [] }]))
    })
  )

  it.effect("is told as the end that came too early, where there was one", () =>
    Effect.gen(function* () {
      const source = renamed(lost)
      const cut = new SourceFailure({ reason: "endedEarly", source: "people", at: null, detail: "cut", next: "Look" })
      const early: PeopleSource = {
        name: "people",
        read: (fields) => Stream.concat(source.read(fields), Stream.fail(cut))
      }
      const made = yield* incremental(yield* first, early)
      assert.strictEqual(made.failure, cut)
      assert.deepStrictEqual(made.plan.actions, [])
    })
  )
})
