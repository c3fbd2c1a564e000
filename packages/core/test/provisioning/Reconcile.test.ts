import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Stream } from "effect"
import { type PeopleSource, SourceFailure, type SourceRecord } from "../../src/ports/PeopleSource.ts"
import * as MappingRead from "../../src/provisioning/MappingRead.ts"
import { managedOf, type PlanOptions } from "../../src/provisioning/PlanOptions.ts"
import * as Reconcile from "../../src/provisioning/Reconcile.ts"
import type { JsonObject } from "../../src/scim/Json.ts"
import { ConnectionId } from "../../src/setup/ConnectionId.ts"
import { baseUrl, list, withClient } from "../scim/ScimClient.harness.ts"

const mapping = Result.getOrThrow(MappingRead.read({ attributes: { externalId: "id", userName: "mail" } }))
const ada = {
  id: "1",
  externalId: "e1",
  userName: "ada@example.com",
  active: true,
  emails: [{ value: "ada@example.com", primary: true }]
}

/** A source that counts how often it is read. */
const counted = (mail: string) => {
  const readings = { count: 0 }
  const source: PeopleSource = {
    name: "people",
    read: () =>
      Stream.suspend(() => {
        readings.count++
        return Stream.make({ at: "line 2", fields: { id: "e1", mail } })
      })
  }
  return { source, readings }
}

const planned = (source: PeopleSource) =>
  withClient(
    ({ query }) => (query.get("startIndex") === null ? list(ada) : { body: { totalResults: 1, Resources: [] } }),
    (client) =>
      Reconcile.plan({
        source,
        mapping,
        connected: { id: ConnectionId.make("acme"), url: baseUrl, deprovisioning: "deactivate", client },
        options: { adopt: "never", leftGroups: "empty", managed: { users: new Map([["1", "e1"]]), groups: new Set() } }
      })
  )

/** A source of rows that are read as they are, but for groups, of which each has a column. */
const rows = (...fields: ReadonlyArray<JsonObject>): PeopleSource => ({
  name: "people",
  read: () =>
    Stream.fromIterable(fields.map((one, index) => ({ at: `line ${index + 2}`, fields: { groups: "", ...one } })))
})

const withGroups = Result.getOrThrow(
  MappingRead.read({ attributes: { externalId: "id", userName: "mail" }, groups: [{ from: "groups", separator: ";" }] })
)

/** Against a server that has these, with what is known as managed. */
const against = (
  server: { readonly Users: ReadonlyArray<JsonObject>; readonly Groups?: ReadonlyArray<JsonObject> },
  source: PeopleSource,
  managed: PlanOptions["managed"] = { users: new Map(), groups: new Set() }
) =>
  withClient(
    ({ path, query }) => {
      const all = (path === "/Groups" ? server.Groups : server.Users) ?? []
      return query.get("startIndex") === null ? list(...all) : { body: { totalResults: all.length, Resources: [] } }
    },
    (client) =>
      Reconcile.plan({
        source,
        mapping: withGroups,
        connected: { id: ConnectionId.make("acme"), url: baseUrl, deprovisioning: "deactivate", client },
        options: { adopt: "never", leftGroups: "empty", managed }
      })
  )

