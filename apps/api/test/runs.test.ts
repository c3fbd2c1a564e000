/** Plans and runs over a real socket against a sandbox. */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { Context, Effect } from "effect"
import { Readiness } from "../src/Readiness.ts"
import { closeAll, start, temporary } from "./support/api.ts"
import { at, connect, control, form, listen, people, runIdOf, sandbox, upload } from "./support/reconcile.ts"

afterEach(closeAll)

const world = async () => {
  const place = await sandbox()
  const directory = temporary()
  const serve = () =>
    start({ directory, allowPrivateNetwork: true, dnsServers: [`${place.dns.host}:${place.dns.port}`], rate: 10_000 })
  const api = await serve()
  await connect(api.call, place)
  const post = (path: string, body: FormData, headers?: Readonly<Record<string, string>>) =>
    upload(api.base, api.admin, `/v1/connections/acme/${path}`, body, headers)
  return { place, api, post, serve }
}

/** How many users the sandbox has. */
const madeAt = async ({ controlUrl }: Awaited<ReturnType<typeof sandbox>>): Promise<number> =>
  Number(/"users":(\d+)/.exec(await (await fetch(`${controlUrl}/state`)).text())?.[1])

describe("plans", () => {
  it("makes one from an upload, shows it, and carries it out when nothing moved", async () => {
    const { api, post } = await world()
    const made = await post("plans", form(people(3)))
    assert.strictEqual(made.status, 201, made.text)
    assert.strictEqual(at(made.json, "counts", "Create"), 3)
    assert.strictEqual(at(made.json, "source"), "people.csv")
    const path = made.headers.get("location") ?? ""
    assert.deepStrictEqual((await api.call("GET", path)).json, made.json)
    const markdown = await api.call("GET", path, { headers: { accept: "text/markdown" } })
    assert.include(markdown.text, "| create | 3 |")
    const file = await api.call("GET", `${path}/file`)
    assert.include(file.text, "person3@acme.com")
    assert.deepStrictEqual((await api.call("GET", `${path}/drift`)).json, { ok: true, moved: [] })
    const body = { plan: at(made.json, "id") }
    const run = await api.call("POST", "/v1/connections/acme/runs", { body })
    assert.strictEqual(run.status, 200, run.text)
    assert.strictEqual(at(run.json, "report", "run", "status", "_tag"), "Completed")
    const drifted = await api.call("GET", `${path}/drift`)
    assert.strictEqual(drifted.json["ok"], false)
    const again = await api.call("POST", "/v1/connections/acme/runs", { body })
    assert.strictEqual(again.status, 409, again.text)
    assert.strictEqual(again.json["reason"], "PlanDrifted")
  })

  it("says what is wrong with an upload, and takes no more than it may", async () => {
    const { api, post } = await world()
    const none = new FormData()
    none.set("mapping", "x")
    assert.strictEqual((await post("plans", none)).json["reason"], "sourceMissing")
    const wrong = form(people(1))
    wrong.set("mapping", "attributes: [")
    assert.strictEqual((await post("plans", wrong)).status, 422)
    assert.strictEqual((await post("plans", form(people(1), { adopt: "perhaps" }))).json["reason"], "parts")
    for (const [name, file] of [
      ["source", "second.csv"],
      ["sources", "second.csv"]
    ] as const) {
      const twice = form(people(1))
      twice.append(name, new Blob([people(2)], { type: "text/csv" }), file)
      const { json, status } = await post("plans", twice)
      assert.deepStrictEqual([status, json["reason"]], [422, "parts"], name)
      assert.include(String(json["detail"]), `The part ${name} `)
    }
    const small = await start({ directory: temporary(), uploadLimit: 20_000 })
    await small.call("POST", "/v1/connections", { body: { name: "Acme" } })
    const large = await upload(small.base, small.admin, "/v1/connections/acme/plans", form(people(2000)))
    assert.strictEqual(large.status, 413, large.text)
    assert.strictEqual((await api.call("GET", "/readyz")).status, 200)
  })
})

