import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Stream } from "effect"
import type { PeopleSource } from "../../src/ports/PeopleSource.ts"
import * as MappingRead from "../../src/provisioning/MappingRead.ts"
import * as Reconcile from "../../src/provisioning/Reconcile.ts"
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
    records: Stream.suspend(() => {
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

describe("Reconcile.plan", () => {
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
  it.effect("reads it again for who differs", () =>
    Effect.gen(function* () {
      const { readings, source } = counted("ada.lovelace@example.com")
      const { plan } = yield* planned(source)
      assert.deepStrictEqual(plan.counts, { Update: 1 })
      assert.strictEqual(readings.count, 2)
    })
  )
})
