/** What the audit log has of requests that were not answered as they should have been, and of a server that died. */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { Context, Effect } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { setTimeout as sleep } from "node:timers/promises"
import type { Answer } from "./support/api.ts"
import { call, closeAll, start, temporary } from "./support/api.ts"
import { runServer } from "./support/programs.ts"
import { at, connect, control, labArgs, sandbox } from "./support/reconcile.ts"

afterEach(closeAll)

const users = "/v1/connections/acme/users"
const ada = { userName: "ada@acme.com" }

/** The newest entry: what was asked for and what came of it. */
const newestOf = async (asking: Promise<Answer>): Promise<unknown> => at((await asking).json, "items", "0", "event")

const requested = (operation: string, more: object) => ({ _tag: "Requested", operation, of: {}, result: null, ...more })

describe("the audit log", () => {
  it("has what was being done when the server was killed, once one runs again", async () => {
    const place = await sandbox()
    const directory = temporary()
    const server = await runServer(labArgs(directory, place))
    const { key = "" } = server
    await connect((method, path, options) => call(server.base, method, path, { key, ...options }), place)
    const { json } = await call(server.base, "POST", users, { key, body: ada })
    const user = String(json["id"])
    await control(place, "faults", { kind: "hang", match: { method: "PATCH" } })
    const left = call(server.base, "POST", `${users}/${user}/deactivate`, { key }).catch(() => null)
    const db = new DatabaseSync(join(directory, "loom-scim.db"))
    while (db.prepare("SELECT id FROM audit_intents").all().length === 0) await sleep(10)
    server.kill("SIGKILL")
    await server.ended
    assert.isNull(await left)
    // As if it had been a while ago: whoever may still be at it is waited for.
    db.exec("UPDATE audit_intents SET seen_at = '2026-01-01T00:00:00.000Z'")
    db.close()
    const again = await runServer(labArgs(directory, place))
    const log = () => newestOf(call(again.base, "GET", "/v1/audit?limit=1", { key }))
    for (let turns = 0; turns < 1000 && at(await log(), "operation") === "users.create"; turns++) await sleep(20)
    assert.deepStrictEqual(await log(), requested("users.deactivate", { of: { user }, status: null }))
  }, 60_000)

  it("has what failed on the SCIM server, where it may be done all the same, and nothing is begun without it", async () => {
    const place = await sandbox()
    const dnsServers = [`${place.dns.host}:${place.dns.port}`]
    const api = await start({ directory: temporary(), allowPrivateNetwork: true, dnsServers, rate: 10_000 })
    await connect(api.call, place)
    await control(place, "faults", { kind: "garbage", match: { method: "POST" } })
    assert.strictEqual((await api.call("POST", users, { body: ada })).status, 502)
    const log = () => newestOf(api.call("GET", "/v1/audit?limit=1"))
    assert.deepStrictEqual(await log(), requested("users.create", { status: 502 }))
    await control(place, "faults", null, "DELETE")
    const sql = Context.get(api.context, SqlClient)
    const tell = (statement: string) => Effect.runPromise(sql.unsafe(statement))
    assert.deepStrictEqual(await tell("SELECT id FROM audit_intents"), [])
    await tell("ALTER TABLE audit_intents RENAME TO away")
    await control(place, "requests", {}, "DELETE")
    const { json, status } = await api.call("POST", users, { body: ada })
    assert.strictEqual(status, 503)
    assert.strictEqual(json["type"], "urn:loom-scim:problem:store")
    assert.deepStrictEqual(await (await fetch(`${place.controlUrl}/requests`)).json(), { requests: [] })
    // Whoever only looks does not notice.
    assert.strictEqual((await api.call("GET", users)).status, 200)
    await tell("ALTER TABLE away RENAME TO audit_intents")
    assert.strictEqual((await api.call("POST", users, { body: ada })).status, 200)
  }, 60_000)
})
