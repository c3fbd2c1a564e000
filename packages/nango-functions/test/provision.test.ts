import { assert, beforeEach, describe, it } from "vitest"
import { failsWell } from "./support/failures.ts"
import { harness } from "./support/harness.ts"

const at = await harness()
const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

beforeEach(at.reset)

let count = 0
const someone = () => {
  count++
  return {
    externalId: `key-${count}`,
    email: `person-${count}@example.com`,
    givenName: "Ada",
    familyName: `No ${count}`
  }
}

const made = async (body: Readonly<Record<string, unknown>>): Promise<string> =>
  String((await at.scim("POST", "/Users", { active: true, ...body }))["id"])

/** Somebody for whom nothing that fails changes anything. */
const steady = await made({ userName: "steady@example.com", [enterprise]: { loomMemberRole: "viewer" } })

const methods = () => at.connection.calls.map(({ method }) => method)
const writes = () => methods().filter((method) => method !== "GET")
const userOf = (id: string) => at.scim("GET", `/Users/${id}`)

describe("provision-user", () => {
  it("creates somebody, and does nothing when called again", async () => {
    const person = { ...someone(), role: "Creator", attributes: { title: "Countess" } }
    const first = await at.action("provision-user", person)
    const { id, outcome } = Object(first.output)
    assert.strictEqual(outcome, "created")
    const user = await userOf(String(id))
    assert.deepInclude(user, { externalId: person.externalId, userName: person.email, active: true, title: "Countess" })
    assert.deepInclude(Object(user[enterprise]), { loomMemberRole: "creator" })
    at.connection.calls.length = 0
    const second = await at.action("provision-user", person)
    assert.deepStrictEqual(second.output, { id, outcome: "unchanged", changes: [] })
    assert.deepStrictEqual(writes(), [])
  })

  it("takes over who has the user name in any case, and no external id", async () => {
    const person = someone()
    const id = await made({ userName: person.email.toUpperCase(), emails: [{ value: person.email, primary: true }] })
    const { output } = await at.action("provision-user", person)
    assert.deepInclude(output, { id, outcome: "adopted" })
    assert.deepInclude(await userOf(id), { externalId: person.externalId })
    assert.deepStrictEqual(writes(), ["PATCH"])
  })

  it("takes over who has the primary address, and leaves alone who has it as another", async () => {
    const person = someone()
    const id = await made({ userName: `old-${person.email}`, emails: [{ value: person.email, primary: true }] })
    const { output } = await at.action("provision-user", person)
    assert.deepInclude(output, { id, outcome: "adopted" })
    const other = someone()
    const shared = await made({
      userName: `old-${other.email}`,
      emails: [{ value: `old-${other.email}`, primary: true }, { value: other.email }]
    })
    const { failure } = await at.action("provision-user", other)
    assert.deepInclude(failure, { type: "conflict", existingId: shared })
    assert.notProperty(await userOf(shared), "externalId")
  })

  it("lets somebody in again", async () => {
    const person = someone()
    const id = await made({ externalId: person.externalId, userName: person.email, active: false })
    const { output } = await at.action("provision-user", person)
    assert.deepInclude(output, { id, outcome: "reactivated" })
    assert.deepInclude(await userOf(id), { active: true })
  })

  it("knows by the external id who has another name and address by now", async () => {
    const person = someone()
    const id = await made({ externalId: person.externalId, userName: `old-${person.email}` })
    const { output } = await at.action("provision-user", person)
    assert.deepInclude(output, { id, outcome: "updated" })
    assert.deepInclude(await userOf(id), { userName: person.email })
  })

  it("guesses nobody", async () => {
    const person = someone()
    const ids = [
      await made({ externalId: person.externalId, userName: `first-${person.email}` }),
      await made({ userName: person.email })
    ]
    const { failure } = await at.action("provision-user", person)
    assert.deepInclude(failure, { type: "ambiguous" })
    assert.sameMembers([...Object(failure?.["ids"])], ids)
    assert.deepStrictEqual(writes(), [])
  })

  it("takes over who has another external id only when told to", async () => {
    const person = someone()
    const id = await made({ externalId: "of-something-else", userName: person.email })
    const { failure } = await at.action("provision-user", person)
    assert.deepInclude(failure, { type: "ambiguous", ids: [id] })
    assert.include(String(failure?.["next"]), 'adopt "any"')
    const { output } = await at.action("provision-user", { ...person, adopt: "any" })
    assert.deepInclude(output, { id, outcome: "adopted" })
  })

  it("refuses to take the role of the last admin away", async () => {
    const person = someone()
    const id = await made({
      externalId: person.externalId,
      userName: person.email,
      [enterprise]: { loomMemberRole: "admin" }
    })
    const { failure } = await at.action("provision-user", { ...person, role: "viewer" })
    assert.deepInclude(failure, { type: "held_by_policy", reasons: ["LastAdmin"] })
    await at.scim("DELETE", `/Users/${id}`)
  })

  it("refuses what is no attribute, before anything is sent", async () => {
    const { failure } = await at.action("provision-user", { ...someone(), attributes: { "name[": "x" } })
    assert.deepInclude(failure, { type: "ambiguous" })
    assert.deepStrictEqual(writes(), [])
    const blank = await at.action("provision-user", { ...someone(), userName: "  " })
    assert.deepInclude(blank.failure, { type: "invalid_input" })
    const missing = await at.action("provision-user", { email: "a@example.com" })
    assert.deepInclude(missing.failure, { type: "invalid_input" })
  })

  it("creates nobody twice when the answer is lost", async () => {
    const person = someone()
    // The server does it, and the connection breaks on the way back.
    const nango = at.runner("provision-user")
    let isBroken = false
    const { proxy } = nango
    nango.proxy = async (config) => {
      const answer = await proxy.call(nango, config)
      if (config.method !== "POST" || isBroken) return Object(answer)
      isBroken = true
      throw Object.assign(new Error("socket hang up"), { isAxiosError: true, code: "ECONNRESET" })
    }
    const { output } = await at.action("provision-user", person, nango)
    assert.deepInclude(output, { outcome: "created" })
    assert.deepStrictEqual(writes(), ["POST"])
    const { totalResults } = await at.scim("GET", `/Users?filter=externalId eq "${person.externalId}"`)
    assert.strictEqual(totalResults, 1)
  })

  it("ends as asked when something else creates them at the same moment", async () => {
    const person = someone()
    const nango = at.runner("provision-user")
    const { proxy } = nango
    nango.proxy = async (config) => {
      if (config.method === "POST")
        await made({ externalId: person.externalId, userName: person.email, title: "Other" })
      return Object(await proxy.call(nango, config))
    }
    const { output } = await at.action("provision-user", { ...person, attributes: { title: "Mine" } }, nango)
    assert.deepInclude(output, { outcome: "updated" })
    assert.deepInclude(await userOf(String(Object(output).id)), { title: "Mine" })
  })

  it("does once what failed between two requests", async () => {
    const person = someone()
    await at.fault({ kind: "status", status: 403, match: { method: "POST" }, times: 1 })
    const first = await at.action("provision-user", person)
    assert.deepInclude(first.failure, { type: "forbidden" })
    const second = await at.action("provision-user", person)
    assert.deepInclude(second.output, { outcome: "created" })
    const third = await at.action("provision-user", person)
    assert.deepInclude(third.output, { outcome: "unchanged" })
    assert.deepStrictEqual(writes(), ["POST", "POST"])
  })

  it("waits when it is not told how long", async () => {
    await at.fault({ kind: "rateLimit", retryAfter: "none", times: 1, match: { method: "POST" } })
    const { output } = await at.action("provision-user", someone())
    assert.deepInclude(output, { outcome: "created" })
    assert.deepStrictEqual(writes(), ["POST", "POST"])
  })

  failsWell(at, "provision-user", someone)
  failsWell(at, "provision-user", someone, { method: "POST" })
})

