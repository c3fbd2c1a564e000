import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Result } from "effect"
import * as FastCheck from "fast-check"
import { careful } from "../../src/provisioning/Guard.ts"
import { check } from "../../src/provisioning/PlanCheck.ts"
import * as PlanFile from "../../src/provisioning/PlanFile.ts"
import type { JsonObject } from "../../src/scim/Json.ts"
import * as BridgeUrl from "../../src/setup/BridgeUrl.ts"
import { ConnectionId } from "../../src/setup/ConnectionId.ts"
import { baseUrl, list, token, withClient } from "../scim/ScimClient.harness.ts"
import { make, managing } from "./PlanApply.ts"
import { group, people, person, user } from "./PersonArbitrary.ts"

const connected = { id: ConnectionId.make("acme"), url: baseUrl }
const bob = person("bob", { attributes: { title: "New" } })
const users = [user("2", person("bob")), user("3", person("cid"))]
const red = { id: "g1", displayName: "Red", externalId: "Red", members: [{ value: "3" }] }
const plan = make(
  { people: [person("ann"), bob], groups: [group("b", "Blue")], users, actualGroups: [red] },
  { managed: managing([["3", "cid"]], ["g1"]) }
)

const fileOf = (made: PlanFile.PlanFileInput["plan"]) =>
  PlanFile.make({
    connected,
    madeAt: DateTime.makeUnsafe(0),
    source: "people.csv",
    adopt: "unclaimed",
    policy: careful,
    recognised: [{ endpoint: "Users", id: "2", key: "bob" }],
    plan: made
  })
const file = fileOf(plan)

const refusal = (text: string) => {
  const read = PlanFile.fromJson(text)
  return Result.isFailure(read) ? read.failure : assert.fail("it was read")
}

describe("a saved plan", () => {
  it("reads back as it was, whatever the plan", () => {
    FastCheck.assert(
      FastCheck.property(people, people, (some, others) => {
        const users = others.map((one, index) => user(String(index), one))
        const kept = fileOf(make({ people: some, users }, { adopt: "any" }))
        assert.deepStrictEqual(Result.getOrThrow(PlanFile.fromJson(PlanFile.toJson(kept))), kept)
      })
    )
  })

  it("has an action a line, and what applying needs", () => {
    const lines = PlanFile.toJson(file).split("\n")
    assert.lengthOf(
      lines.filter((line) => line.startsWith('{"_tag":')),
      plan.actions.length
    )
    const { connectionId, policy, url } = Result.getOrThrow(PlanFile.fromJson(lines.join("\n")))
    assert.deepStrictEqual([connectionId, url, policy], ["acme", baseUrl, careful])
  })

  it("is refused when it is none, is cut off, is of another version, or was edited", () => {
    const text = PlanFile.toJson(file)
    for (const [broken, reason] of [
      ["", "malformed"],
      [text.slice(0, -20), "malformed"],
      ["{}", "malformed"],
      ["[1]", "malformed"],
      [text.replace('"acme"', '"NOT AN ID"'), "malformed"],
      [text.replace('"version": 1', '"version": 2'), "otherVersion"],
      [text.replace('"title":"New"', '"title":"Chief"').replace('"after":"New"', '"after":"Chief"'), "changed"],
      // What decides about the plan is no less than what it does.
      [text.replace('"percent":10', '"percent":100'), "changed"],
      [text.replace('"adopt": "unclaimed"', '"adopt": "any"'), "changed"],
      [text.replace('"key":"bob"}', '"key":"cid"}'), "changed"],
      [text.replace(baseUrl, `${baseUrl}2`), "changed"]
    ] as const) {
      assert.strictEqual(refusal(broken).reason, reason, broken.slice(0, 40))
    }
    assert.include(refusal(text.replace('"acme"', '"NOT AN ID"')).message, "connectionId: ")
  })

  it("is refused for another connection, and for another server of the same", () => {
    const reasonFor = (other: Partial<typeof connected>) => {
      const refused = PlanFile.refuseOther(file, { ...connected, ...other })
      return Result.isFailure(refused) ? refused.failure.reason : null
    }
    assert.isNull(reasonFor({}))
    assert.strictEqual(reasonFor({ id: ConnectionId.make("other") }), "otherConnection")
    const otherUrl = Result.getOrThrow(
      BridgeUrl.parse("https://other.example.com/v2/key", { allowPrivateNetwork: false })
    )
    assert.strictEqual(reasonFor({ url: otherUrl }), "otherServer")
    const elsewhere = PlanFile.refuseOther(file, { ...connected, url: otherUrl })
    assert.notInclude(Result.isFailure(elsewhere) ? elsewhere.failure.message : "", "/v2/key")
  })
})

/** Looks at a server that has these, and gives what moved and what was asked for. */
const looked = (
  kept: PlanFile.PlanFile,
  server: { readonly Users: ReadonlyArray<JsonObject>; readonly Groups: ReadonlyArray<JsonObject> },
  end: "whole" | "cut" = "whole"
) =>
  withClient(
    ({ path, query }) => {
      const all = path === "/Groups" ? server.Groups : server.Users
      const totalResults = all.length + (end === "cut" ? 1 : 0)
      return query.get("startIndex") === null
        ? { body: { totalResults, Resources: all } }
        : { body: { totalResults, Resources: [] } }
    },
    (client, seen) =>
      Effect.map(check(kept, { ...connected, client }), (drift) => ({
        drift: drift.map(({ id, kind }) => [kind, id]),
        asked: [...new Set(seen.map(({ path }) => path))]
      }))
  )

describe("PlanCheck.check", () => {
  it.effect("finds nothing while nothing moves, and what moved otherwise", () =>
    Effect.gen(function* () {
      const still = yield* looked(file, { Users: users, Groups: [red] })
      assert.deepStrictEqual(still, { drift: [], asked: ["/Users", "/Groups"] })
      const moved = yield* looked(file, {
        Users: [{ ...user("2", person("bob")), nickName: "Bobby" }, user("9", person("ann"))],
        Groups: [{ ...red, members: [] }]
      })
      assert.deepStrictEqual(moved.drift, [
        ["changed", "2"],
        ["appeared", "9"],
        ["changed", "g1"],
        ["vanished", "3"]
      ])
    })
  )

  it.effect("reads only what the plan touches", () =>
    Effect.gen(function* () {
      const onlyUsers = fileOf(make({ people: [person("ann")] }))
      assert.deepStrictEqual((yield* looked(onlyUsers, { Users: [], Groups: [] })).asked, ["/Users"])
      assert.deepStrictEqual((yield* looked(fileOf(make({})), { Users: [], Groups: [] })).asked, [])
    })
  )

  it.effect("concludes nothing from a list that is not whole", () =>
    Effect.gen(function* () {
      const failure = yield* Effect.flip(looked(file, { Users: users, Groups: [red] }, "cut"))
      assert.strictEqual(failure._tag, "ListIncomplete")
    })
  )

  it.effect("asks no server about a plan that was made for another connection", () =>
    withClient(
      () => list(),
      (client, seen) =>
        Effect.gen(function* () {
          const failure = yield* Effect.flip(check(file, { id: ConnectionId.make("other"), url: baseUrl, client }))
          assert.strictEqual(failure._tag, "PlanFileRefused")
          assert.notInclude(failure.message, token)
          assert.lengthOf(seen, 0)
        })
    )
  )
})
