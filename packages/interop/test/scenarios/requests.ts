/** Requests that some servers refuse or misread. */
import { assert } from "@effect/vitest"
import type { Quirk } from "@loom-scim/core/scim/Quirk"
import * as Profile from "@loom-scim/core/scim/Profile"
import * as BridgeUrl from "@loom-scim/core/setup/BridgeUrl"
import { Effect, Result } from "effect"
import { person, withClient } from "../harness.ts"
import { answered, bare, crew, crowd, kept, keptMembers, manyJoin, scenario, twoLeave, type Bench } from "./Scenario.ts"

const patchOf = (...operations: ReadonlyArray<object>) => ({
  method: "PATCH",
  body: { schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations: operations }
})

/** Two attributes are set, and the others stay. */
const retitle = ({ client, server }: Bench, operations: Parameters<Bench["client"]["patch"]>[2]) =>
  Effect.gen(function* () {
    const [id = "", other = ""] = crowd(server, 2)
    yield* client.patch("Users", id, operations)
    assert.deepInclude(kept(server, id), { userName: "p000@corp.example", title: "Countess", active: true })
    assert.notProperty(kept(server, other), "title")
    return id
  })

const setTitle = [{ op: "replace", path: "title", value: "Countess" }] as const
const nested = [{ op: "replace", value: { title: "Countess", name: { givenName: "Ada" } } }] as const

