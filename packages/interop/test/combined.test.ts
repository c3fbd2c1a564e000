import { assert, describe, it } from "@effect/vitest"
import type { Quirk } from "@loom-scim/core/scim/Quirk"
import { Effect } from "effect"
import { startQuirkServer } from "../src/QuirkServer.ts"
import { clientOf, person, platform, running, team } from "./harness.ts"
import { crew, crowd, kept, keptMembers, wholeList, type Bench } from "./scenarios/Scenario.ts"

// Quirks seldom come alone. Each of these is put together after a kind of server in use.
const mixtures: Readonly<Record<string, ReadonlyArray<Quirk>>> = {
  "takes little at once and names no reasons": [
    "pathlessReplaceRefused",
    "patchOperationLimit",
    "clearMembersRefused",
    "memberFilterRemovalRefused",
    "etagMissing",
    "countCapped",
    "conflictWithoutScimType"
  ],
  "wants what Entra sends": [
    "patchOpLowerCaseRefused",
    "memberFilterRemovalRefused",
    "booleansAsStrings",
    "patchAnswersNoContent",
    "replaceDropsActive",
    "memberDisplayRequired"
  ],
  "takes any removal by value for the removal of all": [
    "patchOpLowerCaseRefused",
    "memberValueRemovalRefused",
    "clearMembersRefused",
    "readsWithoutMembers"
  ],
  "answers in a way of its own": [
    "booleansAsStrings",
    "patchAnswersNoContent",
    "deleteAnswersBody",
    "createIdMissing",
    "locationMissing",
    "schemasMissing",
    "plainJsonMediaType",
    "htmlErrors",
    "etagConstant",
    "filterCaseSensitive"
  ],
  "hides groups": ["createIgnoresMembers", "readsWithoutMembers", "memberDisplayRequired", "patchAnswersNoContent"],
  "lists badly": ["totalIsPageSize", "countCapped", "duplicates", "filterIgnored", "pastEndRefused"],
  "does not keep groups": [
    "createIgnoresMembers",
    "replaceIgnoresMembers",
    "patchOperationLimit",
    "caseOnlyRenameIgnored",
    "patchAnswersNoContent",
    "readsWithoutMembers"
  ],
  "takes short requests only": ["bodyLimit", "memberDisplayRequired", "clearMembersRefused", "nullsRefused"],
  "lags and breaks": ["eventualConsistency", "retryAfterDate", "preconditionStale"]
}

