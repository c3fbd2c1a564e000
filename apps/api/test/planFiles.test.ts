/** Plans that come as files, one person on demand, and what is remembered of plans that were kept: over a real socket. */
import { afterEach, assert, describe, it } from "@effect/vitest"
import type { Action } from "@loom-scim/core/provisioning/Action"
import * as PlanFile from "@loom-scim/core/provisioning/PlanFile"
import { Predicate, Result } from "effect"
import { closeAll, start, temporary } from "./support/api.ts"
import { at, connect, control, form, people, runIdOf, sandbox, upload } from "./support/reconcile.ts"

afterEach(closeAll)

const world = async () => {
  const place = await sandbox()
  const api = await start({
    directory: temporary(),
    allowPrivateNetwork: true,
    dnsServers: [`${place.dns.host}:${place.dns.port}`],
    rate: 10_000
  })
  await connect(api.call, place)
  const post = (path: string, body: FormData, headers?: Readonly<Record<string, string>>) =>
    upload(api.base, api.admin, `/v1/connections/acme/${path}`, body, headers)
  /** The text of a plan that a source makes. */
  const planned = async (source: string, more: Readonly<Record<string, string>> = {}) => {
    const made = await post("plans", form(source, more))
    assert.strictEqual(made.status, 201, made.text)
    return (await api.call("GET", `${made.headers.get("location")}/file`)).text
  }
  /** What the SCIM server was asked by this, by method and endpoint. */
  const asking = async <A>(what: () => Promise<A>) => {
    await control(place, "requests", {}, "DELETE")
    const result = await what()
    const log: unknown = await (await fetch(`${place.controlUrl}/requests`)).json()
    const requests = at(log, "requests")
    assert.isArray(requests)
    const told = [requests].flat(2).map((request) => {
      const path = String(at(request, "path"))
      const [, endpoint = ""] = /\/(Users|Groups)/.exec(path) ?? []
      return `${String(at(request, "method"))} ${endpoint}`
    })
    return { result, told }
  }
  return { place, api, post, planned, asking }
}

const planForm = (text: string, name = "plan"): FormData => {
  const parts = new FormData()
  parts.set(name, new Blob([text], { type: "application/json" }), "plan.json")
  return parts
}

/** The same file with other actions, and a fingerprint that fits them. */
const forged = (text: string, change: (action: Action) => Action, more: Partial<PlanFile.PlanFile> = {}): string => {
  const file = Result.getOrThrow(PlanFile.fromJson(text))
  const actions = file.plan.actions.map(change)
  return PlanFile.toJson(PlanFile.sealed({ ...file, ...more, plan: { ...file.plan, actions } }))
}

