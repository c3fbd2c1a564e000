/** Lines of the log wait a moment for each other, and none is lost when the process ends by itself. */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { Context, Effect } from "effect"
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { collector } from "../../src/ops/LogLines.ts"
import { Readiness } from "../../src/Readiness.ts"
import { call, closeAll, start, temporary } from "../support/api.ts"
import { runServer } from "../support/programs.ts"
import { at } from "../support/reconcile.ts"

afterEach(closeAll)

describe("lines of the log", () => {
  it("are written together, in order, and at once when something is wrong", async () => {
    const written: Array<string> = []
    const { add, flush } = collector((text) => void written.push(text))
    add("one", false)
    add("two", false)
    assert.deepStrictEqual(written, [])
    add("bad", true)
    assert.deepStrictEqual(written, ["one\ntwo\nbad\n"])
    add("three", false)
    flush()
    flush()
    assert.deepStrictEqual(written.splice(0), ["one\ntwo\nbad\n", "three\n"])
    add("four", false)
    while (written.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    assert.deepStrictEqual(written.splice(0), ["four\n"])
    add("x".repeat(100_000), false)
    assert.lengthOf(written, 1)
  })

  it("are there when the process crashes right after them", () => {
    const module = fileURLToPath(new URL("../../src/ops/LogLines.ts", import.meta.url))
    const program = `
      import { Effect } from "effect"
      import { layer } from ${JSON.stringify(module)}
      const logged = Effect.annotateLogs(Effect.logInfo("the last words"), { millis: 3 })
      await Effect.runPromise(Effect.provide(logged, layer))
      throw new Error("crashed")
    `
    const cwd = fileURLToPath(new URL("../..", import.meta.url))
    const ended = spawnSync(process.execPath, ["--input-type=module", "--eval", program], { cwd, encoding: "utf8" })
    assert.strictEqual(ended.status, 1, ended.stderr)
    const [line] = /^\{.*the last words.*\}$/m.exec(ended.stderr) ?? []
    const logged: unknown = JSON.parse(line ?? "null")
    assert.deepInclude(logged, { message: "the last words", level: "INFO", annotations: { millis: 3 } })
  })

  it("tell of health checks and metrics that fail, and only count the others", async () => {
    const api = await start()
    for (const path of ["/healthz", "/readyz?verbose=1"]) {
      assert.strictEqual((await api.anonymous("GET", path)).status, 200)
    }
    const { text } = await api.call("GET", "/metrics")
    assert.match(text, /^http_server_requests\{method="GET",status="200"\} [2-9]/m)
    assert.deepStrictEqual(api.logged, [])
    await api.anonymous("GET", "/metrics")
    await Effect.runPromise(Context.get(api.context, Readiness).stop)
    await api.anonymous("GET", "/readyz")
    await api.call("GET", "/v1/connections?key=lsk_secret")
    await api.call("GET", "/v1/connections;key=lsk_secret")
    const told = api.logged.map((line) => /"path":"([^"]*)".*"status":(\d+)/.exec(line)?.slice(1))
    assert.deepStrictEqual(told, [
      ["/metrics", "401"],
      ["/readyz", "503"],
      ["/v1/connections", "200"],
      ["/v1/connections", "200"]
    ])
  })

  it("hold the last answer of a server that is stopped", async () => {
    const server = await runServer(["--data-dir", temporary()])
    await call(server.base, "GET", "/openapi.json", { headers: { "x-request-id": "the-last-answer" } })
    server.kill("SIGTERM")
    assert.include((await server.ended).stderr, "the-last-answer")
  })

  it("tell when a server begins, is asked to stop and has stopped, all as JSON but a key that is shown", async () => {
    const directory = temporary()
    const first = await runServer(["--data-dir", directory])
    first.kill("SIGTERM")
    const plain = (await first.ended).stderr.split("\n").filter((line) => !line.startsWith("{"))
    assert.match(plain.join("\n"), /^This key may do everything\.[^\n]*\nlsk_[\w-]+\n$/)
    const second = await runServer(["--data-dir", directory])
    second.kill("SIGTERM")
    const lines = (await second.ended).stderr.trimEnd().split("\n")
    const messages = lines.map((line) => at(JSON.parse(line), "message"))
    assert.deepStrictEqual(messages, [
      `listens on ${second.base}`,
      "was asked to stop, and is not ready any more",
      "has stopped"
    ])
  })
})
