/** What callers and servers may try beyond addresses: more fields than they should set, more than is good, and lies. */
import { createServer } from "node:http"
import type { RequestListener } from "node:http"
import { afterEach, assert, describe, it } from "@effect/vitest"
import { closeAll, closing, start } from "../support/api.ts"
import { answered, atEndpoint, value } from "./steps.ts"

afterEach(closeAll)

describe("fields that a caller may not set", () => {
  it("change nothing: neither a connection's state nor a key's origin, end or secret", async () => {
    const api = await start()
    const created = await api.call("POST", "/v1/connections", {
      body: '{"name":"Acme","id":"other","sequence":99,"connected":true,"__proto__":{"connected":true},"removed":true}'
    })
    assert.strictEqual(created.status, 201, created.text)
    const { connected, id, sequence } = created.json
    assert.deepStrictEqual([id, sequence, connected], ["acme", 1, false])
    const key = await api.call("POST", "/v1/keys", {
      body: {
        name: "ci",
        grants: [{ verb: "read", connection: "acme", extra: "admin" }],
        id: "aaaaaaaaaaaa",
        createdBy: "somebody else",
        expiresAt: null,
        lastUsedAt: "2020-01-01T00:00:00.000Z",
        secret: `lsk_aaaaaaaaaaaa_${"a".repeat(43)}`
      }
    })
    assert.strictEqual(key.status, 201, key.text)
    assert.notStrictEqual(key.json["id"], "aaaaaaaaaaaa")
    assert.notStrictEqual(key.json["createdBy"], "somebody else")
    assert.isNotNull(key.json["expiresAt"])
    assert.isNull(key.json["lastUsedAt"])
    assert.deepStrictEqual(key.json["grants"], [{ verb: "read", connection: "acme" }])
    assert.notInclude(String(key.json["secret"]), "aaaaaaaaaaaa")
  })

  it("of an event are not in a command: nobody submits what only a check may find", async () => {
    const api = await start()
    await api.call("POST", "/v1/connections", { body: { name: "Acme" } })
    for (const _tag of ["RecordProbe", "Connected", "DomainVerified", "Begin", "Remove"]) {
      const answer = await api.call("POST", "/v1/connections/acme/setup/commands", {
        body: { _tag, domain: "acme.com" }
      })
      assert.strictEqual(answer.status, 400, _tag)
    }
    assert.strictEqual((await api.call("GET", "/v1/connections/acme")).json["sequence"], 1)
  })
})

describe("more than is good", () => {
  it("is refused by every limit: page, name, grants, days, cursor", async () => {
    const api = await start()
    const grants = Array.from({ length: 101 }, () => ({ verb: "read", connection: "*" }))
    const cases: ReadonlyArray<readonly [method: string, path: string, body?: unknown]> = [
      ["GET", "/v1/connections?limit=201"],
      ["GET", "/v1/connections?limit=0"],
      ["GET", "/v1/connections?limit=1e9"],
      ["GET", `/v1/connections?cursor=${"A".repeat(2000)}`],
      ["POST", "/v1/connections", { name: "x".repeat(201) }],
      ["POST", "/v1/keys", { name: "x", grants }],
      ["POST", "/v1/keys", { name: "x", grants: grants.slice(0, 1), expiresInDays: 100_000 }]
    ]
    for (const [method, path, body] of cases) {
      assert.strictEqual((await api.call(method, path, { body })).status, 400, `${method} ${path.slice(0, 40)}`)
    }
  })

  it("is refused where a text steers terminals or is not whole characters", async () => {
    const api = await start()
    assert.strictEqual((await api.call("POST", "/v1/connections", { body: { name: "Acme" } })).status, 201)
    const grants = [{ verb: "read", connection: "*" }]
    const hook = { url: "https://hooks.example.com/", connectionId: null, events: ["run.paused"] }
    const cadence = { _tag: "Every", seconds: 900 }
    for (const text of ["k\u0000", "\ud800", "\u001b[31m"]) {
      const cases: ReadonlyArray<readonly [path: string, body: unknown]> = [
        ["/v1/connections", { name: text }],
        ["/v1/keys", { name: text, grants }],
        ["/v1/webhooks", { ...hook, description: text }],
        ["/v1/connections/acme/schedules", { name: text, task: { _tag: "Check" }, cadence }],
        ["/v1/connections/acme/runs/20261124-193000-a1b2c3/allow", { note: text }]
      ]
      for (const [path, body] of cases) {
        const answer = await api.call("POST", path, { body })
        assert.strictEqual(answer.status, 400, `${path} ${answer.text}`)
        assert.include(String(answer.json["detail"]), "control characters", path)
      }
    }
  })

  it("of nesting does not bring the server down", async () => {
    const api = await start()
    const body = `{"name":${"[".repeat(200_000)}${"]".repeat(200_000)}}`
    assert.strictEqual((await api.call("POST", "/v1/connections", { body })).status, 400)
    assert.strictEqual((await api.anonymous("GET", "/healthz")).status, 200)
  })
})

