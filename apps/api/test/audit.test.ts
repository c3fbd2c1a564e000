/** The audit log: whatever changes something is in it, in nobody's sight who may not see it, and without secrets. */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { AuditLog } from "@loom-scim/core/ports/AuditLog"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { Context, DateTime, Effect, Predicate } from "effect"
import type { Answer, Api, Call } from "./support/api.ts"
import { call, closeAll, start, temporary } from "./support/api.ts"
import { at, connect, control, form, people, runIdOf, sandbox, token, until, upload } from "./support/reconcile.ts"

afterEach(closeAll)

const itemsOf = ({ json }: Answer): ReadonlyArray<unknown> => [json["items"]].flat()

const world = async () => {
  const place = await sandbox()
  const dnsServers = [`${place.dns.host}:${place.dns.port}`]
  const api = await start({ directory: temporary(), allowPrivateNetwork: true, dnsServers, rate: 10_000 })
  await connect(api.call, place)
  const post = (path: string, body: FormData, headers?: Readonly<Record<string, string>>) =>
    upload(api.base, api.admin, `/v1/connections/acme/${path}`, body, headers)
  return { place, api, post }
}

/** Every request of the document that may change something, by the name of its operation. */
const changesOf = async (api: Api): Promise<ReadonlyArray<string>> => {
  const { json } = await api.anonymous("GET", "/openapi.json")
  const paths: unknown = json["paths"]
  return Object.values(Predicate.isObject(paths) ? paths : {}).flatMap((methods: unknown) =>
    Object.entries(Predicate.isObject(methods) ? methods : {}).flatMap(([method, operation]) =>
      method === "get" ? [] : [String(at(operation, "operationId"))]
    )
  )
}

/** These look at something that has to be uploaded for it. */
const looks: ReadonlySet<string> = new Set(["provision.propose"])

const setup = "/v1/connections/acme/setup"
const users = "/v1/connections/acme/users"
const groups = "/v1/connections/acme/groups"
const schedules = "/v1/connections/acme/schedules"
const secretPath = "/services/T0/B0/path-that-is-a-secret"
const cadence = { _tag: "Every", seconds: 900 }

