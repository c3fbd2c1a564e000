/** Groups that do not keep what they are given, or do not show what they keep. */
import { assert } from "@effect/vitest"
import type { Quirk } from "@loom-scim/core/scim/Quirk"
import { Effect } from "effect"
import { members, team } from "../harness.ts"
import { answered, bare, crew, crowd, keptMembers, scenario } from "./Scenario.ts"

export const groups = {
  createIgnoresMembers: scenario(({ client, server }) =>
    Effect.gen(function* () {
      const ids = crowd(server, 4)
      const other = crew(server, "Others", ids)
      const { id } = yield* client.create("Groups", team("Team", ids.slice(0, 2)))
      assert.deepStrictEqual(keptMembers(server, id), ids.slice(0, 2).toSorted())
      const second = yield* client.create("Groups", team("Second", ids.slice(2)))
      assert.deepStrictEqual(keptMembers(server, second.id), ids.slice(2).toSorted())
      assert.deepStrictEqual(keptMembers(server, other), ids.toSorted())
    })
  ),
  replaceIgnoresMembers: scenario(({ client, server }) =>
    Effect.gen(function* () {
      const ids = crowd(server, 4)
      const other = crew(server, "Others", ids)
      const { id } = yield* client.create("Groups", team("Team", ids.slice(0, 2)))
      yield* client.replace("Groups", id, team("Team", ids.slice(1)))
      assert.deepStrictEqual(keptMembers(server, id), ids.slice(1).toSorted())
      assert.deepStrictEqual(keptMembers(server, other), ids.toSorted())
    })
  ),
  readsWithoutMembers: scenario(({ client, server }) =>
    Effect.gen(function* () {
      const ids = crowd(server, 3)
      const { id } = yield* client.create("Groups", team("Team", ids))
      assert.deepStrictEqual(keptMembers(server, id), ids.toSorted())
      // Members that are not shown are not taken for gone: nothing was added again.
      assert.isEmpty(answered(server, "PATCH"))
      const read = yield* client.get("Groups", id, { attributes: ["members"] })
      assert.deepStrictEqual(members(read.resource), ids.toSorted())
    })
  ),
  excludeMembersNeeded: scenario(({ client, server }) =>
    Effect.gen(function* () {
      const large = crew(server, "Large", crowd(server, 150))
      const small = crew(server, "Small", [])
      const listed = yield* client.listAll("Groups", { excludedAttributes: ["members"] })
      assert.deepStrictEqual(
        [listed.resources.map((row) => row["id"]), listed.verdict._tag],
        [[large, small], "Complete"]
      )
      assert.strictEqual((yield* bare(server, "/Groups")).status, 500)
    })
  ),
  memberDisplayRequired: scenario(({ client, server }) =>
    Effect.gen(function* () {
      const [one = "", two = "", three = ""] = crowd(server, 3)
      const group = crew(server, "Team", [one])
      yield* client.patch("Groups", group, [{ op: "add", path: "members", value: [{ value: two }] }])
      assert.deepStrictEqual(keptMembers(server, group), [one, two].toSorted())
      const created = yield* client.create("Groups", team("Second", [two, three]))
      assert.deepStrictEqual(keptMembers(server, created.id), [two, three].toSorted())
      yield* client.replace("Groups", created.id, team("Second", [three]))
      assert.deepStrictEqual(keptMembers(server, created.id), [three])
      // Learnt once.
      assert.lengthOf(
        server.requests.filter(({ status }) => status === 400),
        1
      )
    })
  ),
  unknownMembersDropped: scenario(({ client, server }) =>
    Effect.gen(function* () {
      const ids = crowd(server, 2)
      const { id } = yield* client.create("Groups", team("Team", [...ids, "u-unknown"]))
      assert.deepStrictEqual(keptMembers(server, id), ids.toSorted())
    })
  ),
  caseOnlyRenameIgnored: scenario(({ client, server }) =>
    Effect.gen(function* () {
      const ids = crowd(server, 2)
      const other = crew(server, "Others", ids)
      const group = crew(server, "engineering", ids)
      yield* client.patch("Groups", group, [{ op: "replace", path: "displayName", value: "Engineering" }])
      const names = server.groups().map(({ id, resource }) => [id, resource["displayName"]])
      assert.deepStrictEqual(names, [
        [other, "Others"],
        [group, "Engineering"]
      ])
      assert.deepStrictEqual(keptMembers(server, group), ids.toSorted())
    })
  )
} as const satisfies Partial<Record<Quirk, unknown>>
