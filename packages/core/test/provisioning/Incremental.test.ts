import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import * as Incremental from "../../src/provisioning/Incremental.ts"
import { judge, careful } from "../../src/provisioning/Guard.ts"
import type { PeopleSource } from "../../src/ports/PeopleSource.ts"
import type { PlanOptions } from "../../src/provisioning/PlanOptions.ts"
import {
  after,
  connectedTo,
  done,
  empty,
  mapping,
  reconciled,
  serve,
  type Row,
  sourceOf,
  type World
} from "./IncrementalServer.ts"

const ada: Row = { id: "ada", mail: "ada@example.com", given: "Ada", groups: ["Red"] }
const bob: Row = { id: "bob", mail: "bob@example.com", given: "Bob", groups: ["Red", "Blue"] }
const cid: Row = { id: "cid", mail: "cid@example.com", given: "Cid", role: "admin" }
const all = [ada, bob, cid]

/** Plans the changes, and says which requests that took. */
const changes = (
  world: World,
  source: PeopleSource,
  options: {
    readonly adopt?: PlanOptions["adopt"]
    readonly limit?: number
    readonly leavers?: PlanOptions["leavers"]
  } = {}
) =>
  connectedTo(
    world,
    (connected, seen) =>
      Effect.gen(function* () {
        const { adopt = "never", limit } = options
        const made = yield* Incremental.plan({
          source,
          mapping,
          connected,
          adopt,
          managed: world.managed,
          ...(limit === undefined ? {} : { limit })
        })
        return {
          ...made,
          requests: seen.map(({ method, path, query }) =>
            [method, path, query.get("filter")].filter((part) => part !== null).join(" ")
          )
        }
      }),
    options.leavers
  )

const first = Effect.map(reconciled(empty, sourceOf(all)), ({ world }) => world)

