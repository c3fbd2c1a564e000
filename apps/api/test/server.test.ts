/** The built server as a supervisor sees it: starting, refusing to start, stopping. */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { TEST_TLS } from "@loom-scim/sandbox/Tls"
import { writeFileSync } from "node:fs"
import { connect } from "node:net"
import { get } from "node:https"
import { join } from "node:path"
import { call, closeAll, temporary } from "./support/api.ts"
import { loomScim, refusedServer, runServer } from "./support/programs.ts"

afterEach(closeAll)

describe("loom-scim-api", () => {
  it("says which Node it needs when it is started with an older one", async () => {
    const pretend = "Object.defineProperty(process.versions, 'node', { value: '20.1.0' })"
    const old = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(pretend)}` }
    const ended = await refusedServer([], old)
    assert.deepStrictEqual(
      [ended.code, ended.stderr],
      [2, "loom-scim-api needs Node 24 or newer, and this is 20.1.0.\n"]
    )
    const terminal = await loomScim(["setup"], old)
    assert.deepStrictEqual(
      [terminal.code, terminal.stderr],
      [2, "loom-scim needs Node 24 or newer, and this is 20.1.0.\n"]
    )
  })

  it("prints the first key once, and logs no key", async () => {
    const directory = temporary()
    const first = await runServer(["--data-dir", directory])
    const { key = "" } = first
    assert.match(key, /^lsk_[a-z0-9]{12}_[\w-]{43}$/)
    assert.strictEqual((await call(first.base, "GET", "/v1/keys", { key })).status, 200)
    first.kill("SIGTERM")
    const ended = await first.ended
    assert.strictEqual(ended.code, 0, ended.stderr)
    assert.strictEqual(ended.stdout, "")
    assert.lengthOf([...ended.stderr.matchAll(/lsk_/g)], 1)
    const second = await runServer([], { LOOM_SCIM_HOME: directory })
    assert.isUndefined(second.key)
    assert.strictEqual((await call(second.base, "GET", "/v1/keys", { key })).status, 200)
    second.kill("SIGINT")
    assert.strictEqual((await second.ended).code, 0)
  })

  it("does not listen beyond this machine in clear", async () => {
    const refused = await refusedServer(["--host", "0.0.0.0", "--port", "0", "--data-dir", temporary()])
    assert.strictEqual(refused.code, 2)
    assert.include(refused.stderr, "--behind-proxy")
    const proxied = await runServer(["--host", "0.0.0.0", "--behind-proxy", "--data-dir", temporary()])
    assert.strictEqual((await call(proxied.base, "GET", "/healthz")).status, 200)
  })

  it("speaks TLS itself", async () => {
    const directory = temporary()
    const [cert, key] = [join(directory, "cert.pem"), join(directory, "key.pem")]
    writeFileSync(cert, TEST_TLS.cert)
    writeFileSync(key, TEST_TLS.key)
    const args = ["--host", "0.0.0.0", "--tls-cert", cert, "--tls-key", key, "--data-dir", directory]
    const { base } = await runServer(args)
    const { port } = new URL(base)
    const options = { host: "127.0.0.1", port, path: "/healthz", ca: TEST_TLS.cert }
    const status = await new Promise((resolve, reject) => {
      get(options, (response) => resolve(response.statusCode)).on("error", reject)
    })
    assert.strictEqual(status, 200)
    const swapped = ["--port", "0", "--tls-cert", key, "--tls-key", cert, "--data-dir", temporary()]
    assert.strictEqual((await refusedServer(swapped)).code, 2)
  })

  it("says what it cannot use: a held directory, a broken one, a taken port, half of TLS", async () => {
    const directory = temporary()
    const running = await runServer(["--data-dir", directory])
    const held = await refusedServer(["--port", "0", "--data-dir", directory])
    assert.strictEqual(held.code, 5)
    const file = join(directory, "file")
    writeFileSync(file, "")
    assert.strictEqual((await refusedServer(["--port", "0", "--data-dir", file])).code, 5)
    const { port } = new URL(running.base)
    assert.strictEqual((await refusedServer(["--port", port, "--data-dir", temporary()])).code, 8)
    assert.strictEqual((await refusedServer(["--tls-cert", "x", "--data-dir", temporary()])).code, 2)
    assert.strictEqual((await refusedServer(["--port", "70000", "--data-dir", temporary()])).code, 2)
  })

  it("stops taking requests when told to, answers the one under way, and says meanwhile that it is not ready", async () => {
    const server = await runServer(["--drain-seconds", "1", "--data-dir", temporary()])
    const { hostname, port } = new URL(server.base)
    assert.strictEqual((await call(server.base, "GET", "/readyz")).status, 200)
    const body = JSON.stringify({ name: "Acme" })
    const socket = connect(Number(port), hostname)
    let answer = ""
    const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()))
    socket.setEncoding("utf8").on("data", (data: string) => {
      answer += data
    })
    socket.write(
      `POST /v1/connections HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${server.key}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`
    )
    await call(server.base, "GET", "/healthz")
    server.kill("SIGTERM")
    let ready = 200
    while (ready === 200) ready = (await call(server.base, "GET", "/readyz")).status
    assert.strictEqual(ready, 503)
    socket.write(body)
    await closed
    assert.match(answer, /^HTTP\/1\.1 201 /)
    assert.strictEqual((await server.ended).code, 0)
  })
})
