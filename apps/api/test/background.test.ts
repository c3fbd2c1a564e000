/** What goes on behind a 202: asked about at its place, on whichever server, and honest about how it ended. */
import { afterEach, assert, describe, it } from "@effect/vitest"
import type { KeptJob } from "@loom-scim/core/ports/Jobs"
import { JobId, Jobs } from "@loom-scim/core/ports/Jobs"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { Context, DateTime, Effect } from "effect"
import { readdirSync, readlinkSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { closeAll, start, temporary } from "./support/api.ts"
import type { Answer, Api } from "./support/api.ts"
import { isPostgres, onPostgres } from "./support/databases.ts"
import { at, connect, control, form, people, sandbox, until, upload } from "./support/reconcile.ts"

afterEach(closeAll)

const prefer = { prefer: "respond-async" }
const headers = { ...prefer, "idempotency-key": "9f6b1c1e-5d7a-4a44-8a5e-0e5f0f2e7c11" }
const plans = "/v1/connections/acme/plans"
const runs = "/v1/connections/acme/runs"

const world = async () => {
  const place = await sandbox()
  const directory = temporary()
  const dnsServers = [`${place.dns.host}:${place.dns.port}`]
  const serve = () => start({ directory, allowPrivateNetwork: true, dnsServers, rate: 10_000 })
  const api = await serve()
  await connect(api.call, place)
  return { api, place, serve }
}

const post = ({ admin, base }: Api, body: FormData, more: Readonly<Record<string, string>> = {}) =>
  upload(base, admin, plans, body, { ...headers, ...more })

const placeOf = ({ headers, status, text }: Answer): string => {
  assert.strictEqual(status, 202, text)
  assert.strictEqual(headers.get("preference-applied"), "respond-async")
  const place = headers.get("location") ?? ""
  assert.match(place, /^\/v1\/connections\/acme\/jobs\/j\d{8}-\d{6}-[a-z0-9]{6}$/)
  return place
}

/** How many uploaded sources this process keeps; they have no names, so only Linux tells. */
const sourcesOpen = (): number =>
  process.platform !== "linux"
    ? 0
    : readdirSync("/proc/self/fd").filter((fd) => {
        try {
          return /\/loom-scim-[0-9a-f-]{36} \(deleted\)$/.test(readlinkSync(`/proc/self/fd/${fd}`))
        } catch {
          return false
        }
      }).length

/** Asks until it is over. */
const ended = async (api: Api, place: string): Promise<Answer> => {
  for (let turns = 0; turns < 600; turns++) {
    const answer = await api.call("GET", place)
    if (answer.json["status"] !== "running") return answer
    await sleep(50)
  }
  throw new Error(`${place} does not end`)
}

describe("Prefer: respond-async", () => {
  it("has a plan made in the background, once, and says where it is", async () => {
    const { api } = await world()
    const begun = await post(api, form(people(3)))
    const place = placeOf(begun)
    assert.strictEqual(begun.json["status"], "running")
    const again = await post(api, form(people(3)))
    const whole = await (again.status === 409 ? ended(api, place).then(() => post(api, form(people(3)))) : again)
    assert.strictEqual(placeOf(whole), place)
    assert.strictEqual(whole.headers.get("idempotency-replayed"), "true")
    const { json } = await ended(api, place)
    assert.deepStrictEqual([json["kind"], json["status"], json["problem"]], ["plan", "done", null])
    const made = await api.call("GET", String(json["result"]))
    assert.strictEqual(at(made.json, "counts", "Create"), 3, made.text)
    // The source goes with the job, not with the process.
    assert.strictEqual(sourcesOpen(), 0)
  })

  it("says at once what is wrong with an upload, and later what the server did not do", async () => {
    const { api, place } = await world()
    const wrong = form(people(3))
    wrong.set("mapping", new Blob(["attributes: ["]), "mapping.yaml")
    assert.strictEqual((await post(api, wrong)).status, 422)
    await control(place, "faults", { kind: "status", status: 403, match: { method: "GET" } })
    const { json } = await ended(api, placeOf(await post(api, form(people(3)))))
    assert.deepStrictEqual([json["status"], json["result"]], ["failed", null])
    assert.strictEqual(at(json, "problem", "type"), "urn:loom-scim:problem:scim-server", JSON.stringify(json))
    assert.isNotEmpty(at(json, "problem", "next"))
  })

  it("says after a restart that the server stopped, and what to do", async () => {
    const { api, place, serve } = await world()
    await control(place, "faults", { kind: "latency", ms: 60_000, match: { method: "GET" } })
    const job = placeOf(await post(api, form(people(3))))
    await api.close()
    const { json } = await (await serve()).call("GET", job)
    assert.strictEqual(json["status"], "interrupted")
    assert.strictEqual(at(json, "problem", "type"), "urn:loom-scim:problem:not-ready")
    assert.match(String(at(json, "problem", "next")), /Send it again/)
  })

  it("takes one without a sign of life for interrupted, and shows none of another connection", async () => {
    const { api } = await world()
    const jobs = Context.get(api.context, Jobs)
    const now = DateTime.nowUnsafe()
    const job = (id: string, minutes: number, connection: string): KeptJob => ({
      id: JobId.make(id),
      connectionId: ConnectionId.make(connection),
      kind: "plan",
      status: "running",
      begunAt: DateTime.subtract(now, { hours: 1 }),
      endedAt: null,
      seenAt: DateTime.subtract(now, { minutes }),
      by: "key ci",
      result: null,
      problem: null
    })
    const ids = ["j20261124-193000-aaaaaa", "j20261124-193000-bbbbbb", "j20261124-193000-cccccc"] as const
    await Effect.runPromise(
      Effect.all([jobs.keep(job(ids[0], 0, "acme")), jobs.keep(job(ids[1], 5, "acme")), jobs.keep(job(ids[2], 0, "b"))])
    )
    const [alive, dead, foreign] = await Promise.all(
      ids.map((id) => api.call("GET", `/v1/connections/acme/jobs/${id}`))
    )
    assert.strictEqual(alive?.json["status"], "running")
    assert.strictEqual(dead?.json["status"], "interrupted")
    assert.strictEqual(foreign?.status, 404)
  })

  it("has a connection checked in the background", async () => {
    const { api } = await world()
    const answer = await api.call("POST", "/v1/connections/acme/checks", { headers: { prefer: "respond-async" } })
    const { json } = await ended(api, placeOf(answer))
    assert.deepStrictEqual([json["kind"], json["status"]], ["checks", "done"])
    const seen = await api.call("GET", String(json["result"]))
    assert.isArray(seen.json["results"], seen.text)
    const unknown = await api.call("POST", "/v1/connections/none/checks", { headers: { prefer: "respond-async" } })
    assert.strictEqual(unknown.status, 404)
  })

  it("is told by a run of a kept plan that goes on, too", async () => {
    const { api, place } = await world()
    const plan = String((await upload(api.base, api.admin, plans, form(people(20)))).json["id"])
    await control(place, "faults", { kind: "latency", ms: 50, match: { method: "POST" } })
    const run = await api.call("POST", runs, { body: { plan }, headers })
    assert.deepStrictEqual([run.status, run.headers.get("preference-applied")], [202, "respond-async"], run.text)
    assert.match(String(run.headers.get("location")), /^\/v1\/connections\/acme\/runs\/\d{8}-/)
  })
})

const begin = ({ admin, base }: Api, body: FormData, more: Readonly<Record<string, string>> = {}) =>
  upload(base, admin, runs, body, more)

const ofRuns = async ({ call }: Api): Promise<number> => [(await call("GET", runs)).json["items"]].flat().length

describe("a run of an upload with Prefer: respond-async", () => {
  it("is a job as soon as the upload has come, begins once it is planned, and is where the job says", async () => {
    const { api, place } = await world()
    await control(place, "faults", { kind: "latency", ms: 1500, match: { method: "GET" } })
    // The last record has no address, so it makes nobody.
    const source = `${people(3)}4,,Last4\n`
    const job = placeOf(await begin(api, form(source), headers))
    await sleep(300)
    assert.strictEqual(await ofRuns(api), 0, "it is planned first")
    assert.strictEqual((await api.call("GET", job)).json["status"], "running")
    await control(place, "faults", null, "DELETE")
    const { json, text } = await ended(api, job)
    assert.deepStrictEqual([json["kind"], json["status"], json["problem"]], ["run", "done", null], text)
    assert.strictEqual(at(json, "remarks", "problemCount"), 1, text)
    const id = /\/runs\/([^/]+)$/.exec(String(json["result"]))?.[1] ?? ""
    const { json: run } = await until(api.call, id, "Completed")
    assert.strictEqual(at(run, "run", "kind"), "reconcile")
    assert.strictEqual(sourcesOpen(), 0)
    const again = await begin(api, form(source), headers)
    assert.strictEqual(placeOf(again), job)
    assert.strictEqual(again.headers.get("idempotency-replayed"), "true")
    assert.strictEqual(await ofRuns(api), 1)
    const nothing = await ended(api, placeOf(await begin(api, form(people(3)), prefer)))
    assert.deepStrictEqual([nothing.json["status"], nothing.json["result"]], ["done", null], nothing.text)
  }, 60_000)

  it("ends with what the request would have been refused with, and begins nothing", async () => {
    const { api, place } = await world()
    const same = async (body: () => FormData, status: number) => {
      const { instance, ...problem } = (await begin(api, body())).json
      assert.isString(instance)
      assert.strictEqual(problem["status"], status, JSON.stringify(problem))
      const { json } = await ended(api, placeOf(await begin(api, body(), prefer)))
      assert.deepStrictEqual([json["status"], json["result"]], ["failed", null])
      assert.deepStrictEqual(json["problem"], problem)
    }
    await same(() => form(people(3), { kind: "provision", person: "x@acme.com" }), 422)
    await same(() => form(people(3), { seen: "another" }), 409)
    const wrong = form(people(3))
    wrong.set("mapping", new Blob(["attributes: ["]), "mapping.yaml")
    assert.strictEqual((await begin(api, wrong, prefer)).status, 422)
    await control(place, "faults", { kind: "status", status: 403, match: { method: "GET" } })
    await same(() => form(people(3)), 502)
    assert.strictEqual(await ofRuns(api), 0)
    assert.strictEqual(sourcesOpen(), 0)
  }, 60_000)

  it("is not begun when the server stops before it is planned, and says so", async () => {
    const { api, place, serve } = await world()
    await control(place, "faults", { kind: "latency", ms: 60_000, match: { method: "GET" } })
    const job = placeOf(await begin(api, form(people(3)), prefer))
    await api.close()
    const again = await serve()
    const { json } = await again.call("GET", job)
    assert.strictEqual(json["status"], "interrupted")
    assert.strictEqual(at(json, "problem", "type"), "urn:loom-scim:problem:not-ready")
    assert.strictEqual(await ofRuns(again), 0)
  }, 60_000)
})

describe.runIf(isPostgres)("a job on two servers that share a PostgreSQL", () => {
  it("is found through the other", async () => {
    await onPostgres()
    const { api, serve } = await world()
    const other = await serve()
    const place = placeOf(await post(api, form(people(3))))
    assert.strictEqual((await ended(other, place)).json["status"], "done")
  })
})
