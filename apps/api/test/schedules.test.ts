/** Schedules over real sockets: made, fired, seen with what came of them, and gone. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Schedules } from "@loom-scim/core/ports/Schedules"
import { ScheduleId } from "@loom-scim/core/schedules/Schedule"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import * as Storage from "@loom-scim/platform-node/store/Storage"
import type { Sandbox } from "@loom-scim/sandbox/Sandbox"
import { DateTime, Effect, Option } from "effect"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Answer, Api, Call } from "./support/api.ts"
import { closeAll, start, temporary } from "./support/api.ts"
import {
  at,
  connect,
  control,
  form,
  mapping as uploaded,
  people,
  runIdOf,
  sandbox,
  until,
  upload
} from "./support/reconcile.ts"

const all = "/v1/connections/acme/schedules"
const mapping = { attributes: { externalId: "id", userName: "userName", emails: "userName" } }
const source = { _tag: "Connection", connection: "hr", mapping }
const sync = { _tag: "Sync", source }
/** As many may leave as are there, but not all at once. */
const policy = { losses: { count: 1000, percent: 100 } }
const cadence = { _tag: "Every", seconds: 900 }
const checking = { name: "the set-up", task: { _tag: "Check" }, cadence }
const waiting = { prefer: "wait=30" }

/** A schedule as if it had been due for an hour. */
const overdue = (id: string) =>
  Effect.gen(function* () {
    const schedules = yield* Schedules
    const { schedule } = Option.getOrThrow(yield* schedules.find(ScheduleId.make(id)))
    const nextDueAt = DateTime.subtract(yield* DateTime.now, { hours: 1 })
    assert.isTrue(yield* schedules.update(schedule, { ...schedule, nextDueAt }))
    return DateTime.formatIso(nextDueAt)
  })

