import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { quirks } from "../../src/scim/Quirk.ts"
import * as Profile from "../../src/scim/Profile.ts"
import type { PatchOperation } from "../../src/scim/ScimClientTypes.ts"
import { failure, list, played, type Reply, type Seen, withClient } from "./ScimClient.harness.ts"

const refusal = (scimType?: string): Reply => ({ status: 400, body: { status: "400", scimType } })

/** A group on a server that may take a removal by value for the removal of all. */
const groupServer = (refuses: (operations: string) => boolean, clears = false) => {
  const members = new Set(["a", "b", "c"])
  const handle = ({ body, method }: Seen): Reply => {
    if (method === "GET") return { body: { id: "g", members: [...members].map((value) => ({ value })) } }
    if (refuses(body)) return refusal()
    const { Operations } = JSON.parse(body)
    for (const { op, path, value } of Operations) {
      const ids: ReadonlyArray<string> = (Array.isArray(value) ? value : []).map((member) => member.value)
      if (String(op).toLowerCase() === "add") {
        for (const id of ids) members.add(id)
      } else if (path === "members") {
        if (clears || value === undefined) members.clear()
        for (const id of ids) members.delete(id)
      } else {
        for (const id of members) if (String(path).includes(`"${id}"`)) members.delete(id)
      }
    }
    return { status: 204 }
  }
  return { handle, members: () => [...members] }
}

const removeA: PatchOperation = { op: "remove", path: 'members[value eq "a"]' }

describe("PATCH in other forms", () => {
  it.effect("is tried once, and then kept", () => {
    const server = groupServer((body) => body.includes("[value eq"))
    return withClient(server.handle, (client, seen) =>
      Effect.gen(function* () {
        yield* client.patch("Groups", "g", [removeA])
        assert.deepStrictEqual(server.members(), ["b", "c"])
        const { behaviour, quirks: found } = yield* client.profile
        assert.strictEqual(behaviour.memberRemoval, "valueList")
        assert.strictEqual(found["memberFilterRemovalRefused"], 1)
        const before = seen.length
        yield* client.patch("Groups", "g", [{ op: "remove", path: 'members[value eq "b"]' }])
        assert.deepStrictEqual(server.members(), ["c"])
        assert.strictEqual(seen.length, before + 1)
      })
    )
  })
  it.effect("puts back whoever a removal by value took along, and fails with the first refusal", () => {
    const server = groupServer((body) => body.includes("[value eq"), true)
    return withClient(server.handle, (client) =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(client.patch("Groups", "g", [removeA]))
        assert.strictEqual(error._tag, "InvalidRequest")
        assert.includeMembers(server.members(), ["b", "c"])
        const { behaviour, quirks: found } = yield* client.profile
        assert.strictEqual(behaviour.memberRemoval, "eachFilter")
        assert.strictEqual(found["memberValueRemovalRefused"], 1)
      })
    )
  })
  it.effect("are not tried for what no form changes, nor when asked to send it as given", () =>
    withClient(
      ({ method }) => (method === "GET" ? { body: { id: "g" } } : refusal("mutability")),
      (client, seen) =>
        Effect.gen(function* () {
          yield* Effect.flip(client.patch("Groups", "g", [removeA]))
          assert.lengthOf(seen, 1)
        })
    ).pipe(
      Effect.andThen(
        withClient(
          () => refusal(),
          (client, seen) =>
            Effect.gen(function* () {
              yield* Effect.flip(client.patch("Groups", "g", [removeA], { asGiven: true }))
              assert.lengthOf(seen, 1)
            })
        )
      )
    )
  )
  it.effect("spell the operation in capitals, from a profile without trying", () =>
    withClient(
      ({ body }) => (body.includes('"op":"Replace"') ? { status: 204 } : refusal("invalidSyntax")),
      (client, seen) =>
        Effect.gen(function* () {
          yield* client.patch("Users", "1", [{ op: "replace", path: "title", value: "x" }])
          assert.lengthOf(seen, 1)
        }),
      { profile: { ...Profile.unknown, behaviour: { ...Profile.standard, patchOp: "capitalised" } } }
    )
  )
  it.effect("send fewer members at once after 413, and remember how many", () => {
    const sizeOf = (body: string): number =>
      JSON.parse(body).Operations.flatMap(({ value }: { readonly value: ReadonlyArray<unknown> }) => value).length
    const value = Array.from({ length: 250 }, (_, index) => ({ value: String(index) }))
    return withClient(
      ({ body, method }) =>
        method === "GET" ? { body: { id: "g" } } : sizeOf(body) > 100 ? { status: 413 } : { status: 204 },
      (client, seen) =>
        Effect.gen(function* () {
          yield* client.patch("Groups", "g", [{ op: "add", path: "members", value }])
          const taken = seen.filter(({ body, method }) => method === "PATCH" && sizeOf(body) <= 100)
          assert.strictEqual(
            taken.reduce((sum, { body }) => sum + sizeOf(body), 0),
            250
          )
          assert.strictEqual((yield* client.profile).behaviour.maxMembers, 63)
        })
    )
  })
})