describe("the audit log", () => {
  it("has an entry of every request that changes something, and no secret", async () => {
    const { api, place, post } = await world()
    const { id: caller, whole } = await api.makeKey([{ verb: "admin", connection: "*" }], { name: "auditee" })
    const secrets = [whole, token, secretPath, "person2@acme.com"]
    const seen = new Set<string>()
    const newest = async () => itemsOf(await api.call("GET", "/v1/audit?limit=3"))
    /** Sends it, and holds the newest entry against what is expected of it. */
    const leaves = async (
      operation: string,
      expected: Readonly<Record<string, unknown>>,
      request: () => Promise<Answer>
    ): Promise<Answer> => {
      const [before] = await newest()
      const answer = await request()
      assert.isBelow(answer.status, 300, `${operation}: ${answer.text}`)
      const [after] = await newest()
      assert.notDeepEqual(after, before, operation)
      assert.deepInclude(at(after, "event"), expected, operation)
      assert.deepStrictEqual(at(after, "actor"), { name: `key auditee (${caller})`, face: "api" }, operation)
      seen.add(operation)
      return answer
    }
    const send = (method: string, path: string, options: Call = {}) =>
      call(api.base, method, path, { key: whole, ...options })
    /** One that has no entry but that it was asked for. */
    const asked = (operation: string, method: string, path: string, body?: unknown, of: object = {}) =>
      leaves(operation, { _tag: "Requested", operation, of }, () =>
        send(method, path, { ...(body === undefined ? {} : { body }), headers: { prefer: "wait=60" } })
      )
    const told = (operation: string, _tag: string, method: string, path: string, body?: unknown) =>
      leaves(operation, { _tag }, () => send(method, path, body === undefined ? {} : { body }))

    await told("connections.create", "Begun", "POST", "/v1/connections", { name: "Beta" })
    await told("setup.submit", "PrerequisiteAttested", "POST", "/v1/connections/beta/setup/commands", {
      _tag: "AttestPrerequisite",
      prerequisite: "enterprisePlan"
    })
    await told("setup.answer", "CaptureChosen", "POST", `${setup}/tasks/capture`, { _tag: "Value", value: "off" })
    await told("credentials.rotate", "Connected", "POST", "/v1/connections/acme/credentials/rotate", { token })
    await asked("checks.run", "POST", "/v1/connections/acme/checks")
    await asked("doctor.examine", "POST", "/v1/connections/acme/doctor", {})

    const key = await told("keys.create", "KeyMade", "POST", "/v1/keys", {
      name: "ci",
      grants: [{ verb: "read", connection: "acme" }]
    })
    secrets.push(String(key.json["secret"]))
    await told("keys.revoke", "KeyRevoked", "DELETE", `/v1/keys/${String(key.json["id"])}`)

    const user = await asked("users.create", "POST", users, { userName: "person1@acme.com", externalId: "1" })
    const [made] = await newest()
    assert.strictEqual(at(made, "event", "result"), user.json["id"])
    assert.strictEqual(at(made, "connectionId"), "acme")
    const userId = String(user.json["id"])
    const ofUser = { user: userId }
    const Operations = [{ op: "replace", path: "displayName", value: "Ada L" }]
    await asked("users.patch", "PATCH", `${users}/${userId}`, { Operations }, ofUser)
    await asked("users.replace", "PUT", `${users}/${userId}`, { userName: "person1@acme.com" }, ofUser)
    await asked("users.role", "POST", `${users}/${userId}/role`, { role: "creator" }, ofUser)
    await asked("users.deactivate", "POST", `${users}/${userId}/deactivate`, undefined, ofUser)
    await asked("users.activate", "POST", `${users}/${userId}/activate`, undefined, ofUser)
    const group = await asked("groups.create", "POST", groups, { displayName: "Makers" })
    const ofGroup = { group: String(group.json["id"]) }
    const one = `${groups}/${ofGroup.group}`
    await asked("groups.addMembers", "POST", `${one}/members/add`, { members: [userId] }, ofGroup)
    await asked("groups.removeMembers", "POST", `${one}/members/remove`, { members: [userId] }, ofGroup)
    await asked("groups.patch", "PATCH", one, { Operations: [{ ...Operations[0], value: "Crew" }] }, ofGroup)
    await asked("groups.replace", "PUT", one, { displayName: "Crew" }, ofGroup)
    await asked("groups.remove", "DELETE", one, undefined, ofGroup)
    await asked("users.remove", "DELETE", `${users}/${userId}`, undefined, ofUser)

    const sent = (path: string, body: FormData, headers?: Readonly<Record<string, string>>) =>
      upload(api.base, whole, `/v1/connections/acme/${path}`, body, headers)
    const wait = { prefer: "wait=60" }
    const requested = (operation: string) => ({ _tag: "Requested", operation })
    const plan = await leaves("plans.make", requested("plans.make"), () => sent("plans", form(people(3))))
    const file = new FormData()
    const saved = await send("GET", `/v1/connections/acme/plans/${String(plan.json["id"])}/file`)
    file.set("plan", new Blob([saved.text]), "plan.json")
    await leaves("plans.take", requested("plans.take"), () => sent("plans/file", file))
    await leaves("runs.begin", requested("runs.begin"), () => sent("runs", form(people(30)), wait))
    const run = async (operation: string, id: string, body?: unknown, headers = wait) =>
      leaves(operation, { ...requested(operation), of: { run: id } }, () =>
        send("POST", `/v1/connections/acme/runs/${id}/${operation.slice("runs.".length)}`, {
          headers,
          ...(body === undefined ? {} : { body })
        })
      )
    await run("runs.allow", runIdOf(await post("runs", form(people(5)))), { note: "closed" })
    assert.strictEqual((await post("runs", form(people(30)), wait)).status, 200)
    await run("runs.reject", runIdOf(await post("runs", form(people(4)))), { note: "a mistake" })
    await control(place, "faults", { kind: "latency", ms: 100, match: { method: "POST" } })
    const long = runIdOf(await post("runs", form(people(400)), { prefer: "wait=0" }))
    await run("runs.pause", long)
    await run("runs.resume", long, undefined, { prefer: "respond-async" })
    await until(api.call, long, "Running")
    await run("runs.cancel", long)
    await control(place, "faults", {}, "DELETE")
    const retried = await run("runs.retry", long, {})
    await run("runs.undo", runIdOf(retried), { policy: { losses: { count: 1000, percent: 100 } } })

    const url = `https://127.0.0.1:9${secretPath}`
    const body = { url, connectionId: "acme", events: ["run.paused"] }
    const hook = await told("webhooks.create", "WebhookMade", "POST", "/v1/webhooks", body)
    secrets.push(String(hook.json["secret"]))
    const hookPath = `/v1/webhooks/${String(hook.json["id"])}`
    await leaves("webhooks.update", { _tag: "WebhookChanged", changed: ["description"] }, () =>
      send("PATCH", hookPath, { body: { description: "people on call" } })
    )
    const rotated = await leaves("webhooks.rotate", { _tag: "WebhookChanged", changed: ["secret"] }, () =>
      send("POST", `${hookPath}/rotate`, { body: {} })
    )
    secrets.push(String(rotated.json["secret"]))
    const test = await leaves("webhooks.test", requested("webhooks.test"), () =>
      send("POST", `${hookPath}/test`, { headers: wait })
    )
    const again = `${hookPath}/deliveries/${String(at(test.json, "delivery", "id"))}/redeliver`
    await leaves("webhooks.redeliver", requested("webhooks.redeliver"), () => send("POST", again, { headers: wait }))
    await told("webhooks.disable", "WebhookDisabled", "POST", `${hookPath}/disable`)
    await told("webhooks.enable", "WebhookEnabled", "POST", `${hookPath}/enable`)
    await told("webhooks.remove", "WebhookRemoved", "DELETE", hookPath)

    const checking = { name: "the set-up", task: { _tag: "Check" }, cadence }
    const schedule = await told("schedules.create", "ScheduleMade", "POST", schedules, checking)
    const schedulePath = `${schedules}/${String(schedule.json["id"])}`
    await leaves("schedules.change", { _tag: "ScheduleChanged", changed: ["enabled"] }, () =>
      send("PATCH", schedulePath, { body: { enabled: false } })
    )
    await asked("schedules.fire", "POST", `${schedulePath}/fire`, undefined, { schedule: schedule.json["id"] })
    await told("schedules.remove", "ScheduleRemoved", "DELETE", schedulePath)
    await told("credentials.save", "StepInvalidated", "PUT", "/v1/connections/acme/credentials/token", { token })
    await leaves("connections.remove", { _tag: "Removed" }, () => send("DELETE", "/v1/connections/beta"))

    // A new endpoint that changes something needs a line above, or its entry would not really be looked for.
    const all = (await changesOf(api)).filter((operation) => !looks.has(operation))
    assert.deepStrictEqual([...seen].toSorted(), all.toSorted())

    let cursor: unknown = null
    do {
      const more = typeof cursor === "string" ? `&cursor=${cursor}` : ""
      const page = await api.call("GET", `/v1/audit?limit=200${more}`)
      for (const secret of secrets) assert.notInclude(page.text, secret)
      assert.notMatch(page.text, /lsk_[a-z0-9]|whsec_/)
      cursor = page.json["nextCursor"]
    } while (cursor !== null)
  }, 180_000)

  it("has nothing of what was refused, only shown, or answered a second time", async () => {
    const { api } = await world()
    const count = async () => itemsOf(await api.call("GET", "/v1/audit?limit=200")).length
    const before = await count()
    assert.strictEqual((await api.call("DELETE", "/v1/keys/aaaaaaaaaaaa")).status, 404)
    const { whole } = await api.makeKey([{ verb: "read", connection: ConnectionId.make("acme") }])
    assert.strictEqual(await count(), before + 1)
    const user = { userName: "ada@acme.com" }
    assert.strictEqual((await api.call("POST", users, { key: whole, body: user })).status, 403)
    assert.strictEqual((await api.call("POST", `${users}?dryRun=true`, { body: user })).status, 200)
    assert.strictEqual((await api.call("POST", schedules, { body: { name: "" } })).status, 400)
    assert.strictEqual(await count(), before + 1)
    const headers = { "idempotency-key": "once" }
    for (let times = 0; times < 2; times++) await api.call("POST", users, { body: user, headers })
    assert.strictEqual(await count(), before + 2)
    // Where there are no dry runs, it is none for being called so.
    const checking = { name: "the set-up", task: { _tag: "Check" }, cadence }
    assert.strictEqual((await api.call("POST", `${schedules}?dryRun=true`, { body: checking })).status, 201)
    assert.strictEqual(await count(), before + 3)
  })

  it("shows a key over one connection what is of that one alone, and everybody each entry once", async () => {
    const api = await start({ allowPrivateNetwork: true, rate: 10_000 })
    for (const name of ["Acme", "Beta"]) {
      const id = name.toLowerCase()
      await api.call("POST", "/v1/connections", { body: { name } })
      const checking = { name: `check of ${id}`, task: { _tag: "Check" }, cadence }
      assert.strictEqual((await api.call("POST", `/v1/connections/${id}/schedules`, { body: checking })).status, 201)
      const hook = { url: `https://127.0.0.1:9/${id}`, connectionId: id, events: ["run.paused"] }
      assert.strictEqual((await api.call("POST", "/v1/webhooks", { body: hook })).status, 201)
      const grants = [{ verb: "read", connection: id }]
      assert.strictEqual((await api.call("POST", "/v1/keys", { body: { name: `key of ${id}`, grants } })).status, 201)
    }
    await api.call("POST", "/v1/webhooks", {
      body: { url: "https://127.0.0.1:9/", connectionId: null, events: ["run.paused"] }
    })
    // Two more of the very moments in which the connections were begun, in the other log.
    const begun = itemsOf(await api.call("GET", "/v1/audit?limit=200")).filter(
      (item) => at(item, "event", "_tag") === "Begun"
    )
    const { along } = Context.get(api.context, AuditLog)
    for (const item of [...begun, ...begun]) {
      const moment = DateTime.makeUnsafe(String(at(item, "at")))
      const event = { _tag: "Requested", operation: "of.that.moment", of: {}, result: null, status: 200 } as const
      const entry = { connectionId: null, at: moment, actor: { name: "a test", face: "api" }, event } as const
      await Effect.runPromise(along(Effect.void, () => entry))
    }
    const whole = await api.call("GET", "/v1/audit?limit=200")
    assert.include(whole.text, "KeyMade")
    const { whole: key } = await api.makeKey([{ verb: "admin", connection: ConnectionId.make("acme") }])
    const own = await api.call("GET", "/v1/audit?limit=200", { key })
    const tags = itemsOf(own).map((item) => at(item, "event", "_tag"))
    assert.deepStrictEqual(tags.toSorted(), ["Begun", "ScheduleMade", "WebhookMade"])
    assert.notInclude(own.text.toLowerCase(), "beta")
    // Page by page, the same as at once: of what happened in one moment nothing is lost and nothing comes twice.
    for (const limit of [1, 2, 3]) {
      const paged: Array<unknown> = []
      let cursor: unknown = null
      do {
        const more = typeof cursor === "string" ? `&cursor=${cursor}` : ""
        const page = await api.call("GET", `/v1/audit?limit=${limit}${more}`)
        assert.strictEqual(page.status, 200, page.text)
        paged.push(...itemsOf(page))
        cursor = page.json["nextCursor"]
      } while (cursor !== null)
      // The key that looks was made after the first list.
      assert.deepStrictEqual(paged.slice(1), itemsOf(whole))
    }
  })
})