describe("Reconcile.plan", () => {
  it.effect("names rows that say the same again or contradict each other, both by where they are", () =>
    Effect.gen(function* () {
      const { contradictions, plan, repetitions } = yield* against(
        { Users: [ada] },
        rows(
          { id: "e1", mail: "ada@example.com" },
          { id: "e1", mail: "ada@example.com" },
          { id: "e2", mail: "bob@example.com", groups: "Red;Blue" },
          { id: "e2", mail: "bob@example.com", groups: "blue;red" },
          { id: "e2", mail: "bob@example.com", groups: "Red" },
          { id: "e3", mail: "BOB@example.com" }
        )
      )
      assert.deepStrictEqual(repetitions, [
        { kind: "duplicate", by: "key", value: "e1", first: "line 2", again: "line 3" },
        { kind: "duplicate", by: "key", value: "e2", first: "line 4", again: "line 5" },
        { kind: "conflict", by: "key", value: "e2", first: "line 4", again: "line 6" },
        { kind: "conflict", by: "userName", value: "bob@example.com", first: "line 4", again: "line 7" }
      ])
      assert.strictEqual(contradictions, 2)
      assert.strictEqual(plan.census.duplicates, 2)
      assert.deepStrictEqual(plan.counts, { Conflict: 2 })
      assert.deepStrictEqual(plan.skipped, { unchanged: 1 })
    })
  )
  it.effect("keeps the places of some of very many, and counts them all", () =>
    Effect.gen(function* () {
      const { plan, repetitions } = yield* against(
        { Users: [ada] },
        rows(...Array.from({ length: 1501 }, () => ({ id: "e1", mail: "ada@example.com" })))
      )
      assert.lengthOf(repetitions, 1000)
      assert.strictEqual(plan.census.duplicates, 1500)
    })
  )
  it.effect("tells who is ours by external id alone, whether or not anything changes", () =>
    Effect.gen(function* () {
      const user = (id: string, externalId: string, mail: string) => ({ ...ada, id, externalId, userName: mail })
      const server = {
        Users: [
          ada,
          { ...user("2", "e2", "old@example.com"), emails: [] },
          user("3", "e3", "cid@example.com"),
          user("4", "strange", "dan@example.com"),
          user("5", "other", "nobody@example.com")
        ],
        Groups: [
          { id: "g1", displayName: "Red", externalId: "Red", members: [{ value: "1" }] },
          { id: "g2", displayName: "Blue", members: [] },
          { id: "g3", displayName: "Green", externalId: "green", members: [] }
        ]
      }
      const source = rows(
        { id: "e1", mail: "ada@example.com", groups: "Red;Blue;Green" },
        { id: "e2", mail: "bob@example.com" },
        { id: "e3", mail: "cid@example.com" },
        { id: "e4", mail: "dan@example.com" },
        { id: "e9", mail: "new@example.com" }
      )
      const managed = { users: new Map([["3", "e3"]]), groups: new Set(["g3"]) }
      const { plan, recognised } = yield* against(server, source, managed)
      assert.deepStrictEqual(
        [...recognised],
        [
          { endpoint: "Users", id: "1", key: "e1" },
          { endpoint: "Users", id: "2", key: "e2" },
          { endpoint: "Groups", id: "g1", key: "Red" }
        ]
      )
      assert.strictEqual(plan.counts["Update"], 2)
      assert.deepStrictEqual(managedOf([...recognised, { endpoint: "Users", id: "3", key: "e3" }]), {
        users: new Map([
          ["1", "e1"],
          ["2", "e2"],
          ["3", "e3"]
        ]),
        groups: new Set(["g1"])
      })
    })
  )
  it.effect("reads the source once when nobody differs", () =>
    Effect.gen(function* () {
      const { readings, source } = counted("ada@example.com")
      const { failure, plan } = yield* planned(source)
      assert.deepStrictEqual(plan.actions, [])
      assert.deepStrictEqual(plan.skipped, { unchanged: 1 })
      assert.isNull(failure)
      assert.strictEqual(readings.count, 1)
    })
  )
  it.effect("takes nobody for gone whom only one of two readings has, nor when the second fails", () =>
    Effect.gen(function* () {
      const row = (id: string): SourceRecord => ({
        at: `row ${id}`,
        fields: { id, mail: `${id}@example.com`, groups: "" }
      })
      const cut = new SourceFailure({ reason: "endedEarly", source: "people", at: null, detail: "cut", next: "Look" })
      const user = (id: string) => {
        const mail = `${id}@example.com`
        return { id, externalId: id, userName: mail, active: true, emails: [{ value: mail, primary: true }] }
      }
      const managed = { users: new Map(["e1", "e2"].map((id) => [id, id])), groups: new Set<string>() }
      const twice = (again: Stream.Stream<SourceRecord, SourceFailure>) => {
        let readings = 0
        const source: PeopleSource = {
          name: "people",
          read: () => Stream.suspend(() => (++readings === 1 ? Stream.make(row("e1")) : again))
        }
        return Effect.map(against({ Users: [user("e1"), user("e2")] }, source, managed), ({ failure, plan }) => {
          assert.strictEqual(readings, 2)
          return { failure, tags: plan.actions.map(({ _tag, key }) => `${_tag} ${key}`), withheld: plan.withheld }
        })
      }
      const still = yield* twice(Stream.make(row("e1")))
      assert.deepStrictEqual(still.tags, ["Deactivate e2"])
      const late = yield* twice(Stream.make(row("e1"), row("e2")))
      assert.deepStrictEqual(late.tags, ["Conflict e2"])
      const unreadable = yield* twice(
        Stream.make(row("e1"), { at: "row e2", fields: { id: "e2", mail: "", groups: "" } })
      )
      assert.deepStrictEqual(unreadable.tags, [])
      const failed = yield* twice(Stream.concat(Stream.make(row("e1")), Stream.fail(cut)))
      assert.deepStrictEqual(failed.tags, [])
      assert.deepStrictEqual(
        failed.withheld.map(({ reason }) => reason),
        ["sourceFailed"]
      )
      assert.strictEqual(failed.failure, cut)
    })
  )
  it.effect("takes accents for the same however either side writes them", () =>
    Effect.gen(function* () {
      const mail = "jose\u0301@example.com"
      const user = { id: "1", externalId: "e1", userName: mail, active: true, emails: [{ value: mail, primary: true }] }
      const group = { id: "g1", externalId: "E\u0301tat", displayName: "E\u0301tat", members: [{ value: "1" }] }
      const stranger = { id: "2", userName: "zoe\u0308@example.com", active: true }
      const { plan } = yield* against(
        { Users: [user, stranger], Groups: [group] },
        rows(
          { id: "e1", mail: "jos\u00e9@example.com", groups: "\u00c9tat;e\u0301TAT" },
          { id: "e2", mail: "zo\u00eb@example.com" }
        ),
        { users: new Map([["1", "e1"]]), groups: new Set(["g1"]) }
      )
      assert.deepStrictEqual(plan.counts, {})
      assert.deepStrictEqual(plan.skipped, { unchanged: 1, notAdopted: 1 })
    })
  )
  it.effect("reads it again for who differs", () =>
    Effect.gen(function* () {
      const { readings, source } = counted("ada.lovelace@example.com")
      const { plan } = yield* planned(source)
      assert.deepStrictEqual(plan.counts, { Update: 1 })
      assert.strictEqual(readings.count, 2)
    })
  )
})
