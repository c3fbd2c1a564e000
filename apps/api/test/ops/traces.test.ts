/** Traces of the built server: sent where the environment says, and no secret among them. */
import { createServer } from "node:http"
import { afterEach, assert, describe, it } from "@effect/vitest"
import { call, closeAll, closing, temporary } from "../support/api.ts"
import { runServer } from "../support/programs.ts"

afterEach(closeAll)

const collector = async () => {
  const bodies: Array<string> = []
  const paths = new Set<string>()
  const server = createServer((request, response) => {
    paths.add(request.url ?? "")
    let body = ""
    request.setEncoding("utf8").on("data", (data: string) => (body += data))
    request.on("end", () => {
      bodies.push(body)
      response.writeHead(200, { "content-type": "application/json" }).end("{}")
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  closing(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (typeof address !== "object" || address === null) throw new Error("no port")
  return { url: `http://127.0.0.1:${address.port}`, bodies, paths }
}

const used = async (env: Readonly<Record<string, string>>) => {
  const server = await runServer(["--data-dir", temporary()], env)
  const { base, key = "" } = server
  const made = await call(base, "POST", "/v1/connections?token=in-a-query", { key, body: { name: "Acme" } })
  assert.strictEqual(made.status, 201)
  const token = "tok_secret-in-a-body"
  await call(base, "PUT", "/v1/connections/acme/credentials/token", { key, body: { token } })
  await call(base, "GET", "/healthz")
  server.kill("SIGTERM")
  assert.strictEqual((await server.ended).code, 0)
  return [key, key.slice(-43), token, "in-a-query"]
}

describe("traces", () => {
  it("go to OTEL_EXPORTER_OTLP_ENDPOINT with a span for each request, and hold no key, token or query", async () => {
    const { bodies, paths, url } = await collector()
    const secrets = await used({ OTEL_EXPORTER_OTLP_ENDPOINT: url })
    const all = bodies.join("\n")
    assert.deepStrictEqual([...paths], ["/v1/traces"])
    assert.include(all, "POST /v1/connections")
    assert.include(all, "loom-scim-api")
    assert.notInclude(all, "healthz")
    for (const secret of secrets) assert.notInclude(all, secret)
  })

  it("go nowhere without it", async () => {
    const { bodies } = await collector()
    await used({})
    assert.lengthOf(bodies, 0)
  })
})
