import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect } from "effect"
import { RunId, type RunStatus } from "../../src/runs/Run.ts"
import { ConnectionId, fromName } from "../../src/setup/ConnectionId.ts"
import type { Event, Recorded } from "../../src/setup/Event.ts"
import { vaultIdOf, WebhookId } from "../../src/webhooks/Webhook.ts"
import * as WebhookEvent from "../../src/webhooks/WebhookEvent.ts"

const at = DateTime.makeUnsafe("2026-11-24T10:00:00.000Z")
const by = { name: "Ada", face: "cli" } as const
const acme = ConnectionId.make("acme")
const evidence = { _tag: "Attested", by, at, statement: "yes" } as const

const journey = (...events: ReadonlyArray<Event>): ReadonlyArray<Recorded> =>
  events.map((event, index) => ({ connectionId: acme, sequence: index + 1, at, actor: by, event }))

const begun: Event = { _tag: "Begun", name: "Acme" }
const plan: Event = { _tag: "PrerequisiteAttested", prerequisite: "enterprisePlan", evidence }
const sso: Event = { _tag: "PrerequisiteAttested", prerequisite: "samlSso", evidence }
const toDelete: Event = { _tag: "DeprovisioningChosen", policy: "delete" }
const toDeactivate: Event = { _tag: "DeprovisioningChosen", policy: "deactivate" }

const told = (events: ReadonlyArray<Recorded>, seen = 0) =>
  WebhookEvent.ofJourney(events, seen).map(({ data, type }) => [type, "step" in data ? data.step : null])

describe("what is told of a journey", () => {
  it("is a step when it comes to be done, each time, and not before or while it stays so", () => {
    assert.deepStrictEqual(told(journey(begun, plan)), [])
    assert.deepStrictEqual(told(journey(begun, plan, sso, plan)), [["setup.step_completed", "prerequisites"]])
    assert.deepStrictEqual(told(journey(begun, toDeactivate, toDelete, toDeactivate)), [
      ["setup.step_completed", "deprovisioning"],
      ["setup.step_completed", "deprovisioning"]
    ])
  })

  it("is only what was not seen, judged by all that was", () => {
    const events = journey(begun, plan, sso, toDeactivate)
    assert.deepStrictEqual(told(events, 2), told(events))
    assert.deepStrictEqual(told(events, 3), [["setup.step_completed", "deprovisioning"]])
    assert.deepStrictEqual(told(events, 4), [])
  })

  it("is a step that no longer stands with what that endangers, and the end of the connection", () => {
    const invalidation = { step: "domains", because: "gone", endangers: "log-ins", at } as const
    const events = journey(begun, { _tag: "StepInvalidated", invalidation }, { _tag: "Removed" })
    assert.deepStrictEqual(WebhookEvent.ofJourney(events, 0), [
      {
        type: "setup.step_invalidated",
        timestamp: at,
        data: { connectionId: acme, step: "domains", because: "gone", endangers: "log-ins" }
      },
      { type: "connection.removed", timestamp: at, data: { connectionId: acme } }
    ])
  })
})

const running: RunStatus = { _tag: "Running" }
const paused = (reason: "forbidden" | "storage"): RunStatus => ({
  _tag: "Paused",
  reason,
  detail: "of a person",
  next: "Look",
  until: null
})

const ofRun = (before: RunStatus | null, after: RunStatus) =>
  WebhookEvent.ofRun({
    connectionId: acme,
    runId: RunId.make("20261124-193000-a1b2c3"),
    kind: "reconcile",
    before,
    after,
    at
  })

describe("what is told of a run", () => {
  it("follows from what it was before", () => {
    for (const [before, after, type] of [
      [null, running, "run.started"],
      [null, { _tag: "Waiting", reasons: [] }, "run.waiting"],
      [running, running, undefined],
      [running, paused("storage"), "run.paused"],
      [paused("storage"), paused("storage"), undefined],
      [paused("storage"), paused("forbidden"), "run.paused"],
      [paused("storage"), running, "run.resumed"],
      [running, { _tag: "Completed" }, "run.completed"],
      [running, { _tag: "Cancelled", by }, "run.cancelled"]
    ] as const) {
      assert.strictEqual(ofRun(before, after)?.type, type, `${before?._tag} to ${after._tag}`)
    }
    assert.deepInclude(ofRun(running, { _tag: "Rejected", by })?.data, { outcome: "rejected" })
  })

  it.effect("is a body of type, moment and data", () =>
    Effect.gen(function* () {
      const event = ofRun(null, running)
      assert(event !== null)
      assert.deepStrictEqual(JSON.parse(yield* WebhookEvent.toPayload(event)), {
        type: "run.started",
        timestamp: "2026-11-24T10:00:00.000Z",
        data: { connectionId: "acme", runId: "20261124-193000-a1b2c3", kind: "reconcile" }
      })
    })
  )
})

describe("whom an event is for", () => {
  const event = ofRun(null, running)
  assert(event !== null)
  const webhook = { connectionId: null, events: ["run.started"], since: at, disabled: null } as const

  it("is whoever asked for it, of that connection, from then on, while enabled", () => {
    assert.isTrue(WebhookEvent.isFor(event, webhook))
    assert.isTrue(WebhookEvent.isFor(event, { ...webhook, connectionId: acme }))
    assert.isFalse(WebhookEvent.isFor(event, { ...webhook, connectionId: ConnectionId.make("beta") }))
    assert.isFalse(WebhookEvent.isFor(event, { ...webhook, events: ["run.paused"] }))
    assert.isFalse(WebhookEvent.isFor(event, { ...webhook, since: DateTime.addDuration(at, 1) }))
    assert.isFalse(WebhookEvent.isFor(event, { ...webhook, disabled: { because: "gone" } }))
  })
})

describe("the id that seals the secrets of a webhook", () => {
  it("is no connection's, whatever its name", () => {
    const id = vaultIdOf(WebhookId.make("abcdef012345"))
    for (const name of [id, "webhook abcdef012345", "Webhook -- abcdef012345"]) {
      assert.notStrictEqual(fromName(name), id)
    }
  })
})