describe("schedules", () => {
  let acme: Sandbox
  let api: Api
  let serve: () => Promise<Api>
  /** Somebody who is in every source: that all leave at once is never let through. */
  let keeper = ""
  const staff = (count: number, from: number) => `${people(count, from)}${keeper}\n`

  const make = async (body: unknown): Promise<string> => {
    const made = await api.call("POST", all, { body })
    assert.strictEqual(made.status, 201, made.text)
    return String(made.json["id"])
  }
  const fire = (id: string, options: Call = { headers: waiting }) => api.call("POST", `${all}/${id}/fire`, options)
  const outcomeOf = ({ json }: Answer) => at(json, "outcome", "_tag")
  /** Asks until the newest firing has its outcome. */
  const fired = async (id: string): Promise<unknown> => {
    for (let turns = 0; turns < 400; turns++) {
      const last = at((await api.call("GET", `${all}/${id}`)).json, "last")
      if (at(last, "outcome", "_tag") !== undefined) return last
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    throw new Error("it does not fire")
  }
  const items = async (id: string): Promise<ReadonlyArray<unknown>> =>
    [(await api.call("GET", `${all}/${id}/firings`)).json["items"]].flat()

  beforeAll(async () => {
    acme = await sandbox({ users: 0 })
    const hr = await sandbox({ users: 12 })
    const directory = temporary()
    const dnsServers = [`${acme.dns.host}:${acme.dns.port}`]
    serve = () => start({ directory, allowPrivateNetwork: true, dnsServers, rate: 10_000 })
    api = await serve()
    await connect(api.call, acme)
    await connect(api.call, hr, "Hr")
    const one = at((await api.call("GET", "/v1/connections/hr/users?limit=1")).json, "items", "0")
    keeper = `${String(at(one, "id"))},${String(at(one, "userName"))},Keeper`
  })
  afterAll(closeAll)

  it("are made, listed page by page, changed on the version that was seen, disabled, and removed", async () => {
    const body = {
      name: "each morning",
      task: sync,
      cadence: { _tag: "Daily", at: "06:30", timeZone: "Europe/Berlin" }
    }
    const headers = { "idempotency-key": "one" }
    const made = await api.call("POST", all, { body, headers })
    assert.strictEqual(made.status, 201, made.text)
    assert.strictEqual(made.headers.get("etag"), '"1"')
    assert.deepInclude(made.json, { enabled: true, version: 1, last: null, connectionId: "acme" })
    assert.deepStrictEqual(at(made.json, "task"), { ...sync, policy: {}, adopt: "never", leftGroups: "empty" })
    assert.match(String(made.json["nextDueAt"]), /T0[45]:30:00\.000Z$/)
    const again = await api.call("POST", all, { body, headers })
    assert.strictEqual(again.json["id"], made.json["id"])
    const one = `${all}/${String(made.json["id"])}`
    assert.deepStrictEqual((await api.call("GET", one)).json, made.json)

    const ids = [made.json["id"], await make(checking)]
    const first = await api.call("GET", `${all}?limit=1`)
    const rest = await api.call("GET", `${all}?limit=1&cursor=${String(first.json["nextCursor"])}`)
    assert.isNull(rest.json["nextCursor"])
    const listed = [first, rest].flatMap(({ json }) => json["items"])
    assert.deepStrictEqual(
      listed.map((each) => at(each, "id")),
      ids.toSorted()
    )
    assert.deepInclude(listed, made.json)

    const off = await api.call("PATCH", one, { body: { enabled: false }, headers: { "if-match": '"1"' } })
    assert.deepInclude(off.json, { enabled: false, nextDueAt: null, version: 2, name: "each morning" })
    const late = await api.call("PATCH", one, { body: { enabled: true }, headers: { "if-match": '"1"' } })
    assert.strictEqual(late.status, 412, late.text)
    const on = await api.call("PATCH", one, { body: { enabled: true, cadence } })
    assert.strictEqual(on.headers.get("etag"), '"3"')
    assert.isAbove(Date.parse(String(on.json["nextDueAt"])), Date.now() + 800_000)

    assert.strictEqual((await api.call("DELETE", one, { headers: { "if-match": '"2"' } })).status, 412)
    assert.strictEqual((await api.call("DELETE", one, { headers: { "if-match": '"3"' } })).status, 204)
    for (const [method, path] of [
      ["GET", one],
      ["DELETE", one],
      ["POST", `${one}/fire`],
      ["GET", `${one}/firings`]
    ]) {
      assert.strictEqual((await api.call(method ?? "", path ?? "")).status, 404, `${method} ${path}`)
    }
  })

  it("are refused when they could never work", async () => {
    const refusal = async (body: unknown) => {
      const { json, status } = await api.call("POST", all, { body })
      return [status, json["reason"]]
    }
    const hourly = { ...checking, name: "x" }
    assert.deepStrictEqual(await refusal({ ...hourly, cadence: { _tag: "Every", seconds: 59 } }), [400, undefined])
    const never = { _tag: "Cron", expression: "0 0 31 2 *", timeZone: "UTC" }
    assert.deepStrictEqual(await refusal({ ...hourly, cadence: never }), [400, undefined])
    const wrong = { ...sync, source: { ...source, mapping: { attributes: {} } } }
    assert.deepStrictEqual(await refusal({ ...hourly, task: wrong }), [422, "MappingRefused"])
    for (const connection of ["acme", "nowhere"]) {
      const task = { ...sync, source: { ...source, connection } }
      assert.deepStrictEqual(await refusal({ ...hourly, task }), [422, "invalidSource"])
    }
    const file = { ...sync, source: { _tag: "File", path: "/etc/passwd" } }
    assert.deepStrictEqual(await refusal({ ...hourly, task: file }), [400, undefined])
  })

  it("bring the people of another connection when they fire, and nothing when nobody changed", async () => {
    const id = await make({ name: "people", task: sync, cadence })
    const first = await fire(id)
    assert.strictEqual(first.status, 200, first.text)
    assert.strictEqual(outcomeOf(first), "Ran", first.text)
    assert.strictEqual(at(first.json, "outcome", "status", "_tag"), "Completed")
    const run = String(first.json["run"])
    const report = await api.call("GET", `/v1/connections/acme/runs/${run}`)
    assert.strictEqual(at(report.json, "run", "startedBy", "name"), at(first.json, "askedBy", "name"))
    assert.deepStrictEqual(at(report.json, "counts"), [{ phase: "creations", state: "done", count: 12 }])
    assert.deepStrictEqual(at(report.json, "run", "source"), "scim:hr")
    const second = await fire(id)
    assert.deepStrictEqual(second.json["outcome"], { _tag: "Unchanged", conflicts: 0 }, second.text)
    const log = await items(id)
    assert.deepStrictEqual(log, [second.json, first.json])
    const page = await api.call("GET", `${all}/${id}/firings?limit=1`)
    const next = await api.call("GET", `${all}/${id}/firings?limit=1&cursor=${String(page.json["nextCursor"])}`)
    assert.deepStrictEqual(next.json, { items: [first.json], nextCursor: null })
  })

  it("read what whoever runs the server named for the connection, and for no other", async () => {
    const place = join(api.directory, "sources", "acme")
    mkdirSync(place, { recursive: true })
    const named = { _tag: "Sync", source: { _tag: "Named", name: "staff" } }
    const body = { name: "staff", task: named, cadence }
    const missing = await api.call("POST", all, { body })
    assert.deepStrictEqual([missing.status, missing.json["reason"]], [422, "invalidSource"])
    assert.notInclude(missing.text, place)
    writeFileSync(join(place, "staff.yaml"), `source:\n  from: staff.csv\n${uploaded}`)
    const hr = await api.call("POST", "/v1/connections/hr/schedules", { body })
    assert.strictEqual(hr.status, 422, hr.text)
    const id = await make({ ...body, task: { ...named, policy } })
    const broken = await fire(id)
    assert.deepInclude(broken.json["outcome"], { _tag: "Failed", reason: "SourceFailure" }, broken.text)
    assert.notInclude(broken.text, place)
    writeFileSync(join(place, "staff.csv"), staff(20, 500))
    const first = await fire(id)
    assert.strictEqual(at(first.json, "outcome", "status", "_tag"), "Completed", first.text)

    assert.strictEqual((await api.call("PATCH", `${all}/${id}`, { body: { task: named } })).status, 200)
    writeFileSync(join(place, "staff.csv"), staff(5, 500))
    const held = await fire(id)
    assert.strictEqual(at(held.json, "outcome", "status", "_tag"), "Waiting", held.text)
    const run = String(held.json["run"])
    const again = await fire(id)
    assert.deepStrictEqual(again.json["outcome"], { _tag: "Skipped", reason: "runWaits", run }, again.text)
    const decided = { body: { note: "a test" }, headers: waiting }
    await api.call("POST", `/v1/connections/acme/runs/${run}/reject`, decided)
    const repeated = await fire(id)
    assert.deepStrictEqual(repeated.json["outcome"], { _tag: "Repeated", run }, repeated.text)
  })

  it("fire by themselves when their time has come, as themselves, and check the set-up", async () => {
    const id = await make(checking)
    const dueAt = await Effect.runPromise(Effect.provideContext(overdue(id), api.context))
    const last = await fired(id)
    assert.deepInclude(at(last, "outcome"), { _tag: "Checked", ok: true, failed: 0 })
    assert.strictEqual(at(last, "dueAt"), dueAt)
    assert.isNull(at(last, "askedBy"))
    const { json } = await api.call("GET", "/v1/connections/acme/checks")
    assert.match(String(json["by"]), new RegExp(`^schedule the set-up \\(${id}\\) of key test`))
    const { json: after } = await api.call("GET", `${all}/${id}`)
    assert.isAbove(Date.parse(String(after["nextDueAt"])), Date.now())
    assert.lengthOf(await items(id), 1, "what was missed is fired once")
  })

  it("pass over a connection whose run a person paused, and say which", async () => {
    const id = await make({ name: "all", task: { ...sync, _tag: "FullSync" }, cadence })
    await control(acme, "faults", { kind: "latency", ms: 500, match: { method: "POST" } })
    const headers = { prefer: "wait=0" }
    const path = "/v1/connections/acme/runs"
    const body = form(staff(40, 100), { policy: JSON.stringify(policy) })
    const run = runIdOf(await upload(api.base, api.admin, path, body, headers))
    const going = await fire(id)
    assert.deepStrictEqual(going.json["outcome"], { _tag: "Skipped", reason: "runGoesOn", run }, going.text)
    await api.call("POST", `${path}/${run}/pause`)
    const paused = await fire(id)
    assert.deepStrictEqual(paused.json["outcome"], { _tag: "Skipped", reason: "runPaused", run }, paused.text)
    await control(acme, "faults", {}, "DELETE")
    await api.call("POST", `${path}/${run}/resume`)
    await until(api.call, run, "Completed")
  })

  it("keep to what the key reaches: others' look as if they did not exist, and so do sources", async () => {
    const id = await make(checking)
    const keyOf = async (verb: "read" | "operate", connection: string) =>
      (await api.makeKey([{ verb, connection: ConnectionId.make(connection) }])).whole
    const reader = await keyOf("read", "acme")
    assert.strictEqual((await api.call("GET", `${all}/${id}`, { key: reader })).status, 200)
    assert.strictEqual((await fire(id, { key: reader })).status, 403)
    const stranger = await keyOf("operate", "hr")
    assert.strictEqual((await api.call("GET", `${all}/${id}`, { key: stranger })).status, 404)
    assert.strictEqual((await api.call("GET", `/v1/connections/hr/schedules/${id}`, { key: stranger })).status, 404)
    const operator = await keyOf("operate", "acme")
    const blind = { key: operator, body: { name: "x", task: sync, cadence } }
    const nowhere = { ...sync, source: { ...source, connection: "nowhere" } }
    const [there, gone] = [
      await api.call("POST", all, blind),
      await api.call("POST", all, { ...blind, body: { ...blind.body, task: nowhere } })
    ]
    assert.strictEqual(there.status, 422, there.text)
    assert.strictEqual(String(there.json["detail"]).replace("hr", "nowhere"), gone.json["detail"])
  })

  it("are let go of by a server that stops, and go on with the next: the run that was begun, and what was missed", async () => {
    const running = await make({ name: "all", task: { ...sync, _tag: "FullSync", policy }, cadence })
    const missed = await make(checking)
    await control(acme, "faults", { kind: "latency", ms: 300, match: { method: "PATCH" } })
    const begun = await fire(running, { headers: { prefer: "respond-async" } })
    assert.strictEqual(begun.status, 202, begun.text)
    assert.isNull(begun.json["outcome"])
    const refused = await fire(running)
    assert.deepStrictEqual([refused.status, refused.json["reason"]], [409, "atWork"])
    let run: unknown = null
    while (run === null) run = at((await api.call("GET", `${all}/${running}`)).json, "last", "run")
    await api.close()
    const store = Storage.layerEmbedded({ directory: api.directory, face: "api" })
    const dueAt = await Effect.runPromise(Effect.provide(overdue(missed), store))
    api = await serve()
    const cut = await fired(running)
    assert.deepStrictEqual([at(cut, "outcome"), at(cut, "run")], [{ _tag: "Interrupted" }, run])
    await until(api.call, String(run), "Completed")
    const last = await fired(missed)
    assert.deepStrictEqual([at(last, "dueAt"), at(last, "outcome", "_tag")], [dueAt, "Checked"])
    assert.lengthOf(await items(missed), 1)
  })

  it("end with their connection", async () => {
    const id = await make({ name: "people", task: sync, cadence })
    assert.strictEqual((await api.call("DELETE", "/v1/connections/hr")).status, 204)
    assert.deepInclude((await fire(id)).json["outcome"], { _tag: "Failed", reason: "removed" })
    const { json } = await api.call("GET", `${all}/${id}`)
    assert.deepInclude(json, { enabled: false, nextDueAt: null })
    assert.strictEqual((await api.call("DELETE", "/v1/connections/acme")).status, 204)
    assert.strictEqual((await api.call("GET", `${all}/${id}`)).status, 404)
  })
})
