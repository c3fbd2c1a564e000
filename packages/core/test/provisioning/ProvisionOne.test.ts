import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import type { PeopleSource } from "../../src/ports/PeopleSource.ts"
import { requestsOf } from "../../src/provisioning/ActionRequests.ts"
import { careful, judge } from "../../src/provisioning/Guard.ts"
import * as MappingRead from "../../src/provisioning/MappingRead.ts"
import * as ProvisionOne from "../../src/provisioning/ProvisionOne.ts"
import { standard } from "../../src/scim/Profile.ts"
import { baseUrl } from "../scim/ScimClient.harness.ts"
import { connectedTo, done, empty, mapping, reconciled, type Row, sourceOf, type World } from "./IncrementalServer.ts"

const ada: Row = { id: "ada", mail: "ada@example.com", given: "Ada", groups: ["Red"] }
const bob: Row = { id: "bob", mail: "bob@example.com", given: "Bob", groups: ["Red"] }
const dan: Row = { id: "dan", mail: "dan@example.com", given: "Dan", groups: ["Red", "Green"] }

const first = Effect.map(reconciled(empty, sourceOf([ada, bob])), ({ world }) => world)

const provision = (world: World, source: PeopleSource, reference: string, compiled = mapping) =>
  connectedTo(world, (connected) =>
    ProvisionOne.plan({ source, mapping: compiled, connected, adopt: "never", managed: world.managed, reference })
  )

const placesOf = (world: World, source: PeopleSource, reference: string) =>
  Effect.map(Effect.flip(provision(world, source, reference)), (error) =>
    error._tag === "NotOnePerson" ? error.places : error._tag
  )

