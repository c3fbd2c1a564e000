/** How many jobs go on at once: who comes when there is no room is told so, and leaves nothing behind. */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { JournalFailure } from "@loom-scim/core/ports/Journal"
import { Jobs } from "@loom-scim/core/ports/Jobs"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { Context, Deferred, Effect, Layer, Option } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { request } from "node:http"
import { Background } from "../src/Background.ts"
import { closeAll, start, temporary } from "./support/api.ts"
import type { Answer, Api } from "./support/api.ts"
import { at, connect, control, form, people, runIdOf, sandbox, upload } from "./support/reconcile.ts"

afterEach(closeAll)

const [acme, beta] = [ConnectionId.make("acme"), ConnectionId.make("beta")]
const plans = "/v1/connections/acme/plans"
const runs = "/v1/connections/acme/runs"
const prefer = { prefer: "respond-async" }
const json = { "content-type": "application/json" }

const post = ({ admin, base }: Api, key: string) =>
  upload(base, admin, plans, form(people(3)), { ...prefer, "idempotency-key": key })

const refused = ({ headers, json, status, text }: Answer) => {
  assert.strictEqual(status, 429, text)
  assert.strictEqual(json["type"], "urn:loom-scim:problem:too-many-requests")
  assert.strictEqual(headers.get("retry-after"), "10")
  assert.match(String(json["detail"]), /jobs of acme .*\(1\); nothing was begun/)
  assert.match(String(json["next"]), /Send the same again in 10 s/)
}

/** The status of an upload of which nothing but the headers comes. */
const unsent = ({ admin, base }: Api, path: string, more: Readonly<Record<string, string>> = {}): Promise<number> =>
  new Promise((resolve, reject) => {
    const headers = {
      ...more,
      authorization: `Bearer ${admin}`,
      "content-type": "multipart/form-data; boundary=x",
      "content-length": "100000000"
    }
    const sent = request(`${base}${path}`, { method: "POST", headers }, (response) => {
      resolve(response.statusCode ?? 0)
      sent.destroy()
    })
    sent.on("error", reject).flushHeaders()
  })

/** A plan that is kept, as a file too, and a run that is over. */
const earlier = async (api: Api) => {
  const run = runIdOf(await upload(api.base, api.admin, runs, form(people(3)), { prefer: "wait=60" }))
  const plan = await upload(api.base, api.admin, plans, form(people(4)))
  const file = new FormData()
  file.set("plan", new Blob([(await api.call("GET", `${plan.headers.get("location")}/file`)).text]), "plan.json")
  return { run, plan: String(plan.json["id"]), file }
}

/** Asks until it is so. */
const until = async (isSo: () => Promise<boolean>): Promise<void> => {
  for (let turns = 0; turns < 200; turns++) {
    if (await isSo()) return
    await Effect.runPromise(Effect.sleep(25))
  }
  throw new Error("it does not come to that")
}

describe("as many jobs of a connection as may go on at once", () => {
  it("leave no room for another, which is refused before it is read, kept nowhere, and may come again", async () => {
    const place = await sandbox()
    const directory = temporary()
    const dnsServers = [`${place.dns.host}:${place.dns.port}`]
    const lab = { directory, allowPrivateNetwork: true, dnsServers, rate: 10_000, connectionJobLimit: 1 }
    const api = await start(lab)
    await connect(api.call, place)
    const { plan, run } = await earlier(api)
    await control(place, "faults", { kind: "latency", ms: 60_000, match: { method: "GET" } })
    // Some of them are refused before they are read, some only when they have come.
    const keys = ["one", "two", "three", "four"]
    const answers = await Promise.all(keys.map((key) => post(api, key)))
    const late = keys.filter((_, index) => answers[index]?.status !== 202)
    assert.lengthOf(late, 3)
    for (const answer of answers) if (answer.status !== 202) refused(answer)
    for (const path of [plans, runs]) {
      assert.strictEqual(await unsent(api, path, prefer), 429, path)
      assert.strictEqual(await unsent(api, path), 429, path)
    }
    assert.strictEqual(await unsent(api, "/v1/connections/acme/provision"), 429)
    assert.strictEqual(await unsent(api, `${plans}/file`), 429)
    refused(await api.call("GET", `${plans}/${plan}/drift`))
    refused(await api.call("POST", runs, { body: { plan } }))
    for (const again of ["retry", "undo"].map((name) => `${runs}/${run}/${name}`)) {
      refused(await api.call("GET", again))
      refused(await api.call("POST", again, { body: {} }))
    }
    // What asks for no more than a row has no need of a place.
    for (const path of [`${plans}/${plan}`, `${plans}/${plan}/file`, `${runs}/${run}`, `${runs}/${run}/items`]) {
      assert.strictEqual((await api.call("GET", path)).status, 200, path)
    }
    for (const headers of [{ ...prefer, "idempotency-key": "five" }, {}]) {
      refused(await api.call("POST", "/v1/connections/acme/checks", { headers }))
      refused(await api.call("POST", "/v1/connections/acme/doctor", { headers, body: {} }))
    }
    // Of an examination that was refused there is nothing left.
    assert.strictEqual((await api.call("GET", "/v1/connections/acme/doctor")).status, 404)
    const sql = Context.get(api.context, SqlClient)
    assert.lengthOf(await Effect.runPromise(sql.unsafe("SELECT id FROM jobs")), 1)
    assert.lengthOf(await Effect.runPromise(sql.unsafe("SELECT id FROM runs")), 1)
    await api.close()
    await control(place, "faults", null, "DELETE")
    const again = await start(lab)
    for (const key of late) {
      const { headers, status, text } = await post(again, key)
      assert.strictEqual(status, 202, text)
      const job = headers.get("location") ?? ""
      while (at((await again.call("GET", job)).json, "status") === "running") await Effect.runPromise(Effect.sleep(20))
    }
  }, 60_000)
})