/** Everything that is done to a directory; the bystanders stay as they are. */
const work = ({ client, server }: Bench) =>
  Effect.gen(function* () {
    const bystanders = crowd(server, 3)
    const before = bystanders.map((id) => kept(server, id))
    const others = crew(server, "Others", bystanders)

    const ada = yield* client.create("Users", person("ada", { externalId: "e-ada" }))
    const bea = yield* client.create("Users", person("bea", { externalId: "e-bea" }))
    const twin = yield* Effect.flip(client.create("Users", person("ada", { externalId: "e-ada" })))
    assert.isTrue(twin._tag === "Conflict" && twin.resource?.["id"] === ada.id)

    yield* client.patch("Users", ada.id, [{ op: "replace", value: { title: "Countess", name: { givenName: "Ada" } } }])
    yield* client.patch("Users", bea.id, [{ op: "replace", path: "active", value: false }])
    const { active: _, ...rest } = person("bea", { externalId: "e-bea", title: "Dr" })
    yield* client.replace("Users", bea.id, rest)
    assert.deepInclude(kept(server, ada.id), { title: "Countess", active: true, name: { givenName: "Ada" } })
    assert.deepInclude(kept(server, bea.id), { title: "Dr", active: false })

    const group = yield* client.create("Groups", team("Team", [ada.id, bea.id]))
    assert.deepStrictEqual(keptMembers(server, group.id), [ada.id, bea.id].toSorted())
    const many = crowd(server, 150)
    const added = many.map((value) => ({ value }))
    yield* client.patch("Groups", group.id, [{ op: "add", path: "members", value: added }])
    assert.deepStrictEqual(keptMembers(server, group.id), [ada.id, bea.id, ...many].toSorted())
    yield* client.patch("Groups", group.id, [{ op: "remove", path: `members[value eq "${bea.id}"]` }])
    assert.deepStrictEqual(keptMembers(server, group.id), [ada.id, ...many].toSorted())
    const leavers = many.slice(0, 120)
    const removals = leavers.map((id) => ({ op: "remove", path: `members[value eq "${id}"]` }) as const)
    yield* client.patch("Groups", group.id, removals)
    assert.deepStrictEqual(keptMembers(server, group.id), [ada.id, ...many.slice(120)].toSorted())
    yield* client.patch("Groups", group.id, [{ op: "replace", path: "displayName", value: "Team of Ada" }])
    yield* client.patch("Groups", group.id, [{ op: "replace", value: { displayName: "TEAM of Ada" } }])
    yield* client.replace("Groups", group.id, team("TEAM of Ada", [ada.id, ...many.slice(140)]))
    assert.deepStrictEqual(keptMembers(server, group.id), [ada.id, ...many.slice(140)].toSorted())
    assert.deepStrictEqual(
      server.groups().map(({ resource }) => resource["displayName"]),
      ["Others", "TEAM of Ada"]
    )
    yield* client.patch("Groups", group.id, [{ op: "remove", path: "members" }])
    assert.deepStrictEqual(keptMembers(server, group.id), [])

    yield* client.delete("Users", bea.id)
    const listed = yield* client.listAll("Users", { count: 50 })
    assert.deepStrictEqual(
      listed.resources.map((row) => String(row["id"])).toSorted(),
      server
        .users()
        .map(({ id }) => id)
        .toSorted()
    )
    assert.deepStrictEqual([listed.verdict._tag, listed.resources.length], ["Complete", 154])
    assert.deepStrictEqual(
      bystanders.map((id) => kept(server, id)),
      before
    )
    assert.deepStrictEqual(keptMembers(server, others), bystanders.toSorted())
    return group.id
  })