export const requests = {
  patchOpLowerCaseRefused: scenario((bench) =>
    Effect.gen(function* () {
      yield* retitle(bench, setTitle)
      yield* twoLeave(bench)
      // The spelling is learnt once.
      assert.lengthOf(answered(bench.server, "PATCH", 400), 1)
    })
  ),
  patchOpCapitalisedRefused: scenario((bench) =>
    Effect.gen(function* () {
      const { server } = bench
      const id = yield* retitle(bench, setTitle)
      assert.lengthOf(answered(server, "PATCH", 400), 0)
      const refused = yield* bare(server, `/Users/${id}`, patchOf({ op: "Replace", path: "title", value: "None" }))
      assert.strictEqual(refused.status, 400)
      // Even a profile that says otherwise is corrected.
      const profile = { ...Profile.unknown, behaviour: { ...Profile.standard, patchOp: "capitalised" as const } }
      yield* withClient(
        server,
        (client) => client.patch("Users", id, [{ op: "replace", path: "title", value: "Dr" }]),
        {
          profile
        }
      )
      assert.strictEqual(kept(server, id)["title"], "Dr")
    })
  ),
  pathlessReplaceRefused: scenario((bench) =>
    Effect.gen(function* () {
      const id = yield* retitle(bench, nested)
      assert.deepStrictEqual(kept(bench.server, id)["name"], { givenName: "Ada" })
    })
  ),
  dottedKeysNotExpanded: scenario((bench) =>
    Effect.gen(function* () {
      const { server } = bench
      const id = yield* retitle(bench, nested)
      assert.deepStrictEqual(kept(server, id)["name"], { givenName: "Ada" })
      assert.notProperty(kept(server, id), "name.givenName")
      yield* bare(server, `/Users/${id}`, patchOf({ op: "replace", value: { "name.givenName": "Bea" } }))
      assert.strictEqual(kept(server, id)["name.givenName"], "Bea")
    })
  ),
  memberFilterRemovalRefused: scenario(twoLeave),
  memberValueRemovalRefused: scenario((bench) =>
    Effect.gen(function* () {
      const { server } = bench
      yield* twoLeave(bench)
      const group = crew(server, "Victims", crowd(server, 3))
      const [first = ""] = keptMembers(server, group)
      yield* bare(server, `/Groups/${group}`, patchOf({ op: "remove", path: "members", value: [{ value: first }] }))
      assert.deepStrictEqual(keptMembers(server, group), [])
    })
  ),
  patchOperationLimit: scenario((bench) => manyJoin(bench, 250)),
  bodyLimit: scenario((bench) => manyJoin(bench, 400)),
  clearMembersRefused: scenario(({ client, server }) =>
    Effect.gen(function* () {
      const ids = crowd(server, 4)
      const group = crew(server, "Team", ids)
      const other = crew(server, "Others", ids)
      yield* client.patch("Groups", group, [{ op: "remove", path: "members" }])
      assert.deepStrictEqual(keptMembers(server, group), [])
      assert.deepStrictEqual(keptMembers(server, other), ids.toSorted())
    })
  ),
  nullsRefused: scenario(({ client, server }) =>
    Effect.gen(function* () {
      const created = yield* client.create("Users", { ...person("ada"), title: "Countess", nickName: null })
      yield* client.patch("Users", created.id, [{ op: "replace", path: "title", value: null }])
      assert.notProperty(kept(server, created.id), "title")
      yield* client.patch("Users", created.id, [{ op: "replace", value: { locale: "en", displayName: null } }])
      yield* client.replace("Users", created.id, { ...person("ada"), locale: "en", title: null })
      assert.deepInclude(kept(server, created.id), { userName: "ada@corp.example", locale: "en", active: true })
      const refused = yield* bare(server, "/Users", { method: "POST", body: { ...person("bea"), title: null } })
      assert.strictEqual(refused.status, 400)
      assert.lengthOf(
        server.requests.filter(({ status }) => status === 400),
        1
      )
    })
  ),
  replaceDropsActive: scenario(({ client, server }) =>
    Effect.gen(function* () {
      const [id = "", leaver = ""] = crowd(server, 2)
      yield* client.patch("Users", leaver, [{ op: "replace", path: "active", value: false }])
      for (const [who, name] of [
        [id, "p000"],
        [leaver, "p001"]
      ] as const) {
        const { active: _, ...rest } = person(name, { title: "Countess" })
        yield* client.replace("Users", who, rest)
      }
      assert.deepInclude(kept(server, id), { title: "Countess", active: true })
      assert.deepInclude(kept(server, leaver), { title: "Countess", active: false })
      const { active: _, ...rest } = person("p000")
      yield* bare(server, `/Users/${id}`, { method: "PUT", body: rest })
      assert.strictEqual(kept(server, id)["active"], false)
    })
  ),
  baseUrlQuery: scenario(({ server }) =>
    Effect.gen(function* () {
      const [before = ""] = server.url.split("?")
      const refusals = [server.url, `${before}#tenant=acme`].map((url) =>
        Result.match(BridgeUrl.parse(url, { allowPrivateNetwork: true }), {
          onSuccess: () => "taken",
          onFailure: ({ reason }) => reason
        })
      )
      assert.deepStrictEqual(refusals, ["query", "fragment"])
      assert.isEmpty(server.requests)
      // It answers to such a URL only, and a path that is appended ends up in its query.
      const plain = { ...server, url: before }
      const answers = [bare(plain, "/Users?tenant=acme"), bare(plain, "/Users"), bare(server, "/Users")]
      const statuses = yield* Effect.forEach(answers, (one) => Effect.map(one, ({ status }) => status))
      assert.deepStrictEqual(statuses, [200, 404, 404])
    })
  ),
  idNeedsEncoding: scenario(({ client, server }) =>
    Effect.gen(function* () {
      const { id } = yield* client.create("Users", person("ada"))
      const other = yield* client.create("Users", person("ada/ü?"))
      assert.match(id, /[/?#%]/)
      yield* client.patch("Users", id, [{ op: "replace", path: "title", value: "Countess" }])
      assert.strictEqual((yield* client.get("Users", id)).resource["title"], "Countess")
      const group = yield* client.create("Groups", {
        displayName: "Team",
        members: [{ value: id }, { value: other.id }]
      })
      yield* client.patch("Groups", group.id, [{ op: "remove", path: `members[value eq ${JSON.stringify(id)}]` }])
      assert.deepStrictEqual(keptMembers(server, group.id), [other.id])
      yield* client.delete("Users", id)
      assert.deepStrictEqual(
        server.users().map((user) => user.id),
        [other.id]
      )
    })
  ),
  tokenWithoutBearer: scenario(({ client, server }) =>
    Effect.gen(function* () {
      assert.strictEqual((yield* Effect.flip(client.listAll("Users")))._tag, "Unauthorized")
      const profile = yield* client.probe
      assert.strictEqual(profile.behaviour.tokenScheme, "none")
      const [id = ""] = crowd(server, 1)
      // Told so, by the profile or by hand, the client sends the token alone.
      const options = [{ profile }, { tokenScheme: "none" }] as const
      for (const one of options) {
        yield* withClient(server, (told) => Effect.asVoid(told.get("Users", id)), one)
      }
    })
  )
} as const satisfies Partial<Record<Quirk, unknown>>