describe("deprovision-user", () => {
  const setup = (deprovisioning: string) => ({
    loomScimSetup: { connection: "acme", bridgeUrl: "https://scim.example.com/scim", deprovisioning }
  })

  it("deactivates by the policy that the set-up left, and does nothing when called again", async () => {
    at.connection.metadata = setup("deactivate")
    const person = someone()
    const id = await made({ externalId: person.externalId, userName: person.email })
    const first = await at.action("deprovision-user", { externalId: person.externalId })
    assert.deepInclude(first.output, { id, outcome: "deactivated" })
    assert.deepInclude(await userOf(id), { active: false })
    at.connection.calls.length = 0
    const second = await at.action("deprovision-user", { externalId: person.externalId })
    assert.deepStrictEqual(second.output, { id, outcome: "unchanged", changes: [] })
    assert.deepStrictEqual(writes(), [])
  })

  it("deletes by the policy that the set-up left, and does nothing when called again", async () => {
    at.connection.metadata = setup("delete")
    const { email } = someone()
    const id = await made({ userName: email, emails: [{ value: email, primary: true }] })
    const first = await at.action("deprovision-user", { email })
    assert.deepStrictEqual(first.output, { id, outcome: "deleted", changes: [] })
    for (const again of [{ email }, { id }, { userName: email }, { externalId: "nobody" }]) {
      at.connection.calls.length = 0
      const { output } = await at.action("deprovision-user", again)
      assert.deepStrictEqual(output, { id: null, outcome: "absent", changes: [] })
      assert.deepStrictEqual(writes(), [])
    }
  })

  it("does not take somebody for gone whose server is", async () => {
    await at.fault({ kind: "status", status: 404 })
    const { failure } = await at.action("deprovision-user", { id: steady, policy: "delete" })
    assert.deepInclude(failure, { type: "not_found" })
    await at.reset()
    await at.fault({ kind: "lyingTotal", total: 50 })
    const { failure: unsure } = await at.action("deprovision-user", { externalId: "nobody", policy: "delete" })
    assert.deepInclude(unsure, { type: "list_incomplete" })
  })

  it("takes the policy that is given, and none that nobody gave", async () => {
    const { email } = someone()
    const id = await made({ userName: email })
    const { failure } = await at.action("deprovision-user", { id })
    assert.deepInclude(failure, { type: "policy_missing" })
    assert.lengthOf(at.connection.calls, 0)
    at.connection.metadata = setup("delete")
    const { output } = await at.action("deprovision-user", { id, policy: "deactivate" })
    assert.deepInclude(output, { id, outcome: "deactivated" })
  })

  it("refuses the last admin, and lets one of two go", async () => {
    const admin = async () => made({ userName: someone().email, [enterprise]: { loomMemberRole: "admin" } })
    const [first, second] = [await admin(), await admin()]
    const one = await at.action("deprovision-user", { id: first, policy: "delete" })
    assert.deepInclude(one.output, { outcome: "deleted" })
    const other = await at.action("deprovision-user", { id: second, policy: "deactivate" })
    assert.deepInclude(other.failure, { type: "held_by_policy", reasons: ["LastAdmin"] })
    assert.include(String(other.failure?.["next"]), "set-role")
    assert.deepInclude(await userOf(second), { active: true })
    await at.scim("DELETE", `/Users/${second}`)
  })

  it("refuses whom the metadata protects, and metadata that cannot be read", async () => {
    const { email } = someone()
    const id = await made({ userName: email })
    at.connection.metadata = { loomScimPolicy: { protectedPeople: [email.toUpperCase()] } }
    const named = await at.action("deprovision-user", { id, policy: "deactivate" })
    assert.deepInclude(named.failure, { type: "held_by_policy", reasons: ["ProtectedPeople"] })
    at.connection.metadata = { loomScimPolicy: { protectedPeople: email } }
    const wrong = await at.action("deprovision-user", { id, policy: "deactivate" })
    assert.deepInclude(wrong.failure, { type: "policy_refused" })
    assert.deepStrictEqual(writes(), [])
  })

  it("guesses nobody", async () => {
    const [one, other] = [someone(), someone()]
    const ids = [
      await made({ externalId: one.externalId, userName: one.email }),
      await made({ externalId: other.externalId, userName: other.email })
    ]
    const two = await at.action("deprovision-user", {
      externalId: one.externalId,
      userName: other.email,
      policy: "delete"
    })
    assert.deepInclude(two.failure, { type: "ambiguous" })
    assert.sameMembers([...Object(two.failure?.["ids"])], ids)
    const stranger = await at.action("deprovision-user", {
      externalId: "of-nobody",
      userName: other.email,
      policy: "delete"
    })
    assert.deepInclude(stranger.failure, { type: "ambiguous", ids: [ids[1]] })
    const nobody = await at.action("deprovision-user", { policy: "delete" })
    assert.deepInclude(nobody.failure, { type: "invalid_input" })
    assert.deepStrictEqual(writes(), [])
  })

  it("takes who is gone by the time of the request for gone", async () => {
    const id = await made({ userName: someone().email })
    const nango = at.runner("deprovision-user")
    const { proxy } = nango
    nango.proxy = async (config) => {
      if (config.method === "DELETE") await at.scim("DELETE", `/Users/${id}`)
      return Object(await proxy.call(nango, config))
    }
    const { output } = await at.action("deprovision-user", { id, policy: "delete" }, nango)
    assert.deepStrictEqual(output, { id, outcome: "absent", changes: [] })
  })

  it("says that it was not taken when the server only says yes", async () => {
    const { email } = someone()
    const id = await made({ userName: email })
    const nango = at.runner("deprovision-user")
    const { proxy } = nango
    nango.proxy = async (config) =>
      Object(config.method === "PATCH" ? { status: 204, headers: {}, data: "" } : await proxy.call(nango, config))
    const { failure } = await at.action("deprovision-user", { id, policy: "deactivate" }, nango)
    assert.deepInclude(failure, { type: "not_taken", id })
    assert.include(String(failure?.["message"]), "active: true")
  })

  it("does once what failed between two requests", async () => {
    const { email } = someone()
    const id = await made({ userName: email })
    const asked = { userName: email, policy: "deactivate" }
    await at.fault({ kind: "status", status: 403, match: { method: "PATCH" }, times: 1 })
    assert.deepInclude((await at.action("deprovision-user", asked)).failure, { type: "forbidden" })
    assert.deepInclude((await at.action("deprovision-user", asked)).output, { id, outcome: "deactivated" })
    assert.deepInclude((await at.action("deprovision-user", asked)).output, { id, outcome: "unchanged" })
    assert.deepStrictEqual(writes(), ["PATCH", "PATCH"])
  })

  failsWell(at, "deprovision-user", () => ({ externalId: "nobody", policy: "delete" }))
  failsWell(at, "deprovision-user", () => ({ id: steady, policy: "deactivate" }), { method: "PATCH" })
})