describe("ProvisionOne.plan", () => {
  it.effect("traces one person, plans for them alone, and shows the requests", () =>
    Effect.gen(function* () {
      const world = yield* first
      const source = sourceOf([{ ...ada, given: "Augusta" }, dan])
      const made = yield* provision(world, source, " DAN@example.com")
      assert.deepStrictEqual(done(made.plan.actions), ["Create dan@example.com", "GroupCreate Green", "MembersAdd Red"])
      assert.deepStrictEqual(
        made.requests.flatMap(({ requests }) =>
          requests.map(({ method, url }) => `${method} ${url.slice(baseUrl.length)}`)
        ),
        ["POST /Users", "POST /Groups", "PATCH /Groups/{id}", "PATCH /Groups/new-Red"]
      )
      assert.include(JSON.stringify(made.requests.at(-1)), "{id of dan@example.com}")
      const [trace] = made.traces
      assert.strictEqual(trace?.at, "row 2")
      assert.isTrue(trace?.steps.some(({ path, value }) => path === "userName" && value === "dan@example.com"))
      assert.isNotNull(made.digests.of("dan"))
      assert.isNull(made.digests.of("ada"))
    })
  )
  it.effect("finds by key before user name, and by user name before address", () =>
    Effect.gen(function* () {
      const world = yield* first
      const rows = [
        { id: "bob@example.com", mail: "x@example.com" },
        { id: "2", mail: "bob@example.com" },
        { id: "3", mail: "ada@example.com" }
      ]
      const key = Effect.map(provision(world, sourceOf(rows), "bob@example.com"), ({ plan }) => plan.actions[0]?.key)
      assert.strictEqual(yield* key, "bob@example.com")
      const byName = provision(world, sourceOf(rows.slice(1)), "bob@example.com")
      assert.strictEqual((yield* byName).traces[0]?.at, "row 1")
    })
  )
  it.effect("says so when nobody is meant, or several are", () =>
    Effect.gen(function* () {
      const world = yield* first
      assert.deepStrictEqual(yield* placesOf(world, sourceOf([ada]), "eve@example.com"), [])
      const twice = sourceOf([ada, { ...dan, mail: ada.mail }])
      assert.deepStrictEqual(yield* placesOf(world, twice, ada.mail), ["row 1", "row 2"])
      assert.strictEqual(yield* placesOf(world, sourceOf([ada], true), "eve@example.com"), "SourceFailure")
    })
  )
  it.effect("reports a conflict with somebody who is not asked for", () =>
    Effect.gen(function* () {
      const twice = sourceOf([ada, bob, { ...dan, mail: ada.mail }])
      const { plan } = yield* provision(yield* first, twice, "dan")
      assert.deepStrictEqual(
        plan.actions.map(({ _tag, key, reason }) => [_tag, key, reason]),
        [["Conflict", "dan", "sameUserName"]]
      )
    })
  )
  it.effect("shuts out one who is managed and no longer in the source, by key or by the name on the server", () =>
    Effect.gen(function* () {
      const world = yield* first
      for (const reference of ["bob", "bob@example.com"]) {
        const made = yield* provision(world, sourceOf([ada]), reference)
        assert.deepStrictEqual(done(made.plan.actions), ["MembersRemove Red", "Deactivate bob@example.com"])
        assert.deepStrictEqual(made.traces, [])
      }
      const cut = yield* provision(world, sourceOf([ada], true), "bob")
      assert.deepStrictEqual(cut.plan.actions, [])
      assert.deepStrictEqual(cut.plan.skipped, { leaversWithheld: 1 })
    })
  )
  it.effect("shuts out a single leaver unasked, unless nobody else has access", () =>
    Effect.gen(function* () {
      const world = yield* first
      const { plan } = yield* provision(world, sourceOf([ada]), "bob")
      assert.deepStrictEqual(judge(plan, careful), { _tag: "Clear" })
      const asleep = { ...ada, active: false }
      const half = yield* reconciled(world, sourceOf([asleep, bob]))
      const last = yield* provision(half.world, sourceOf([asleep]), "bob")
      assert.deepStrictEqual(judge(last.plan, careful), {
        _tag: "Held",
        reasons: [{ _tag: "TooManyLosses", count: 1, of: 1, limit: careful.losses }]
      })
    })
  )
  it.effect("finds in the source whom the server knows by an earlier name", () =>
    Effect.gen(function* () {
      const made = yield* provision(
        yield* first,
        sourceOf([ada, { ...bob, mail: "robert@example.com" }]),
        "bob@example.com"
      )
      assert.deepStrictEqual(done(made.plan.actions), ["Update robert@example.com"])
    })
  )
  it.effect("shows why the mapping leaves somebody out", () =>
    Effect.gen(function* () {
      const excluding = Result.getOrThrow(
        MappingRead.read({ ...mapping.mapping, exclude: 'userName eq "bob@example.com"' })
      )
      const made = yield* provision(yield* first, sourceOf([ada, bob]), "bob@example.com", excluding)
      assert.strictEqual(made.traces[0]?.steps.at(-1)?.path, "filter")
      assert.deepStrictEqual(done(made.plan.actions), ["MembersRemove Red", "Deactivate bob@example.com"])
    })
  )
  it.effect("leaves one alone whose record cannot be read, and shows what is wrong with it", () =>
    Effect.gen(function* () {
      const made = yield* provision(yield* first, sourceOf([ada, { ...bob, mail: "" }]), "bob")
      assert.isTrue(made.isEmpty)
      assert.deepStrictEqual(made.plan.skipped, { unreadableInSource: 1 })
      assert.isTrue(made.traces[0] !== undefined && Result.isFailure(made.traces[0].outcome))
    })
  )
})

describe("requestsOf", () => {
  const group = { id: "g", key: "Red", label: "Red", at: null, reason: "memberMissing", basis: "" } as const
  it("shows what the profile makes of an action", () => {
    const members = [
      { key: "a", id: "1", label: "a" },
      { key: "b", id: "2", label: "b" }
    ]
    const removal = { _tag: "MembersRemove", ...group, members } as const
    const bodies = (memberRemoval: "eachFilter" | "valueList") =>
      requestsOf(removal, baseUrl, { ...standard, memberRemoval }).map(({ body }) =>
        JSON.stringify(body?.["Operations"])
      )
    assert.deepStrictEqual(bodies("valueList"), [
      '[{"op":"remove","path":"members","value":[{"value":"1"}]},{"op":"remove","path":"members","value":[{"value":"2"}]}]'
    ])
    assert.notDeepEqual(bodies("eachFilter"), bodies("valueList"))
  })
  it("shows nothing for what does nothing, and a deletion as such", () => {
    assert.deepStrictEqual(
      requestsOf(
        { _tag: "Skip", endpoint: "Users", id: "1", key: null, label: "", at: null, reason: "unchanged" },
        baseUrl,
        standard
      ),
      []
    )
    assert.deepStrictEqual(requestsOf({ _tag: "GroupDelete", ...group }, baseUrl, standard), [
      { method: "DELETE", url: `${baseUrl}/Groups/g`, body: null }
    ])
  })
})
