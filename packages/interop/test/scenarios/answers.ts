/** Answers of other shapes than the RFCs have. */
import { assert } from "@effect/vitest"
import type { Quirk } from "@loom-scim/core/scim/Quirk"
import { Effect } from "effect"
import { person } from "../harness.ts"
import { answered, bare, crowd, kept, scenario, type Bench } from "./Scenario.ts"

/** A user from creation to deletion; another one stays as it is. */
const lifeOf = ({ client, server }: Bench) =>
  Effect.gen(function* () {
    const [other = ""] = crowd(server, 1)
    const before = kept(server, other)
    const { id } = yield* client.create("Users", person("ada"))
    assert.strictEqual((yield* client.get("Users", id)).resource["userName"], "ada@corp.example")
    yield* client.patch("Users", id, [{ op: "replace", path: "active", value: false }])
    yield* client.replace("Users", id, person("ada", { active: false, title: "Countess" }))
    assert.deepInclude(kept(server, id), { userName: "ada@corp.example", title: "Countess", active: false })
    const { resources, verdict } = yield* client.listAll("Users")
    assert.deepStrictEqual([resources.map((row) => row["id"]), verdict._tag], [[other, id], "Complete"])
    yield* client.delete("Users", id)
    assert.deepStrictEqual(
      server.users().map((user) => user.id),
      [other]
    )
    assert.strictEqual(kept(server, other), before)
  })

const life = scenario(lifeOf)

/** Refusals are what they are, whatever their bodies look like. */
const refusals = scenario(({ client, server }) =>
  Effect.gen(function* () {
    const [id = ""] = crowd(server, 1)
    const conflict = yield* Effect.flip(client.create("Users", person("p000")))
    assert.isTrue(conflict._tag === "Conflict" && conflict.status === 409 && conflict.resource?.["id"] === id)
    assert.lengthOf(server.users(), 1)
    const unknown = yield* Effect.flip(client.get("Users", "0-unknown"))
    assert.strictEqual(unknown._tag, "NotFound")
    const invalid = yield* Effect.flip(client.listAll("Users", { filter: "no filter" }))
    assert.include(["InvalidFilter", "InvalidRequest"], invalid._tag)
  })
)

export const answers = {
  booleansAsStrings: scenario((bench) =>
    Effect.gen(function* () {
      const { client, server } = bench
      yield* lifeOf(bench)
      const { id } = yield* client.create("Users", person("bea", { active: false }))
      assert.strictEqual((yield* client.get("Users", id)).resource["active"], "False")
      // A replacement takes over what was read, as what it means.
      const { active: _, ...rest } = person("bea")
      yield* client.replace("Users", id, rest)
      assert.strictEqual(kept(server, id)["active"], false)
    })
  ),
  conflictWithoutScimType: refusals,
  conflictAfterSuccess: scenario(({ client, server }) =>
    Effect.gen(function* () {
      const created = yield* client.create("Users", person("ada", { externalId: "e-ada" }))
      assert.strictEqual(created.settled, "lookup")
      assert.deepStrictEqual(
        server.users().map(({ id }) => id),
        [created.id]
      )
      assert.deepStrictEqual(
        answered(server, "POST").map(({ status }) => status),
        [0, 409]
      )
    })
  ),
  patchAnswersNoContent: life,
  deleteAnswersBody: life,
  createIdMissing: scenario((bench) =>
    Effect.gen(function* () {
      crowd(bench.server, 3)
      const created = yield* bench.client.create("Users", person("ada"))
      assert.strictEqual(created.settled, "lookup")
      assert.strictEqual(kept(bench.server, created.id)["userName"], "ada@corp.example")
      assert.lengthOf(bench.server.users(), 4)
    })
  ),
  locationRelative: life,
  locationUnencoded: life,
  locationMissing: life,
  schemasMissing: life,
  plainJsonMediaType: life,
  htmlErrors: refusals,
  errorShape: refusals,
  discoveryMissing: scenario((bench) =>
    Effect.gen(function* () {
      assert.strictEqual((yield* Effect.flip(bench.client.serviceProviderConfig))._tag, "NotFound")
      yield* lifeOf(bench)
    })
  ),
  claimsWrong: scenario((bench) =>
    Effect.gen(function* () {
      const config = yield* bench.client.serviceProviderConfig
      assert.deepStrictEqual(config["patch"], { supported: false })
      yield* lifeOf(bench)
      assert.isNotEmpty(answered(bench.server, "PATCH", 200))
    })
  ),
  bulkCountedPerOperation: scenario(({ client, server }) =>
    Effect.gen(function* () {
      const names = ["ada", "bea", "cyd", "dee", "eve"]
      const { outcomes } = yield* client.bulk(
        names.map((name) => ({ method: "POST", path: "/Users", bulkId: name, data: person(name) })),
        { maxOperations: 100, maxPayloadSize: 100_000 }
      )
      assert.deepStrictEqual(
        outcomes.map(({ _tag }) => _tag),
        ["Done", "Done", "Done", "Failed", "Failed"]
      )
      // Each outcome is true, and what failed can be sent singly.
      const failed = names.filter((_, index) => outcomes[index]?._tag === "Failed")
      assert.lengthOf(server.users(), 3)
      yield* Effect.forEach(failed, (name) => client.create("Users", person(name)))
      assert.deepStrictEqual(
        server.users().map(({ resource }) => resource["userName"]),
        names.map((name) => `${name}@corp.example`)
      )
    })
  ),
  tokenEchoed: scenario(({ client, server }) =>
    Effect.gen(function* () {
      const plain = yield* bare(server, "/Users/0-unknown")
      assert.include(JSON.stringify(plain.body), server.token)
      const error = yield* Effect.flip(client.get("Users", "0-unknown"))
      assert.strictEqual(error._tag, "NotFound")
      assert.notInclude(`${JSON.stringify(error)}${String(error)}${String(error.stack)}`, server.token)
    })
  )
} as const satisfies Partial<Record<Quirk, unknown>>
