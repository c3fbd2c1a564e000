/** ETag and If-Match: a change is made to the version one has seen, or not at all. */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import { Context, Effect } from "effect"
import { Expected } from "../src/Precondition.ts"
import { closeAll, start } from "./support/api.ts"

afterEach(closeAll)

const path = "/v1/connections/acme/setup/commands"
const attest = (prerequisite: string) => ({ _tag: "AttestPrerequisite", prerequisite })

describe("versions", () => {
  it("stand in the ETag, and grow with each change", async () => {
    const api = await start()
    const begun = await api.call("POST", "/v1/connections", { body: { name: "Acme" } })
    assert.strictEqual(begun.headers.get("etag"), '"1"')
    const changed = await api.call("POST", path, {
      body: attest("samlSso"),
      headers: { "if-match": '"1"' }
    })
    assert.strictEqual(changed.status, 200, changed.text)
    assert.strictEqual(changed.headers.get("etag"), '"2"')
    for (const where of ["", "/setup", "/credentials"]) {
      assert.strictEqual((await api.call("GET", `/v1/connections/acme${where}`)).headers.get("etag"), '"2"')
    }
  })

  it("of another moment are refused with 412, on every kind of change", async () => {
    const api = await start()
    await api.call("POST", "/v1/connections", { body: { name: "Acme" } })
    const headers = { "if-match": '"7"' }
    const answers = await Promise.all([
      api.call("POST", path, { body: attest("samlSso"), headers }),
      api.call("POST", "/v1/connections/acme/setup/tasks/samlSso", { body: { _tag: "Confirm" }, headers }),
      api.call("PUT", "/v1/connections/acme/credentials/token", { body: { token: "tok_0123456789" }, headers }),
      api.call("DELETE", "/v1/connections/acme", { headers })
    ])
    for (const { json, status } of answers) {
      assert.strictEqual(status, 412)
      assert.strictEqual(json["type"], "urn:loom-scim:problem:precondition-failed")
    }
    assert.strictEqual((await api.call("GET", "/v1/connections/acme")).json["sequence"], 1)
  })

  it("let one of many win who saw the same version at the same time", async () => {
    const api = await start()
    await api.call("POST", "/v1/connections", { body: { name: "Acme" } })
    const send = (_: unknown, index: number) =>
      api.call("POST", path, {
        body: attest(index % 2 === 0 ? "samlSso" : "enterprisePlan"),
        headers: { "if-match": '"1"' }
      })
    const statuses = (await Promise.all(Array.from({ length: 10 }, send))).map(({ status }) => status)
    assert.deepStrictEqual(statuses.toSorted(), [200, ...Array.from({ length: 9 }, () => 412)])
    assert.strictEqual((await api.call("GET", "/v1/connections/acme")).json["sequence"], 2)
  })

  it("have one form", async () => {
    const api = await start()
    await api.call("POST", "/v1/connections", { body: { name: "Acme" } })
    for (const tag of ["1", 'W/"1"', '"one"']) {
      const { status } = await api.call("POST", path, { body: attest("samlSso"), headers: { "if-match": tag } })
      assert.strictEqual(status, 400, tag)
    }
  })

  it("are compared once more where the event is written, for who slips in between", async () => {
    const api = await start()
    await api.call("POST", "/v1/connections", { body: { name: "Acme" } })
    const actor = { name: "a test", face: "api" } as const
    const submit = Context.get(api.context, SetupService).submit(
      ConnectionId.make("acme"),
      { _tag: "AttestPrerequisite", prerequisite: "samlSso" },
      actor
    )
    const late = await Effect.runPromise(Effect.flip(Effect.provideService(submit, Expected, 0)))
    assert.strictEqual(late._tag, "SequenceConflict")
    const inTime = await Effect.runPromise(Effect.provideService(submit, Expected, 1))
    assert.strictEqual(inTime.state.sequence, 2)
  })
})
