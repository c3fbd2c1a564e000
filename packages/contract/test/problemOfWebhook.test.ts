/** Which status a refusal about a webhook gets. */
import { assert, describe, it } from "@effect/vitest"
import { WebhookRefused } from "@loom-scim/core/webhooks/WebhookService"
import { ofWebhook } from "../src/problemOfWebhook.ts"

const refused = (reason: WebhookRefused["reason"]) =>
  ofWebhook(new WebhookRefused({ reason, detail: "Webhook 0b1d9f37c2a4 is so.", next: "Do that." }))

describe("a refusal about a webhook", () => {
  it("is a problem by its reason, and does not name what may be another's", () => {
    for (const [reason, status] of [
      ["unknown", 404],
      ["invalidUrl", 422],
      ["disabled", 409],
      ["tooManySecrets", 409],
      ["changed", 409]
    ] as const) {
      assert.strictEqual(refused(reason).status, status, reason)
    }
    assert.strictEqual(refused("changed").type, "urn:loom-scim:problem:changed-meanwhile")
    assert.strictEqual(refused("disabled").next, "Do that.")
    assert.notInclude(JSON.stringify(refused("unknown")), "0b1d9f37c2a4")
  })
})
