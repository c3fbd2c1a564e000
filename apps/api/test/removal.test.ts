/** What hangs on a connection goes with it, and nothing of another's. */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { Schedules } from "@loom-scim/core/ports/Schedules"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { Context, Effect } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { createServer } from "node:http"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import type { Answer, Api } from "./support/api.ts"
import { closeAll, closing, start, temporary } from "./support/api.ts"
import { loomScim } from "./support/programs.ts"
import { at, connect, control, form, people, runIdOf, sandbox, upload } from "./support/reconcile.ts"

afterEach(closeAll)

const [acme, beta] = [ConnectionId.make("acme"), ConnectionId.make("beta")]

/** What a receiver was told, and with what it answers. */
const receiving = async (status: () => number) => {
  const told: Array<unknown> = []
  const server = createServer((request, response) => {
    let text = ""
    request.setEncoding("utf8").on("data", (piece: string) => (text += piece))
    request.on("end", () => {
      told.push(JSON.parse(text))
      response.writeHead(status()).end()
    })
  })
  closing(() => server.close())
  const port = await new Promise<number>((resolve) =>
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      resolve(address !== null && typeof address === "object" ? address.port : 0)
    })
  )
  return { told, url: `http://127.0.0.1:${port}/` }
}

const until = async <A>(look: () => A | Promise<A>, isSo: (seen: A) => boolean): Promise<A> => {
  for (;;) {
    const seen = await look()
    if (isSo(seen)) return seen
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const lab = async () => {
  const api = await start({ allowPrivateNetwork: true, rate: 10_000 })
  for (const name of ["Acme", "Beta"]) await api.call("POST", "/v1/connections", { body: { name } })
  return api
}

const itemsOf = ({ json }: Answer): ReadonlyArray<unknown> => [json["items"]].flat()
const hooksOf = async (api: Api) => itemsOf(await api.call("GET", "/v1/webhooks")).map((item) => String(at(item, "id")))

const webhook = async (api: Api, url: string, connectionId: string | null, events: ReadonlyArray<string>) => {
  const made = await api.call("POST", "/v1/webhooks", { body: { url, connectionId, events } })
  assert.strictEqual(made.status, 201, made.text)
  return String(made.json["id"])
}

const query = (api: Api, text: string) =>
  Effect.runPromise(Context.get(api.context, SqlClient).unsafe<Record<string, unknown>>(text))

describe("with a removed connection", () => {
  it("go its webhooks, told so before, with secret and log; those of others stay", async () => {
    const api = await lab()
    let status = 500
    const { told, url } = await receiving(() => status)
    const heard = await webhook(api, url, "acme", ["connection.removed"])
    await webhook(api, url, "acme", ["run.paused"])
    const disabled = await webhook(api, url, "acme", ["connection.removed"])
    await api.call("POST", `/v1/webhooks/${disabled}/disable`)
    const others = [await webhook(api, url, "beta", ["run.paused"]), await webhook(api, url, null, ["run.paused"])]
    const secrets = async () => (await query(api, "SELECT connection_id FROM secrets")).length
    assert.strictEqual(await secrets(), 5)
    assert.strictEqual((await api.call("DELETE", "/v1/connections/acme")).status, 204)
    // Whoever has not heard of it yet is still told; the rest is gone.
    await until(
      () => hooksOf(api),
      (ids) => ids.length === 3
    )
    await until(
      () => told,
      ({ length }) => length === 1
    )
    assert.sameMembers(await hooksOf(api), [heard, ...others])
    status = 204
    await query(api, "UPDATE webhook_deliveries SET next_at = created_at WHERE state = 'pending'")
    const left = await until(
      () => hooksOf(api),
      (ids) => ids.length === 2
    )
    assert.sameMembers([...left], others)
    assert.deepInclude(told.at(-1), { type: "connection.removed" })
    assert.lengthOf(told, 2)
    assert.strictEqual((await api.call("GET", `/v1/webhooks/${heard}/deliveries`)).status, 404)
    await until(secrets, (count) => count === 2)
    const log = await api.call("GET", "/v1/audit?limit=200")
    const gone = itemsOf(log).filter((item) => at(item, "event", "_tag") === "WebhookRemoved")
    assert.lengthOf(gone, 3)
  }, 60_000)

  it("go its schedules and the keys that reach nothing else", async () => {
    const api = await lab()
    const body = { name: "x", task: { _tag: "Check" }, cadence: { _tag: "Every", seconds: 900 } }
    for (const id of ["acme", "acme", "beta"]) {
      assert.strictEqual((await api.call("POST", `/v1/connections/${id}/schedules`, { body })).status, 201)
    }
    const only = await api.makeKey([{ verb: "admin", connection: acme }])
    const both = await api.makeKey([
      { verb: "read", connection: acme },
      { verb: "read", connection: beta }
    ])
    const all = await api.makeKey([
      { verb: "read", connection: "*" },
      { verb: "admin", connection: acme }
    ])
    // By a key that goes with it.
    assert.strictEqual((await api.call("DELETE", "/v1/connections/acme", { key: only.whole })).status, 204)
    const count = (id: ConnectionId) =>
      Effect.runPromise(Effect.map(Context.get(api.context, Schedules).list(id, null, 10), ({ length }) => length))
    assert.strictEqual(await count(acme), 0)
    assert.strictEqual(await count(beta), 1)
    assert.strictEqual((await api.call("GET", "/v1/connections", { key: only.whole })).status, 401)
    for (const { whole } of [both, all]) {
      assert.strictEqual((await api.call("GET", "/v1/connections/beta", { key: whole })).status, 200)
    }
    const log = itemsOf(await api.call("GET", "/v1/audit?limit=4")).map((item) => at(item, "event", "_tag"))
    assert.sameMembers(log, ["KeyRevoked", "ScheduleRemoved", "ScheduleRemoved", "Removed"])
    // The second key reaches nothing more when its other connection goes, too.
    assert.strictEqual((await api.call("DELETE", "/v1/connections/beta")).status, 204)
    assert.strictEqual((await api.call("GET", "/v1/connections", { key: both.whole })).status, 401)
    assert.strictEqual((await api.call("GET", "/v1/connections", { key: all.whole })).status, 200)
  })

  it("goes all that hangs on it in the same command, where the terminal app removes it without a server", async () => {
    const api = await lab()
    const { url } = await receiving(() => 204)
    const told = await webhook(api, url, "acme", ["connection.removed"])
    await webhook(api, url, "acme", ["run.paused"])
    const other = await webhook(api, url, null, ["run.paused"])
    const body = { name: "x", task: { _tag: "Check" }, cadence: { _tag: "Every", seconds: 900 } }
    for (const id of ["acme", "beta"]) await api.call("POST", `/v1/connections/${id}/schedules`, { body })
    const only = await api.makeKey([{ verb: "admin", connection: acme }])
    await api.close()
    const removed = await loomScim(["connections", "remove", "acme", "--yes", "--data-dir", api.directory])
    assert.strictEqual(removed.code, 0, removed.stderr)
    const database = new DatabaseSync(join(api.directory, "loom-scim.db"), { readOnly: true })
    const all = (text: string) => database.prepare(text).all()
    assert.sameMembers(
      all("SELECT id FROM webhooks").map(({ id }) => id),
      [told, other]
    )
    // No server has told it yet; the next one does, and then it goes.
    const onTheWay = all("SELECT webhook_id, type FROM webhook_deliveries WHERE state = 'pending'")
    assert.deepStrictEqual(onTheWay.map(Object.values), [[told, "connection.removed"]])
    assert.lengthOf(all("SELECT connection_id FROM secrets"), 2)
    assert.deepStrictEqual(all("SELECT connection_id FROM schedules").map(Object.values), [["beta"]])
    assert.deepStrictEqual(all("SELECT id FROM api_keys WHERE revoked_at IS NOT NULL").map(Object.values), [[only.id]])
    const entries = all("SELECT actor, event FROM audit_entries ORDER BY position DESC LIMIT 3")
    assert.sameMembers(
      entries.map(({ event }) => at(JSON.parse(String(event)), "_tag")),
      ["ScheduleRemoved", "KeyRevoked", "WebhookRemoved"]
    )
    for (const { actor } of entries) assert.strictEqual(at(JSON.parse(String(actor)), "face"), "cli")
    database.close()
  }, 60_000)

  for (const isPaused of [false, true]) {
    it(`end its runs, ${isPaused ? "also a paused one" : "and nothing more is sent to the server"}`, async () => {
      const place = await sandbox()
      const dnsServers = [`${place.dns.host}:${place.dns.port}`]
      const api = await start({ directory: temporary(), allowPrivateNetwork: true, dnsServers, rate: 10_000 })
      await connect(api.call, place)
      await control(place, "faults", { kind: "latency", ms: 100, match: { method: "POST" } })
      const headers = { prefer: "wait=0" }
      const begun = await upload(api.base, api.admin, "/v1/connections/acme/runs", form(people(400)), headers)
      const id = runIdOf(begun)
      const usersNow = async () =>
        Number(/"users":(\d+)/.exec(await (await fetch(`${place.controlUrl}/state`)).text())?.[1])
      await until(usersNow, (users) => users > 10)
      if (isPaused) {
        const paused = await api.call("POST", `/v1/connections/acme/runs/${id}/pause`)
        assert.strictEqual(at(paused.json, "run", "status", "_tag"), "Paused", paused.text)
      }
      assert.strictEqual((await api.call("DELETE", "/v1/connections/acme")).status, 204)
      const status = async () => {
        const [row] = await query(api, `SELECT status FROM runs WHERE id = '${id}'`)
        return String(row?.["status"])
      }
      await until(status, (text) => text.includes("Cancelled"))
      const users = await usersNow()
      assert.isBelow(users, 300)
      await new Promise((resolve) => setTimeout(resolve, 600))
      assert.strictEqual(await usersNow(), users)
    }, 60_000)
  }
})