describe("what a caller waits for", () => {
  it("has its place among the jobs while it goes on, however it ends", async () => {
    const place = await sandbox()
    const dnsServers = [`${place.dns.host}:${place.dns.port}`]
    const lab = { directory: temporary(), allowPrivateNetwork: true, dnsServers, rate: 10_000 }
    const api = await start({ ...lab, connectionJobLimit: 1 })
    await connect(api.call, place)
    const [checks, doctor] = ["/v1/connections/acme/checks", "/v1/connections/acme/doctor"]
    // Refused in any case: for want of a place before it is read, else for what is in it.
    const isFull = async () => {
      const { status, text } = await upload(api.base, api.admin, plans, form(people(3), { adopt: "perhaps" }))
      assert.include([422, 429], status, text)
      return status === 429
    }
    const authorization = `Bearer ${api.admin}`
    const { file, plan, run } = await earlier(api)
    const one = form(people(3), { kind: "provision", person: "person1@acme.com" })
    const works = [
      { path: plans, body: form(people(3)) },
      { path: runs, body: form(people(3)) },
      { path: "/v1/connections/acme/provision", body: one },
      { path: checks },
      { path: `${plans}/file`, body: file },
      { path: `${plans}/${plan}/drift`, method: "GET" },
      { path: runs, body: JSON.stringify({ plan }), headers: json },
      { path: `${runs}/${run}/undo`, method: "GET" },
      { path: `${runs}/${run}/undo`, body: "{}", headers: json }
    ]
    await control(place, "faults", { kind: "latency", ms: 60_000 })
    for (const { headers = {}, method = "POST", path, ...sent } of works) {
      const leaving = new AbortController()
      const asked = { ...sent, method, headers: { ...headers, authorization }, signal: leaving.signal }
      const left = fetch(`${api.base}${path}`, asked).catch(() => null)
      await until(isFull)
      refused(await api.call("POST", checks))
      refused(await api.call("POST", doctor, { body: {} }))
      leaving.abort()
      await left
      await until(async () => !(await isFull()))
    }
    await control(place, "faults", null, "DELETE")
    for (let turns = 0; turns < 3; turns++) {
      const answers = [
        await upload(api.base, api.admin, plans, form(people(3))),
        await api.call("POST", checks),
        await api.call("POST", doctor, { body: {} }),
        await upload(api.base, api.admin, runs, form(people(3)))
      ]
      assert.deepStrictEqual(
        answers.map(({ status }) => status),
        [201, 200, 200, 200]
      )
    }
    await control(place, "faults", { kind: "latency", ms: 60_000 })
    const { headers: job, status, text } = await api.call("POST", doctor, { body: {}, headers: prefer })
    assert.strictEqual(status, 202, text)
    assert.match(String(job.get("location")), /^\/v1\/connections\/acme\/jobs\/j/)
    assert.isTrue(await isFull(), "an examination has its place, too")
    refused(await api.call("POST", checks, { headers: prefer }))
  }, 60_000)
})

/** The jobs of a server whose store fails when it is told to. */
const server = (limits: { readonly connectionJobLimit: number; readonly jobLimit: number }) => {
  const store = { isAway: false }
  const away = new JournalFailure({ reason: "unavailable", detail: "away", next: "" })
  const jobs = Jobs.of({
    keep: () => (store.isAway ? Effect.fail(away) : Effect.void),
    find: () => Effect.succeed(Option.none()),
    prune: () => Effect.void
  })
  return { store, layer: Background.layer(limits).pipe(Layer.provide(Layer.succeed(Jobs, jobs))) }
}

const by = { name: "key ci", face: "api" } as const

describe("room for jobs", () => {
  it("is one server's, whatever the connections, and is there again however a job ends", async () => {
    const { layer, store } = server({ connectionJobLimit: 2, jobLimit: 3 })
    await Effect.gen(function* () {
      const { begin, room } = yield* Background
      const tries = (connection: ConnectionId, work: Effect.Effect<string>) =>
        Effect.map(
          Effect.result(
            begin(
              connection,
              "plan",
              by,
              Effect.map(Effect.interruptible(work), (result) => ({ result }))
            )
          ),
          ({ _tag }) => _tag
        )
      const gate = yield* Deferred.make<string>()
      const wait = Deferred.await(gate)
      const first = yield* Effect.all([acme, acme, acme, beta, beta].map((connection) => tries(connection, wait)))
      assert.deepStrictEqual(first, ["Success", "Success", "Failure", "Success", "Failure"])
      const full = yield* Effect.flip(room(beta))
      assert.include(full.detail, "this server carries out at once (3)")
      yield* Deferred.succeed(gate, "/done")
      yield* Effect.sleep(0)
      for (const work of [Effect.succeed("/done"), Effect.die(new Error("broken")), Effect.interrupt]) {
        for (let turns = 0; turns < 4; turns++) {
          assert.strictEqual(yield* tries(acme, work), "Success")
          yield* Effect.sleep(0)
        }
      }
      const claimed = Effect.fail("claimed" as const)
      for (let turns = 0; turns < 4; turns++) {
        assert.strictEqual(yield* Effect.flip(begin(acme, "doctor", by, Effect.never, claimed)), "claimed")
      }
      store.isAway = true
      for (let turns = 0; turns < 4; turns++) assert.strictEqual(yield* tries(acme, wait), "Failure")
      store.isAway = false
      assert.strictEqual(yield* tries(acme, wait), "Success")
    }).pipe(Effect.provide(layer), Effect.runPromise)
  })
})