describe("what surrounds an answer", () => {
  it("keeps browsers from guessing, caching and telling others, and lets no other site read", async () => {
    const api = await start()
    const answer = await api.call("GET", "/v1/connections", { headers: { origin: "https://evil.example" } })
    assert.strictEqual(answer.headers.get("x-content-type-options"), "nosniff")
    assert.strictEqual(answer.headers.get("cache-control"), "no-store")
    assert.strictEqual(answer.headers.get("referrer-policy"), "no-referrer")
    assert.isNull(answer.headers.get("access-control-allow-origin"))
    const preflight = await api.anonymous("OPTIONS", "/v1/connections", { headers: { origin: "https://evil.example" } })
    assert.isNull(preflight.headers.get("access-control-allow-origin"))
  })
})

/** A SCIM server that answers as it is told. */
const lying = async (answer: RequestListener) => {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  closing(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (typeof address !== "object" || address === null) throw new Error("no port")
  return `http://127.0.0.1:${address.port}`
}

describe("a SCIM server that cannot be trusted", () => {
  it("gets no further with a redirect, a web page, an endless answer or words of its own", async () => {
    const token = "tok_for-the-one-server-alone"
    const elsewhere: Array<string | undefined> = []
    const other = await lying((request, response) => {
      elsewhere.push(request.headers.authorization)
      response.end("{}")
    })
    let act: RequestListener = (_, response) => response.writeHead(500).end()
    const url = await lying((request, response) => act(request, response))
    const api = await atEndpoint(() => ["127.0.0.1"], true)
    await answered(api, "endpoint", value(`${url}/scim`))
    await answered(api, "token", { _tag: "Secret", secret: token })
    await answered(api, "bridgeUrl", value(`${url}/scim`))
    const acts: Readonly<Record<string, RequestListener>> = {
      redirected: (_, response) => response.writeHead(307, { location: `${other}/scim/Users` }).end(),
      webPage: (_, response) =>
        response.writeHead(200, { "content-type": "text/html" }).end("<script>alert(1)</script>"),
      tooLarge: (_, response) => {
        response.writeHead(200, { "content-type": "application/scim+json" })
        const more = () => {
          while (!response.destroyed && response.write("x".repeat(65_536)));
          response.once("drain", more)
        }
        more()
      },
      unauthorized: (_, response) =>
        response
          .writeHead(401, { "content-type": "application/scim+json" })
          .end(JSON.stringify({ detail: `token ${token} of ada@acme.com is unknown` }))
    }
    for (const [reason, listener] of Object.entries(acts)) {
      act = listener
      const answer = await api.call("POST", "/v1/connections/acme/credentials/rotate", { body: { token } })
      assert.deepStrictEqual([answer.status, answer.json["reason"]], [422, reason], answer.text)
      for (const word of [token, "ada@acme.com", "<script>"]) assert.notInclude(answer.text, word)
    }
    assert.deepStrictEqual(elsewhere, [])
    assert.isFalse(api.logged.some((line) => line.includes(token)))
  })
})