describe("a server that", () => {
  for (const [name, quirks] of Object.entries(mixtures)) {
    it.live(name, () =>
      Effect.gen(function* () {
        const switches = Object.fromEntries(quirks.map((quirk) => [quirk, true]))
        const server = yield* running(() => startQuirkServer({ quirks: switches }))
        const client = yield* clientOf(server)
        const group = yield* work({ client, server })

        // Whoever comes later with the profile is spared the refusals.
        const profile = yield* client.profile
        const later = yield* clientOf(server, { profile })
        const before = server.requests.length
        const [one = "", two = ""] = crowd(server, 2)
        yield* later.patch("Groups", group, [{ op: "add", path: "members", value: [{ value: one }, { value: two }] }])
        yield* later.patch("Groups", group, [{ op: "remove", path: `members[value eq "${one}"]` }])
        yield* later.patch("Users", one, [{ op: "replace", value: { title: "Dr" } }])
        assert.deepStrictEqual(keptMembers(server, group), [two])
        assert.strictEqual(kept(server, one)["title"], "Dr")
        assert.isTrue(server.requests.slice(before).every(({ status }) => status !== 400))
      }).pipe(Effect.provide(platform()))
    )
  }

  // Two reasons to refuse the very first request, so that changing one thing alone does not help.
  const addition = (ids: ReadonlyArray<string>) => [
    { op: "add", path: "members", value: ids.map((value) => ({ value })) } as const
  ]
  const removal = (id: string) => [{ op: "remove", path: `members[value eq "${id}"]` } as const]
  const firstPatches: Readonly<Record<string, ReadonlyArray<Quirk>>> = {
    "refuses lower case and removals by filter": ["patchOpLowerCaseRefused", "memberFilterRemovalRefused"],
    "refuses lower case and members without display": ["patchOpLowerCaseRefused", "memberDisplayRequired"],
    "refuses lower case and operations without a path": ["patchOpLowerCaseRefused", "pathlessReplaceRefused"],
    "refuses lower case and clearing": ["patchOpLowerCaseRefused", "clearMembersRefused"],
    "refuses clearing and removals by filter": ["clearMembersRefused", "memberFilterRemovalRefused"],
    "refuses removals by filter, and reads groups without members": [
      "memberFilterRemovalRefused",
      "readsWithoutMembers"
    ],
    "refuses clearing, and reads groups without members": ["clearMembersRefused", "readsWithoutMembers"],
    "refuses members without display and many at once": ["memberDisplayRequired", "patchOperationLimit"]
  }
  for (const [name, quirks] of Object.entries(firstPatches)) {
    it.live(`${name}, from the first request`, () =>
      Effect.gen(function* () {
        const switches = Object.fromEntries(quirks.map((quirk) => [quirk, true]))
        const server = yield* running(() => startQuirkServer({ quirks: switches }))
        const ids = crowd(server, 150)
        const [one = "", ...others] = ids
        const team = crew(server, "Team", ids.slice(0, 3))
        const empty = crew(server, "Empty", [])
        const fresh = clientOf(server)
        yield* Effect.flatMap(fresh, (client) => client.patch("Groups", team, removal(one)))
        assert.deepStrictEqual(keptMembers(server, team), ids.slice(1, 3).toSorted())
        yield* Effect.flatMap(fresh, (client) => client.patch("Groups", empty, addition(others)))
        assert.deepStrictEqual(keptMembers(server, empty), others.toSorted())
        yield* Effect.flatMap(fresh, (client) => client.patch("Groups", team, [{ op: "remove", path: "members" }]))
        assert.deepStrictEqual(keptMembers(server, team), [])
        yield* Effect.flatMap(fresh, (client) =>
          client.patch("Users", one, [{ op: "replace", value: { title: "Dr" } }])
        )
        assert.strictEqual(kept(server, one)["title"], "Dr")
      }).pipe(Effect.provide(platform()))
    )
  }

  it.live("has no form of removal that works: nobody leaves, and the refusal is told", () =>
    Effect.gen(function* () {
      const quirks = { memberFilterRemovalRefused: true, memberValueRemovalRefused: true }
      const server = yield* running(() => startQuirkServer({ quirks }))
      const client = yield* clientOf(server)
      const ids = crowd(server, 3)
      const group = crew(server, "Team", ids)
      const error = yield* Effect.flip(client.patch("Groups", group, removal(ids[0] ?? "")))
      assert.strictEqual(error._tag, "InvalidRequest")
      assert.includeMembers([...keptMembers(server, group)], ids.slice(1))
      const { behaviour, quirks: shown } = yield* client.profile
      assert.notStrictEqual(behaviour.memberRemoval, "valueList")
      assert.property(shown, "memberValueRemovalRefused")
    }).pipe(Effect.provide(platform()))
  )

  for (const quirk of ["bodyLimit", "patchOperationLimit"] as const) {
    it.live(`has a limit, and whose groups are larger than that (${quirk})`, () =>
      Effect.gen(function* () {
        const server = yield* running(() => startQuirkServer({ quirks: { [quirk]: true } }))
        const client = yield* clientOf(server)
        const ids = crowd(server, 300)
        const { id } = yield* client.create("Groups", team("Large", ids))
        assert.deepStrictEqual(keptMembers(server, id), ids.toSorted())
        yield* client.replace("Groups", id, team("Large", ids.slice(5)))
        assert.deepStrictEqual(keptMembers(server, id), ids.slice(5).toSorted())
        yield* client.replace("Groups", id, team("Large", ids))
        assert.deepStrictEqual(keptMembers(server, id), ids.toSorted())
        assert.lengthOf(server.groups(), 1)
      }).pipe(Effect.provide(platform()))
    )
  }

  it.live("lists badly, and whose lists are whole all the same", () =>
    Effect.gen(function* () {
      const quirks = { totalIsPageSize: true, countCapped: true, duplicates: true, plainJsonMediaType: true }
      const server = yield* running(() => startQuirkServer({ quirks }))
      const client = yield* clientOf(server)
      yield* wholeList({ client, server }, 10)
    }).pipe(Effect.provide(platform()))
  )
})