describe("set-role", () => {
  it("gives a role and nothing else, once", async () => {
    const { email } = someone()
    const id = await made({ userName: email, [enterprise]: { loomMemberRole: "viewer", department: "Design" } })
    const first = await at.action("set-role", { userName: email, role: "Creator" })
    const path = `${enterprise}:loomMemberRole`
    const changes = [{ path, before: "viewer", after: "creator" }]
    assert.deepStrictEqual(first.output, { id, outcome: "updated", changes })
    const user = await userOf(id)
    assert.deepInclude(Object(user[enterprise]), { loomMemberRole: "creator", department: "Design" })
    assert.notProperty(user, "externalId")
    at.connection.calls.length = 0
    const second = await at.action("set-role", { id, role: "creator" })
    assert.deepStrictEqual(second.output, { id, outcome: "unchanged", changes: [] })
    assert.deepStrictEqual(writes(), [])
  })

  it("keeps the last admin, and tells who is nobody", async () => {
    const id = await made({ userName: someone().email, [enterprise]: { loomMemberRole: "admin" } })
    const { failure } = await at.action("set-role", { id, role: "Viewer" })
    assert.deepInclude(failure, { type: "held_by_policy", reasons: ["LastAdmin"] })
    const nobody = await at.action("set-role", { userName: "nobody@example.com", role: "Viewer" })
    assert.deepInclude(nobody.failure, { type: "no_such_user" })
    assert.deepStrictEqual(writes(), [])
    const wrong = await at.action("set-role", { id, role: "Owner" })
    assert.deepInclude(wrong.failure, { type: "invalid_input" })
  })

  it("says that a role was not taken", async () => {
    const id = await made({ userName: someone().email, [enterprise]: { loomMemberRole: "viewer" } })
    const nango = at.runner("set-role")
    const { proxy } = nango
    nango.proxy = async (config) =>
      Object(config.method === "PATCH" ? { status: 204, headers: {}, data: "" } : await proxy.call(nango, config))
    const { failure } = await at.action("set-role", { id, role: "Creator" }, nango)
    assert.deepInclude(failure, { type: "not_taken", id })
    assert.include(String(failure?.["message"]), "role")
  })

  failsWell(at, "set-role", () => ({ userName: "nobody@example.com", role: "viewer" }))
  failsWell(at, "set-role", () => ({ id: steady, role: "creator" }), { method: "PATCH" })
})
