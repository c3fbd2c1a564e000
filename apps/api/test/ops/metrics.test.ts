/** What Prometheus gets, and who else does not. */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { closeAll, start } from "../support/api.ts"

afterEach(closeAll)

describe("/metrics", () => {
  it("counts answers by method and status, without a path, a caller or a secret in any label", async () => {
    const api = await start()
    await api.call("POST", "/v1/connections", { body: { name: "Acme" } })
    await api.call("GET", "/v1/connections/acme")
    await api.call("GET", "/nothing-here")
    const { whole } = await api.makeKey([{ verb: "read", connection: "*" }])
    const { headers, status, text } = await api.call("GET", "/metrics", { key: whole })
    assert.strictEqual(status, 200)
    assert.match(headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/)
    assert.match(text, /^http_server_requests\{method="POST",status="201"\} [1-9]/m)
    assert.match(text, /^http_server_requests\{method="GET",status="404"\} [1-9]/m)
    assert.match(text, /^http_server_latency_count\{method="GET"\} [1-9]/m)
    assert.match(text, /^process_resident_memory_bytes \d{7,}/m)
    for (const word of ["acme", "nothing-here", "lsk_", "/v1"]) assert.notInclude(text, word)
    for (const line of text.trim().split("\n")) {
      assert.match(line, /^(?:# (?:HELP|TYPE) [a-z_:]+ .*|[a-zA-Z_:][\w:]*(?:\{[^}]*\})? [\d.e+-]+|.*NaN|.*\+Inf.*)$/)
    }
  })

  it("is for a key that may read everything, on this machine too", async () => {
    const api = await start()
    const anonymous = await api.anonymous("GET", "/metrics")
    assert.strictEqual(anonymous.status, 401)
    assert.strictEqual(anonymous.json["type"], "urn:loom-scim:problem:unauthenticated")
    const { whole } = await api.makeKey([{ verb: "admin", connection: ConnectionId.make("acme") }])
    assert.strictEqual((await api.call("GET", "/metrics", { key: whole })).status, 403)
    assert.strictEqual((await api.call("GET", "/metrics", { key: "lsk_wrong" })).status, 401)
  })
})
