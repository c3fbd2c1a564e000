/** Plans are kept whole, page by page, and go with their time: on both databases. */
import { assert, describe, it } from "@effect/vitest"
import { type KeptPlan, PlanId, Plans } from "@loom-scim/core/ports/Plans"
import type { Action } from "@loom-scim/core/provisioning/Action"
import { careful } from "@loom-scim/core/provisioning/Guard"
import { Digests } from "@loom-scim/core/provisioning/PersonDigest"
import * as PlanFile from "@loom-scim/core/provisioning/PlanFile"
import { BridgeUrl } from "@loom-scim/core/setup/BridgeUrl"
import { RunId } from "@loom-scim/core/runs/Run"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { DateTime, Effect, Option, Stream } from "effect"
import { postgres, postgresAnswers, sqlite } from "./backend.ts"

const backends = (await Effect.runPromise(postgresAnswers)) ? [sqlite, postgres] : [sqlite]

const connectionId = ConnectionId.make("acme")
const madeAt = DateTime.makeUnsafe("2026-11-24T19:30:00.000Z")
const census = { people: 1203, duplicates: 0, users: 0, managed: 0, unmanaged: 0, admins: 0 }

const actions = Array.from({ length: 1203 }, (_, index): Action => ({
  _tag: "Create",
  key: String(index),
  label: `person${index}@acme.com`,
  at: `line ${index + 2}`,
  reason: "newInSource",
  resource: { userName: `person${index}@acme.com` }
}))

const file = PlanFile.make({
  connected: { id: connectionId, url: BridgeUrl.make("https://api.workos.com/scim/v2.0/abc") },
  madeAt,
  source: "people.csv",
  adopt: "never",
  policy: careful,
  recognised: [{ endpoint: "Users", id: "u1", key: "1" }],
  plan: { version: 1, census, withheld: [], counts: { Create: 1203 }, skipped: {}, actions }
})

const after = RunId.make("20261124-193000-a1b2c3")
const digests = new Digests()
for (const { key } of actions) if (key !== null) digests.restore(key, { digest: `d${key}`, groups: ["Navy"] })
digests.leave("gone")

const keptOf = (id: string, hours: number): KeptPlan => ({
  id: PlanId.make(id),
  connectionId,
  madeAt,
  madeBy: { name: "key ci", face: "api" },
  expiresAt: DateTime.add(madeAt, { hours }),
  source: "people.csv",
  census,
  withheld: [],
  counts: { Create: 1203 },
  skipped: {},
  judgement: { _tag: "Clear" },
  remarks: {
    records: 1203,
    excluded: 0,
    problems: [],
    problemCount: 0,
    contradictions: 0,
    repetitions: [{ kind: "duplicate", by: "key", value: "1", first: null, again: "line 3" }],
    failure: null
  }
})

for (const backend of backends) {
  describe(`plans on ${backend.name}`, () => {
    it.live("come back as they were kept, until their time is over", () =>
      Effect.gen(function* () {
        const store = yield* backend.fresh
        yield* Effect.gen(function* () {
          const plans = yield* Plans
          const [short, long] = [keptOf("p20261124-193000-a1b2c3", 1), keptOf("p20261124-193000-a1b2c4", 72)]
          yield* plans.keep(short, file, null)
          yield* plans.keep(long, file, { digests, after })
          assert.deepStrictEqual(yield* plans.find(short.id), Option.some(short))
          assert.deepStrictEqual(yield* plans.load(short.id), Option.some(file))
          assert.lengthOf(yield* Stream.runCollect(plans.actions(long.id)), 1203)
          assert.isTrue(Option.isNone(yield* plans.digests(short.id)))
          const kept = Option.getOrThrow(yield* plans.digests(long.id))
          assert.strictEqual(kept.after, after)
          assert.deepStrictEqual([...kept.digests.entries()], [...digests.entries()])
          yield* plans.prune(DateTime.add(madeAt, { hours: 2 }))
          assert.isTrue(Option.isNone(yield* plans.find(short.id)))
          assert.isTrue(Option.isNone(yield* plans.load(short.id)))
          assert.deepStrictEqual(yield* plans.load(long.id), Option.some(file))
        }).pipe(Effect.provide(store.open()))
      }).pipe(Effect.scoped)
    )
  })
}
