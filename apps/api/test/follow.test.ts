/** Events as they happen, and going on after a break. */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { Context, Effect } from "effect"
import { Readiness } from "../src/Readiness.ts"
import type { Api } from "./support/api.ts"
import { closeAll, closing, start } from "./support/api.ts"

afterEach(closeAll)

/** A listener, whose text grows. */
const listen = async (api: Api, headers: Readonly<Record<string, string>> = {}) => {
  const abort = new AbortController()
  closing(() => abort.abort())
  const response = await fetch(`${api.base}/v1/connections/acme/setup/events/stream`, {
    headers: { authorization: `Bearer ${api.admin}`, ...headers },
    signal: abort.signal
  })
  assert.strictEqual(response.status, 200)
  assert.strictEqual(response.headers.get("content-type"), "text/event-stream")
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ""
  /** Reads until the text holds something; false when the stream ended before. */
  const until = async (part: string): Promise<boolean> => {
    while (!text.includes(part)) {
      const next = await reader?.read()
      if (next === undefined || next.done) return false
      text += next.value
    }
    return true
  }
  return { until, text: () => text, hangUp: () => abort.abort() }
}

const attest = (api: Api, prerequisite: string) =>
  api.call("POST", "/v1/connections/acme/setup/commands", { body: { _tag: "AttestPrerequisite", prerequisite } })

describe("following a set-up", () => {
  it("gets what was there, then what happens", async () => {
    const api = await start()
    await api.call("POST", "/v1/connections", { body: { name: "Acme" } })
    const listener = await listen(api)
    assert.isTrue(await listener.until("id: 1\n"))
    await attest(api, "samlSso")
    assert.isTrue(await listener.until("id: 2\n"))
    assert.isTrue(await listener.until("PrerequisiteAttested"))
    assert.lengthOf([...listener.text().matchAll(/^event: setup$/gm)], 2)
  })

  it("goes on behind Last-Event-ID: nothing lost, nothing twice", async () => {
    const api = await start()
    await api.call("POST", "/v1/connections", { body: { name: "Acme" } })
    const first = await listen(api)
    assert.isTrue(await first.until("id: 1\n"))
    first.hangUp()
    await attest(api, "samlSso")
    await attest(api, "enterprisePlan")
    const second = await listen(api, { "last-event-id": "1" })
    assert.isTrue(await second.until("id: 3\n"))
    const ids = [...second.text().matchAll(/^id: (\d+)$/gm)].map(([, id]) => id)
    assert.deepStrictEqual(ids, ["2", "3"])
  })

  it("ends when the server stops, so that it does not keep it from stopping", async () => {
    const api = await start()
    await api.call("POST", "/v1/connections", { body: { name: "Acme" } })
    const listener = await listen(api)
    await listener.until("id: 1\n")
    await Effect.runPromise(Context.get(api.context, Readiness).stop)
    assert.isFalse(await listener.until("never sent"))
    assert.strictEqual((await api.anonymous("GET", "/readyz")).status, 503)
  })
})