describe("probe", () => {
  const people = ["1", "2", "3"].map((id) => ({ id, userName: `${id}@example.com` }))
  const page = ({ query }: Seen): Reply => {
    const start = Number(query.get("startIndex") ?? 1)
    return { body: { totalResults: 3, Resources: people.slice(start - 1, start) } }
  }
  it.effect("proves the totals, and learns the claims", () =>
    withClient(
      (seen) => (seen.path === "/Users" ? page(seen) : { body: { patch: { supported: true } } }),
      (client) =>
        Effect.gen(function* () {
          const { behaviour, claims } = yield* client.probe
          assert.isTrue(behaviour.trustTotals)
          assert.strictEqual(claims?.patch, true)
          assert.isNull(claims?.bulk)
        })
    )
  )
  it.effect("does not trust a server that answers the first user for any index", () =>
    withClient(
      ({ path }) =>
        path === "/Users" ? { body: { totalResults: 3, Resources: people.slice(0, 1) } } : { status: 404 },
      (client) =>
        Effect.gen(function* () {
          const { behaviour, quirks: found } = yield* client.probe
          assert.isFalse(behaviour.trustTotals)
          assert.strictEqual(found["discoveryMissing"], 1)
        })
    )
  )
  it.effect("finds out that the token goes without Bearer", () =>
    withClient(
      (seen) => {
        if (seen.headers["authorization"]?.startsWith("Bearer") === true) return { status: 401 }
        return seen.path === "/Users" ? page(seen) : { status: 404 }
      },
      (client) =>
        Effect.gen(function* () {
          assert.strictEqual((yield* client.probe).behaviour.tokenScheme, "none")
          assert.isTrue((yield* client.listAll("Users")).resources.length === 3)
        })
    )
  )
  it.effect("fails when the token is refused either way", () =>
    withClient(
      () => ({ status: 401 }),
      (client) =>
        Effect.gen(function* () {
          const { exit } = yield* played(client.probe)
          assert.strictEqual(failure(exit)._tag, "Unauthorized")
          assert.strictEqual((yield* client.profile).behaviour.tokenScheme, "Bearer")
        })
    )
  )
})

describe("profile", () => {
  it("describes quirks in words, and passes over names it does not know", () => {
    const described = Profile.describe({ ...Profile.unknown, quirks: { countCapped: 1, totalMissing: 3, later: 9 } })
    assert.deepStrictEqual(described, [
      { name: "totalMissing", times: 3, ...quirks.totalMissing },
      { name: "countCapped", times: 1, ...quirks.countCapped }
    ])
  })
  it.effect("counts what lists show", () =>
    withClient(
      () => list({ id: "1", userName: "a" }, { id: "1", userName: "a" }),
      (client) =>
        Effect.gen(function* () {
          yield* client.listAll("Users")
          const { quirks: found } = yield* client.profile
          assert.isAbove(found["duplicates"] ?? 0, 0)
          assert.isAbove(found["schemasMissing"] ?? 0, 0)
        })
    )
  )
})
