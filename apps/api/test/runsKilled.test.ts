/** A run begun through one program is finished by the other after the first was killed: nothing lost, nothing twice. */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { call, closeAll, closing, temporary } from "./support/api.ts"
import type { Call } from "./support/api.ts"
import {
  at,
  connect,
  control,
  form,
  labArgs,
  listen,
  mapping,
  people,
  runIdOf,
  sandbox,
  until,
  upload
} from "./support/reconcile.ts"
import { loomScim, runServer } from "./support/programs.ts"

afterEach(closeAll)

const count = 300
const terminal = fileURLToPath(new URL("../../tui/dist/main.js", import.meta.url))

const sender =
  (base: string, key: string) =>
  (method: string, path: string, options: Call = {}) =>
    call(base, method, path, { key, ...options })

const scene = async () => {
  const place = await sandbox({ users: 0 })
  const directory = temporary()
  const args = [...labArgs(directory, place), "--rate-limit", "10000"]
  const server = await runServer(args)
  const { key = "" } = server
  const send = sender(server.base, key)
  await connect(send, place)
  await control(place, "faults", { kind: "latency", ms: 60, match: { method: "POST" } })
  return { place, directory, server, key }
}

describe("a run whose process was killed", () => {
  it("begun here, is finished by the terminal app", async () => {
    const { directory, key, place, server } = await scene()
    const begun = await upload(server.base, key, "/v1/connections/acme/runs", form(people(count)), {
      prefer: "wait=0"
    })
    const id = runIdOf(begun)
    await listen(server.base, key, id, "0", 30)
    server.kill("SIGKILL")
    await server.ended
    const ran = await loomScim(["resume", id, ...labArgs(directory, place)])
    assert.strictEqual(ran.code, 0, ran.stdout + ran.stderr)
    const again = await runServer(labArgs(directory, place))
    const send = sender(again.base, key)
    const report = await send("GET", `/v1/connections/acme/runs/${id}`)
    assert.strictEqual(at(report.json, "run", "status", "_tag"), "Completed", report.text)
    const planned = await upload(again.base, key, "/v1/connections/acme/plans", form(people(count)))
    assert.deepStrictEqual(at(planned.json, "counts"), {}, planned.text)
    assert.strictEqual(at(planned.json, "census", "users"), count, "nobody is there twice")
  }, 90_000)

  it("begun in the terminal app, is finished here as soon as the server starts", async () => {
    const { directory, key, place, server } = await scene()
    server.kill("SIGTERM")
    await server.ended
    const files = temporary()
    writeFileSync(join(files, "people.csv"), people(count))
    writeFileSync(join(files, "mapping.yaml"), mapping)
    const apply = ["apply", "--yes", "--source", join(files, "people.csv"), "--mapping", join(files, "mapping.yaml")]
    const { PATH = "", HOME = "" } = process.env
    const child = spawn(process.execPath, [terminal, ...apply, ...labArgs(directory, place)], {
      env: { PATH, HOME, LANG: "C.UTF-8" },
      stdio: "ignore"
    })
    closing(() => child.kill("SIGKILL"))
    const ended = new Promise((resolve) => child.on("close", resolve))
    for (let users = 0; users < 30;) {
      const state = await (await fetch(`${place.controlUrl}/state`)).text()
      users = Number(/"users":(\d+)/.exec(state)?.[1] ?? 0)
      assert.isNull(child.exitCode)
    }
    child.kill("SIGKILL")
    await ended
    const again = await runServer(labArgs(directory, place))
    const send = sender(again.base, key)
    const { json } = await send("GET", "/v1/connections/acme/runs")
    const [run] = [json["items"]].flat()
    const id = String(at(run, "id"))
    await until(send, id, "Completed")
    const all = await listen(again.base, key, id)
    assert.lengthOf(all.positions, count)
    const planned = await upload(again.base, key, "/v1/connections/acme/plans", form(people(count)))
    assert.deepStrictEqual(at(planned.json, "counts"), {}, planned.text)
    assert.strictEqual(at(planned.json, "census", "users"), count, "nobody is there twice")
  }, 90_000)
})