describe("runs", () => {
  it("goes on behind a 202, is followed to its end, and every item comes exactly once after a break", async () => {
    const { api, place, post } = await world()
    await control(place, "faults", { kind: "latency", ms: 20, match: { method: "POST" } })
    const begun = await post("runs", form(people(300)), { prefer: "wait=0" })
    assert.strictEqual(begun.status, 202, begun.text)
    const id = runIdOf(begun)
    assert.strictEqual(begun.headers.get("location"), `/v1/connections/acme/runs/${id}`)
    const first = await listen(api.base, api.admin, id, "0", 40)
    assert.isFalse(first.isEnd)
    const second = await listen(api.base, api.admin, id, first.last)
    assert.strictEqual(second.statuses.at(-1), "Completed")
    const all = [...first.positions, ...second.positions].toSorted((a, b) => a - b)
    assert.deepStrictEqual(
      all,
      Array.from({ length: 300 }, (_, index) => index)
    )
    const whole = await listen(api.base, api.admin, id)
    assert.lengthOf(whole.positions, 300)
    const { json } = await api.call("GET", `/v1/connections/acme/runs/${id}/items?state=done&limit=200`)
    assert.lengthOf([json["items"]].flat(), 200)
    const next = await api.call(
      "GET",
      `/v1/connections/acme/runs/${id}/items?state=done&limit=200&cursor=${String(json["nextCursor"])}`
    )
    assert.lengthOf([next.json["items"]].flat(), 100)
    assert.isNull(next.json["nextCursor"])
  }, 60_000)

  it("waits for a decision, goes on when it is allowed, ends when it is rejected", async () => {
    const { api, post } = await world()
    assert.strictEqual((await post("runs", form(people(30)))).status, 200)
    const held = await post("runs", form(people(5)))
    assert.strictEqual(at(held.json, "report", "run", "status", "_tag"), "Waiting", held.text)
    const path = `/v1/connections/acme/runs/${runIdOf(held)}`
    const second = await post("runs", form(people(4)))
    assert.strictEqual(second.json["reason"], "runUnfinished", second.text)
    assert.strictEqual((await api.call("POST", `${path}/allow`, { body: { note: "" } })).status, 400)
    const allowed = await api.call("POST", `${path}/allow`, { body: { note: "closed" } })
    assert.strictEqual(at(allowed.json, "run", "status", "_tag"), "Completed", allowed.text)
    assert.include(allowed.text, "key test")
    const other = await post("runs", form(people(30)))
    assert.strictEqual(at(other.json, "report", "run", "status", "_tag"), "Completed", other.text)
    const more = await post("runs", form(people(2)))
    const rejected = await api.call("POST", `/v1/connections/acme/runs/${runIdOf(more)}/reject`, {
      body: { note: "a mistake" }
    })
    assert.strictEqual(at(rejected.json, "run", "status", "_tag"), "Rejected", rejected.text)
    const list = await api.call("GET", "/v1/connections/acme/runs?limit=2")
    assert.lengthOf([list.json["items"]].flat(), 2)
    const rest = await api.call("GET", `/v1/connections/acme/runs?limit=200&cursor=${String(list.json["nextCursor"])}`)
    assert.lengthOf([rest.json["items"]].flat(), 2)
  }, 60_000)

  it("pauses, resumes, cancels, retries and undoes", async () => {
    const { api, place, post } = await world()
    await control(place, "faults", { kind: "latency", ms: 100, match: { method: "POST" } })
    const id = runIdOf(await post("runs", form(people(400)), { prefer: "wait=0" }))
    const path = `/v1/connections/acme/runs/${id}`
    const paused = await api.call("POST", `${path}/pause`)
    assert.strictEqual(at(paused.json, "run", "status", "_tag"), "Paused", paused.text)
    assert.include(paused.text, "paused by key test")
    // It stands still where it counts, too: nothing reaches the server any more, and some of it was not sent.
    const held = await madeAt(place)
    assert.isBelow(held, 5 + 400)
    await new Promise((resolve) => setTimeout(resolve, 1000))
    assert.strictEqual(await madeAt(place), held)
    const resumed = await api.call("POST", `${path}/resume`, { headers: { prefer: "respond-async" } })
    assert.strictEqual(resumed.status, 202)
    assert.strictEqual(at(resumed.json, "run", "status", "_tag"), "Running", resumed.text)
    while ((await madeAt(place)) === held);
    const cancelled = await api.call("POST", `${path}/cancel`)
    assert.strictEqual(at(cancelled.json, "run", "status", "_tag"), "Cancelled", cancelled.text)
    assert.strictEqual((await api.call("POST", `${path}/cancel`)).status, 409)
    await control(place, "faults", {}, "DELETE")
    const retried = await api.call("POST", `${path}/retry`, { body: {}, headers: { prefer: "wait=60" } })
    assert.strictEqual(at(retried.json, "report", "run", "status", "_tag"), "Completed", retried.text)
    const policy = { losses: { count: 1000, percent: 100 } }
    const undone = await api.call("POST", `/v1/connections/acme/runs/${runIdOf(retried)}/undo`, {
      body: { policy },
      headers: { prefer: "wait=60" }
    })
    assert.strictEqual(at(undone.json, "report", "run", "kind"), "undo", undone.text)
    assert.strictEqual(at(undone.json, "report", "run", "status", "_tag"), "Completed", undone.text)
  }, 90_000)

  it("begins one run for one Idempotency-Key, and provisions one person", async () => {
    const { api, post } = await world()
    const headers = { "idempotency-key": "run-1" }
    const first = await post("runs", form(people(2)), headers)
    const second = await post("runs", form(people(2)), headers)
    assert.strictEqual(second.headers.get("idempotency-replayed"), "true")
    assert.strictEqual(runIdOf(second), runIdOf(first))
    assert.strictEqual(second.headers.get("location"), first.headers.get("location"))
    const one = await post("runs", form(people(9), { kind: "provision", person: "person9@acme.com" }))
    assert.strictEqual(at(one.json, "report", "run", "kind"), "provision", one.text)
    const nobody = await post("runs", form(people(9), { kind: "provision", person: "x@acme.com" }))
    assert.strictEqual(nobody.status, 422, nobody.text)
    const changed = await post("runs", form(people(10), { kind: "incremental" }))
    assert.strictEqual(changed.status, 200, changed.text)
    const { json } = await api.call("GET", "/v1/connections/acme/runs?unfinished=true")
    assert.lengthOf([json["items"]].flat(), 0)
  }, 60_000)

  it("shows nothing of a run or plan to a key of another connection, nor under another connection", async () => {
    const { api, post } = await world()
    await api.call("POST", "/v1/connections", { body: { name: "Beta" } })
    const id = runIdOf(await post("runs", form(people(2))))
    const plan = String((await post("plans", form(people(2)))).json["id"])
    const { whole } = await api.makeKey([{ verb: "admin", connection: ConnectionId.make("beta") }])
    for (const rest of [`runs/${id}`, `runs/${id}/items`, `runs/${id}/events`, `plans/${plan}`, `plans/${plan}/file`]) {
      assert.strictEqual((await api.call("GET", `/v1/connections/acme/${rest}`, { key: whole })).status, 404, rest)
      assert.strictEqual((await api.call("GET", `/v1/connections/beta/${rest}`, { key: whole })).status, 404, rest)
    }
    for (const verb of ["pause", "resume", "cancel"]) {
      const answer = await api.call("POST", `/v1/connections/beta/runs/${id}/${verb}`, { key: whole })
      assert.strictEqual(answer.status, 404, verb)
    }
  })

  it("stops cleanly with the server, goes on with the next, and a listener goes on across it", async () => {
    const { api, place, post, serve } = await world()
    await control(place, "faults", { kind: "latency", ms: 50, match: { method: "POST" } })
    const id = runIdOf(await post("runs", form(people(500)), { prefer: "wait=0" }))
    const first = await listen(api.base, api.admin, id, "0", 20)
    await Effect.runPromise(Context.get(api.context, Readiness).stop)
    await api.close()
    const next = await serve()
    const second = await listen(next.base, next.admin, id, first.last)
    assert.strictEqual(second.statuses.at(-1), "Completed")
    const all = [...first.positions, ...second.positions].toSorted((a, b) => a - b)
    assert.deepStrictEqual(
      all,
      Array.from({ length: 500 }, (_, index) => index)
    )
  }, 90_000)
})