describe("Incremental.plan", () => {
  it.effect("asks the server nothing when nobody changed", () =>
    Effect.gen(function* () {
      const made = yield* changes(yield* first, sourceOf(all))
      assert.deepStrictEqual(made.requests, [])
      assert.isTrue(made.isEmpty)
      assert.strictEqual(made.unchanged, 3)
      assert.deepStrictEqual(made.plan.skipped, { unchanged: 3 })
      assert.strictEqual(made.plan.census.managed, 3)
    })
  )
  it.effect("reads only who changed, and the groups they are in", () =>
    Effect.gen(function* () {
      const world = yield* first
      const made = yield* changes(world, sourceOf([{ ...ada, given: "Augusta" }, bob, cid]))
      assert.deepStrictEqual(done(made.plan.actions), ["Update ada@example.com"])
      assert.deepStrictEqual(made.requests, ["GET /Users/new-ada", "GET /Groups/new-Red"])
      assert.strictEqual(made.unchanged, 2)
      const again = yield* changes(
        after(world, made.plan, made.digests),
        sourceOf([{ ...ada, given: "Augusta" }, bob, cid])
      )
      assert.deepStrictEqual(again.requests, [])
    })
  )
  it.effect("does not take another spelling of a group for a change, after it looked at somebody", () =>
    Effect.gen(function* () {
      const spelled = { ...cid, groups: ["red"] }
      const changed = sourceOf([ada, bob, { ...spelled, given: "Cidonia" }])
      const { world } = yield* reconciled(empty, sourceOf([ada, bob, spelled]))
      const made = yield* changes(world, changed)
      assert.deepStrictEqual(done(made.plan.actions), ["Update cid@example.com"])
      const again = yield* changes(after(world, made.plan, made.digests), changed)
      assert.deepStrictEqual(again.requests, [])
      assert.strictEqual(again.unchanged, 3)
    })
  )
  it.effect("looks for somebody new by external id, user name and address, and takes none for them on trust", () =>
    Effect.gen(function* () {
      const made = yield* changes(
        yield* first,
        sourceOf([...all, { id: "dan", mail: "dan@example.com", groups: ["Green"] }])
      )
      assert.deepStrictEqual(done(made.plan.actions), ["Create dan@example.com", "GroupCreate Green"])
      assert.deepStrictEqual(made.requests, [
        'GET /Users externalId eq "dan"',
        'GET /Users userName eq "dan@example.com"',
        'GET /Users emails.value eq "dan@example.com"',
        'GET /Groups displayName eq "Green"',
        'GET /Groups externalId eq "Green"'
      ])
    })
  )
  it.effect("shuts out who left, takes them out of their groups, and does not ask for them again", () =>
    Effect.gen(function* () {
      const world = yield* first
      const made = yield* changes(world, sourceOf([ada, cid]))
      assert.deepStrictEqual(done(made.plan.actions), [
        "MembersRemove Blue",
        "MembersRemove Red",
        "Deactivate bob@example.com"
      ])
      const later = after(world, made.plan, made.digests)
      const again = yield* changes(later, sourceOf([ada, cid]))
      assert.deepStrictEqual(again.requests, [])
      assert.deepStrictEqual(again.plan.skipped, { alreadyInactive: 1, unchanged: 2 })
      const back = yield* changes(later, sourceOf(all))
      assert.deepStrictEqual(done(back.plan.actions), [
        "Reactivate bob@example.com",
        "MembersAdd Blue",
        "MembersAdd Red"
      ])
    })
  )
  it.effect("takes nobody for gone when the source ended early or a record cannot be read", () =>
    Effect.gen(function* () {
      const world = yield* first
      const cut = yield* changes(world, sourceOf([ada], true))
      assert.deepStrictEqual(cut.plan.actions, [])
      assert.deepStrictEqual(cut.plan.skipped, { leaversWithheld: 2, unchanged: 1 })
      assert.strictEqual(cut.failure?.reason, "endedEarly")
      const nameless = yield* changes(world, sourceOf([ada, { ...bob, id: "" }, cid]))
      assert.deepStrictEqual(nameless.plan.skipped, { leaversWithheld: 1, unchanged: 2 })
      const unreadable = yield* changes(world, sourceOf([ada, { ...bob, mail: "" }]))
      assert.deepStrictEqual(done(unreadable.plan.actions), ["Deactivate cid@example.com"])
      assert.deepStrictEqual(unreadable.plan.skipped, { unchanged: 1, unreadableInSource: 1 })
    })
  )
  it.effect("counts all admins when one would be lost, and only then", () =>
    Effect.gen(function* () {
      const two = yield* Effect.map(
        reconciled(empty, sourceOf([...all, { id: "eve", mail: "eve@example.com", role: "admin" }])),
        ({ world }) => world
      )
      const one = yield* changes(two, sourceOf(all))
      assert.strictEqual(one.plan.census.admins, 2)
      assert.deepStrictEqual(judge(one.plan, careful), { _tag: "Clear" })
      const last = yield* changes(yield* first, sourceOf([ada, bob]))
      assert.strictEqual(last.plan.census.admins, 1)
      assert.deepStrictEqual(judge(last.plan, careful), {
        _tag: "Held",
        reasons: [{ _tag: "LastAdmin", before: 1, after: 0, minimum: 1 }]
      })
    })
  )
  it.effect("sees that somebody who changed takes the name of one who did not", () =>
    Effect.gen(function* () {
      const made = yield* changes(yield* first, sourceOf([{ ...ada, mail: bob.mail }, bob, cid]))
      assert.deepStrictEqual(
        made.plan.actions.map(({ _tag, key, reason }) => [_tag, key, reason]),
        [
          ["Conflict", "ada", "sameUserName"],
          ["Conflict", "bob", "sameUserName"]
        ]
      )
      assert.strictEqual(made.contradictions, 1)
      assert.deepStrictEqual(made.requests, [])
      assert.strictEqual(made.unchanged, 1)
    })
  )
  it.effect("does not take the user of one who did not change for somebody new", () =>
    Effect.gen(function* () {
      const world = yield* first
      // On the server bob has by now the name that the source gives to dan.
      const moved = {
        ...world,
        users: world.users.map((user) => (user["id"] === "new-bob" ? { ...user, userName: "dan@example.com" } : user))
      }
      const made = yield* changes(moved, sourceOf([...all, { id: "dan", mail: "dan@example.com" }]), { adopt: "any" })
      assert.deepStrictEqual(done(made.plan.actions), ["Update bob@example.com", "Create dan@example.com"])
    })
  )
  it.effect("reports several who may be somebody new", () =>
    Effect.gen(function* () {
      const world = yield* first
      const strangers = [
        { id: "s1", userName: "dan@example.com" },
        { id: "s2", userName: "daniel", emails: [{ value: "dan@example.com", primary: true }] }
      ]
      const made = yield* changes(
        { ...world, users: [...world.users, ...strangers] },
        sourceOf([...all, { id: "dan", mail: "dan@example.com" }]),
        { adopt: "any" }
      )
      assert.deepStrictEqual(
        made.plan.actions.map((action) => [action.reason, action._tag === "Conflict" ? action.ids : []]),
        [["severalMatch", ["s1", "s2"]]]
      )
    })
  )
  it.effect("finds who was made anew under another id", () =>
    Effect.gen(function* () {
      const world = yield* first
      const anew = {
        ...world,
        users: world.users.map((user) => (user["id"] === "new-ada" ? { ...user, id: "other" } : user))
      }
      const made = yield* changes(anew, sourceOf([{ ...ada, given: "Augusta" }, bob, cid]))
      assert.deepStrictEqual(
        made.plan.actions.map((action) => ("id" in action ? [action._tag, action.id] : [])),
        [
          ["Update", "other"],
          ["MembersAdd", "new-Red"]
        ]
      )
    })
  )
  it.effect("takes nobody for gone on the strength of one reading", () =>
    Effect.gen(function* () {
      const world = yield* first
      const twice = (rows: ReadonlyArray<Row>, again: ReadonlyArray<Row>): PeopleSource => {
        let readings = 0
        const read: PeopleSource["read"] = (fields) =>
          Stream.suspend(() => sourceOf(++readings === 1 ? rows : again).read(fields))
        return { name: "people", read }
      }
      for (const again of [all, [ada, { ...bob, mail: "" }, cid], [ada, { ...bob, id: "" }, cid]]) {
        const error = yield* Effect.flip(changes(world, twice([ada, cid], again)))
        assert.deepStrictEqual(error._tag === "NeedsFull" ? error.reason : error._tag, "sourceChanged")
      }
      const still = yield* changes(world, twice([ada, cid], [cid, ada]))
      assert.include(done(still.plan.actions), "Deactivate bob@example.com")
    })
  )
  it.effect("measures losses by those who have access, as far as the source, the store and the server tell", () =>
    Effect.gen(function* () {
      const asleep = { ...cid, active: false }
      const { world } = yield* reconciled(yield* first, sourceOf([ada, bob, asleep]))
      const { census } = (yield* changes(world, sourceOf([{ ...ada, given: "Augusta" }, bob, asleep]))).plan
      assert.deepStrictEqual([census.managed, census.active], [3, 2])
      // Who is shut out and gone from the source by now was looked at, too.
      const { plan } = yield* changes(world, sourceOf([]))
      assert.deepStrictEqual([plan.counts["Deactivate"], plan.census.managed, plan.census.active], [2, 3, 2])
      const judgement = judge(plan, { ...careful, losses: { count: null, percent: null } })
      assert.deepStrictEqual(judgement._tag === "Held" ? judgement.reasons[0]._tag : "Clear", "TooManyLosses")
      const left = (yield* reconciled(world, sourceOf([ada, asleep]))).world
      const one = (yield* changes(left, sourceOf([{ ...ada, given: "Augusta" }, asleep]))).plan
      assert.deepStrictEqual([one.census.managed, one.census.active], [3, 1])
    })
  )
  it.effect("wants a full plan where only that one tells what is right", () =>
    Effect.gen(function* () {
      const reasonOf = (world: World, source: PeopleSource, limit?: number) =>
        Effect.map(Effect.flip(changes(world, source, limit === undefined ? {} : { limit })), (error) =>
          error._tag === "NeedsFull" ? error.reason : error._tag
        )
      const world = yield* first
      const changed = all.map((row) => ({ ...row, given: "Other" }))
      assert.strictEqual(yield* reasonOf(empty, sourceOf(all), 2), "digestsMissing")
      const forgotten = { ...world, managed: world.managed.map((row) => ({ ...row, digest: null })) }
      assert.strictEqual(yield* reasonOf(forgotten, sourceOf(all), 2), "digestsMissing")
      assert.strictEqual(yield* reasonOf(world, sourceOf(changed), 2), "tooManyChanges")
      assert.strictEqual(yield* reasonOf(world, sourceOf([]), 2), "tooManyChanges")
      const gone = {
        ...world,
        groups: world.groups.filter((group) => group["id"] !== "new-Red"),
        managed: world.managed.filter(({ id }) => id !== "new-Red")
      }
      assert.strictEqual(yield* reasonOf(gone, sourceOf([{ ...ada, given: "Augusta" }, bob, cid])), "groupMissing")
    })
  )
  it.effect("wants a full plan where single users cannot be searched for", () =>
    Effect.gen(function* () {
      const world = yield* first
      const source = sourceOf([...all, { id: "dan", mail: "dan@example.com" }])
      const answers = serve(world)
      const twice = (handler: typeof answers) =>
        connectedTo(
          world,
          (connected) => {
            const input = { source, mapping, connected, adopt: "never" as const, managed: world.managed }
            const reason = Effect.match(Incremental.plan(input), {
              onFailure: (error) => (error._tag === "NeedsFull" ? error.reason : error._tag),
              onSuccess: ({ plan }) => done(plan.actions).join()
            })
            return Effect.all([reason, reason])
          },
          "deactivate",
          handler
        )
      const refusing = yield* twice((seen) =>
        seen.query.has("filter") ? { status: 400, body: { scimType: "invalidFilter" } } : answers(seen)
      )
      assert.deepStrictEqual(refusing, ["filterRefused", "filterRefused"])
      const ignoring = yield* twice((seen) => {
        seen.query.delete("filter")
        return answers(seen)
      })
      assert.deepStrictEqual(ignoring, ["Create dan@example.com", "filterRefused"])
    })
  )
  it.effect("reports a conflict in half a source, too", () =>
    Effect.gen(function* () {
      const cut = yield* changes(yield* first, sourceOf([{ ...ada, mail: bob.mail }, bob], true))
      assert.deepStrictEqual(cut.plan.counts, { Conflict: 2 })
      assert.deepStrictEqual(cut.plan.skipped, { leaversWithheld: 1 })
    })
  )
  it.effect("sees that somebody has the name which a person is newly called by, or an external id of ours", () =>
    Effect.gen(function* () {
      const world = yield* first
      const idsOf = (users: World["users"], row: Row) =>
        Effect.map(changes({ ...world, users }, sourceOf([row, bob, cid])), ({ plan }) =>
          plan.actions.map((action) => (action._tag === "Conflict" ? [action.reason, action.ids] : action._tag))
        )
      const stranger = { id: "s1", userName: "lovelace@example.com" }
      assert.deepStrictEqual(yield* idsOf([...world.users, stranger], { ...ada, mail: "lovelace@example.com" }), [
        ["severalMatch", ["new-ada", "s1"]]
      ])
      const rekeyed = world.users.map((user) => (user["id"] === "new-ada" ? { ...user, externalId: "other" } : user))
      const twin = { id: "s2", userName: "twin@example.com", externalId: "ada" }
      assert.deepStrictEqual(yield* idsOf([...rekeyed, twin], { ...ada, given: "Augusta" }), [
        ["severalMatch", ["new-ada", "s2"]]
      ])
    })
  )
  it.effect("takes somebody who is found to be ours out of the groups that they are not in", () =>
    Effect.gen(function* () {
      const world = yield* first
      const dan = { id: "dan", mail: "dan@example.com" }
      const found = {
        ...world,
        users: [...world.users, { id: "s1", externalId: "dan", userName: dan.mail, active: true }],
        groups: world.groups.map((group) =>
          group["id"] === "new-Blue" ? { ...group, members: [{ value: "new-bob" }, { value: "s1" }] } : group
        )
      }
      const { plan, recognised } = yield* changes(found, sourceOf([...all, dan]))
      assert.deepStrictEqual(
        plan.actions.map((action) =>
          "members" in action ? [action._tag, action.members.map(({ id }) => id)] : action._tag
        ),
        ["Update", ["MembersRemove", ["s1"]]]
      )
      assert.deepStrictEqual(recognised, [{ endpoint: "Users", id: "s1", key: "dan", digest: null, groups: [] }])
    })
  )
})