describe("a plan that was saved", () => {
  it("is kept, carried out, and refused with what moved once it did", async () => {
    const { api, planned, post } = await world()
    const text = await planned(people(3))
    const headers = { "idempotency-key": "take-1" }
    const taken = await post("plans/file", planForm(text), headers)
    assert.strictEqual(taken.status, 201, taken.text)
    assert.deepStrictEqual(at(taken.json, "moved"), [])
    assert.isNull(at(taken.json, "plan", "remarks"))
    assert.strictEqual(at(taken.json, "plan", "judgement", "_tag"), "Clear")
    const path = `/v1/connections/acme/plans/${String(at(taken.json, "plan", "id"))}`
    assert.strictEqual(taken.headers.get("location"), path)
    assert.strictEqual((await api.call("GET", `${path}/file`)).text, text)
    const again = await post("plans/file", planForm(text), headers)
    assert.strictEqual(again.headers.get("idempotency-replayed"), "true")
    assert.strictEqual(again.text, taken.text)
    const run = await api.call("POST", "/v1/connections/acme/runs", { body: { plan: at(taken.json, "plan", "id") } })
    assert.strictEqual(at(run.json, "report", "run", "status", "_tag"), "Completed", run.text)
    const moved = await post("plans/file", planForm(text))
    assert.strictEqual(moved.status, 200, moved.text)
    assert.isNull(at(moved.json, "plan"))
    assert.include(moved.text, '"kind":"appeared"')
    assert.lengthOf([at(moved.json, "moved")].flat(), 3)
  }, 60_000)

  it("says in short who is left to something else, and by what its policy protects nobody", async () => {
    const { api, post } = await world()
    const stranger = "person3@acme.com"
    const user = { schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"], userName: stranger, active: true }
    assert.strictEqual((await api.call("POST", "/v1/connections/acme/users", { body: user })).status, 200)
    const policy = 'protectedPeople: ["2", typo@acme.com]\nprotectedGroups: []'
    const made = await post("plans", form(people(3), { policy }))
    assert.deepStrictEqual(at(made.json, "skipped", "notAdopted"), 1, made.text)
    assert.deepStrictEqual(at(made.json, "notAdopted"), [stranger])
    assert.deepStrictEqual(at(made.json, "unmatched"), [{ field: "protectedPeople", name: "typo@acme.com" }])
    const misspelt = await post("plans", form(people(3), { policy: 'protectedFilter: userTyp eq "Founder"' }))
    assert.strictEqual(misspelt.status, 422, misspelt.text)
    assert.include(misspelt.text, "users have no attribute userTyp")
  }, 60_000)

  it("is judged by what the server has: people, admins and verified domains are not the file's to say", async () => {
    const { planned, post } = await world()
    assert.strictEqual((await post("runs", form(people(30)))).status, 200)
    const leaving = await planned(people(5))
    const boast = (text: string): string => {
      const file = Result.getOrThrow(PlanFile.fromJson(text))
      const census = { ...file.plan.census, managed: 100_000 }
      const losses = { count: null, percent: 10 }
      const policy = { ...file.policy, losses }
      return PlanFile.toJson(PlanFile.sealed({ ...file, policy, plan: { ...file.plan, census } }))
    }
    const held = await post("plans/file", planForm(boast(leaving)))
    assert.strictEqual(held.status, 201, held.text)
    assert.strictEqual(at(held.json, "plan", "judgement", "_tag"), "Held", held.text)
    assert.strictEqual(at(held.json, "plan", "census", "managed"), 30)
    const outside = await planned(people(31).replace("person31@acme.com", "person31@elsewhere.test"))
    const file = Result.getOrThrow(PlanFile.fromJson(outside))
    const silent = PlanFile.toJson(PlanFile.sealed({ ...file, policy: { ...file.policy, domains: null } }))
    const judged = await post("plans/file", planForm(silent))
    assert.include(judged.text, "OutsideDomains")
  }, 60_000)

  it("touches nobody who is not ours, and is not taken edited, for another connection, or in another form", async () => {
    const { api, place, planned, post } = await world()
    assert.strictEqual((await post("runs", form(people(4)))).status, 200)
    const text = await planned(people(3))
    const { json } = await api.call("GET", '/v1/connections/acme/users?filter=userName co "ada"')
    const stranger = [at(json, "items")].flat(2)[0]
    const label = String(at(stranger, "userName"))
    const onStranger = forged(text, (action) =>
      action._tag === "Deactivate" ? { ...action, id: String(at(stranger, "id")), label } : action
    )
    // Its basis is that of another; it is drift before it is anything else.
    assert.include((await post("plans/file", planForm(onStranger))).text, '"kind":"changed"')
    const other = forged(text, (action) =>
      action._tag === "Deactivate" ? { ...action, label: "ceo@acme.com" } : action
    )
    const refused = await post("plans/file", planForm(other))
    assert.strictEqual(refused.status, 409, refused.text)
    assert.strictEqual(refused.json["reason"], "PlanFileRefused")
    assert.include(refused.text, "has another user name")
    const edited = text.replace('"active":false', '"active":true').replace('"value":false', '"value":true')
    assert.notStrictEqual(edited, text)
    assert.include((await post("plans/file", planForm(edited))).text, "was changed after it was saved")
    assert.strictEqual((await post("plans/file", planForm("{"))).status, 409)
    assert.strictEqual((await post("plans/file", planForm(text, "source"))).json["reason"], "parts")
    assert.strictEqual((await post("plans/file", new FormData())).status, 422)
    await connect(api.call, place, "Beta")
    const elsewhere = await upload(api.base, api.admin, "/v1/connections/beta/plans/file", planForm(text))
    assert.strictEqual(elsewhere.status, 409, elsewhere.text)
    assert.include(elsewhere.text, "made for the connection acme")
  }, 60_000)
})

describe("one person", () => {
  it("is shown with every decision and request, and provisioned only as they were shown", async () => {
    const { api, asking, post } = await world()
    const who = { kind: "provision", person: "person2@acme.com" }
    const { result: shown, told } = await asking(() => post("provision", form(people(3), who)))
    assert.strictEqual(shown.status, 200, shown.text)
    assert.isTrue(told.every((request) => request.startsWith("GET ")))
    assert.strictEqual(at(shown.json, "plan", "counts", "Create"), 1)
    const trace = [at(shown.json, "traces")].flat(2)[0]
    assert.deepStrictEqual(at(trace, "steps", "0"), { path: "externalId", what: "field id", value: "2" })
    assert.strictEqual(at(trace, "mapped", "person", "userName"), "person2@acme.com")
    assert.include(shown.text, '"method":"POST"')
    assert.notInclude(shown.text, "tok_")
    const seen = String(at(shown.json, "fingerprint"))
    const moved = await post("runs", form(people(3).replace("Last2", "Other"), { ...who, seen }))
    assert.strictEqual(moved.status, 409, moved.text)
    assert.strictEqual(moved.json["reason"], "moved")
    assert.lengthOf([(await api.call("GET", "/v1/connections/acme/runs")).json["items"]].flat(), 0)
    const run = await post("runs", form(people(3), { ...who, seen }))
    assert.strictEqual(at(run.json, "report", "run", "status", "_tag"), "Completed", run.text)
    const { json } = await api.call("GET", `/v1/connections/acme/runs/${runIdOf(run)}/items`)
    assert.lengthOf([json["items"]].flat(), 1)
    const nobody = await post("provision", form(people(3), { ...who, person: "x@acme.com" }))
    assert.strictEqual(nobody.json["reason"], "NotOnePerson", nobody.text)
    assert.strictEqual((await post("provision", form(people(3)))).json["reason"], "person")
  }, 60_000)
})

describe("a run of a kept plan", () => {
  const kept = async (post: (path: string, body: FormData) => Promise<{ readonly json: unknown }>, count: number) => {
    const made = await post("plans", form(people(count)))
    return at(made.json, "id")
  }

  it("leaves behind what was sent: whoever stays the same costs nothing afterwards", async () => {
    const { api, asking, post } = await world()
    const begin = async (plan: unknown) => api.call("POST", "/v1/connections/acme/runs", { body: { plan } })
    const first = await begin(await kept(post, 20))
    assert.strictEqual(at(first.json, "report", "run", "status", "_tag"), "Completed", first.text)
    const incremental = () => post("runs", form(people(20), { kind: "incremental" }))
    const idle = await asking(incremental)
    assert.isNull(at(idle.result.json, "report"), idle.result.text)
    assert.deepStrictEqual(idle.told, [])
    const full = await asking(async () => begin(await kept(post, 20)))
    assert.isNull(at(full.result.json, "report"), full.result.text)
    assert.deepStrictEqual([...new Set(full.told)], ["GET Users"])
    assert.deepStrictEqual((await asking(incremental)).told, [])
  }, 60_000)

  it("does not believe what was planned before another run", async () => {
    const { api, asking, post } = await world()
    assert.strictEqual((await post("runs", form(people(20)))).status, 200)
    const early = await kept(post, 21)
    const titled = `${people(20).trimEnd().replace("Last1\n", "Other\n")}\n`
    assert.strictEqual((await post("runs", form(titled))).status, 200)
    const run = await api.call("POST", "/v1/connections/acme/runs", { body: { plan: early } })
    assert.strictEqual(at(run.json, "report", "run", "status", "_tag"), "Completed", run.text)
    const back = await asking(() => post("runs", form(people(21), { kind: "incremental" })))
    assert.isTrue(Predicate.isNotNull(at(back.result.json, "report")), "who was changed in between is put right")
    assert.include(back.told, "PATCH Users")
  }, 60_000)
})
