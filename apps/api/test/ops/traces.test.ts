/** Traces of the built server: sent where the environment says, and no secret among them. */
import { createServer } from "node:http"
import type { Server } from "node:http"
import { afterEach, assert, describe, it } from "@effect/vitest"
import { call, closeAll, closing, temporary } from "../support/api.ts"
import { refusedServer, runServer } from "../support/programs.ts"

afterEach(closeAll)

const listening = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  closing(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (typeof address !== "object" || address === null) throw new Error("no port")
  return `http://127.0.0.1:${address.port}`
}

const collector = async (status = 200) => {
  const bodies: Array<string> = []
  const paths = new Set<string>()
  const server = createServer((request, response) => {
    paths.add(request.url ?? "")
    let body = ""
    request.setEncoding("utf8").on("data", (data: string) => (body += data))
    request.on("end", () => {
      bodies.push(body)
      response.writeHead(status, { "content-type": "application/json" }).end("{}")
    })
  })
  return { url: await listening(server), bodies, paths }
}

/** The names of all spans that came. */
const namesIn = (bodies: ReadonlyArray<string>): ReadonlySet<string> =>
  new Set(bodies.flatMap((body) => [...body.matchAll(/"name":"([^"]+)","kind"/g)].map(([, name = ""]) => name)))

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

  it("have what was found and done, and nothing of the looks for it", async () => {
    const { bodies, url } = await collector()
    const told = Promise.withResolvers<void>()
    const receiver = await listening(
      createServer((_, response) => {
        response.writeHead(204).end()
        told.resolve()
      })
    )
    const args = ["--data-dir", temporary(), "--allow-private-network"]
    const server = await runServer(args, { OTEL_EXPORTER_OTLP_ENDPOINT: url })
    const { base, key = "" } = server
    await call(base, "POST", "/v1/connections", { key, body: { name: "Acme" } })
    const events = ["setup.step_completed"]
    await call(base, "POST", "/v1/webhooks", { key, body: { url: `${receiver}/hook`, connectionId: "acme", events } })
    for (const task of ["enterprisePlan", "samlSso"]) {
      await call(base, "POST", `/v1/connections/acme/setup/tasks/${task}`, { key, body: { _tag: "Confirm" } })
    }
    await told.promise
    server.kill("SIGTERM")
    assert.strictEqual((await server.ended).code, 0)
    const names = namesIn(bodies)
    for (const name of ["POST /v1/webhooks", "Webhooks.attempt"]) assert.include(names, name)
    const looks = ["Webhooks.claim", "Webhooks.outbox", "Webhooks.retire", "Schedules.due", "Schedules.interrupt"]
    for (const name of [...looks, "AuditLog.renew", "AuditLog.recover", "Runs.list"]) assert.notInclude(names, name)
  })

  it("are said to be lost when nobody takes them, once", async () => {
    const refusing = await collector(401)
    for (const [url, why] of [
      [refusing.url, "the collector answers 401"],
      ["http://127.0.0.1:2", "the collector does not answer"]
    ]) {
      const server = await runServer(["--data-dir", temporary()], {
        OTEL_EXPORTER_OTLP_ENDPOINT: String(url),
        OTEL_BSP_SCHEDULE_DELAY: "10"
      })
      while (!server.stderr().includes("traces cannot be sent")) {
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      server.kill("SIGTERM")
      const { stderr } = await server.ended
      const lines = stderr.split("\n").filter((line) => line.includes("traces cannot be sent"))
      assert.lengthOf(lines, 1)
      assert.include(lines[0], why)
    }
  })

  it("keep a server with a setting that cannot be meant from starting, and say its name alone", async () => {
    for (const [name, value] of [
      ["OTEL_EXPORTER_OTLP_ENDPOINT", "nonsense-secret"],
      ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "secret:4318"],
      ["OTEL_EXPORTER_OTLP_TIMEOUT", "secret"]
    ] as const) {
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:2", [name]: value }
      const { code, stderr } = await refusedServer(["--data-dir", temporary(), "--port", "0"], env)
      assert.strictEqual(code, 2, stderr)
      assert.include(stderr, name)
      assert.notInclude(stderr, "secret")
    }
  })

  it("go nowhere without it", async () => {
    const { bodies } = await collector()
    await used({})
    assert.lengthOf(bodies, 0)
  })
})
