import { ExecutionAbortedSDKError } from "@nangohq/runner-sdk"
import { assert, beforeEach, describe, it } from "vitest"
import { harness } from "./support/harness.ts"

const at = await harness({ users: 1 })

beforeEach(at.reset)

const thrown = (run: Promise<unknown>): Promise<unknown> =>
  run.then(
    () => assert.fail("it was to throw"),
    (error: unknown) => error
  )

describe("a function", () => {
  it("ends with Nango's own error when it is stopped, and sends nothing more", async () => {
    const nango = at.runner("get-service-provider-config")
    nango.beforeProxy = () => {
      nango.abortSignal = AbortSignal.abort()
    }
    const error = await thrown(at.action("get-service-provider-config", {}, nango))
    assert.instanceOf(error, ExecutionAbortedSDKError)
    assert.lengthOf(at.connection.calls, 0)
  })

  it("takes the token out of what a server says, wherever it stands", async () => {
    await at.fault({ kind: "status", status: 403, detail: `the key ${at.connection.token} may not do this` })
    const { failure } = await at.action("list-schemas", {})
    assert.deepInclude(failure, { type: "forbidden", detail: "the key (the token) may not do this" })
  })

  for (const [fault, told] of [
    [
      { kind: "status", status: 500 },
      { type: "server_fault", status: 500 }
    ],
    [{ kind: "reset" }, { type: "transport", outcome: "unreachable", sent: "maybe" }]
  ] as const) {
    it(`sends a change once when the server fails on it (${fault.kind})`, async () => {
      await at.fault({ ...fault, match: { method: "PATCH" } })
      const { failure } = await at.action("update-scim-user", { id: "one", displayName: "Ada" })
      assert.deepInclude(failure, told)
      assert.lengthOf(at.connection.calls, 1)
    })
  }

  it("reports a connection that points nowhere, with what to do", async () => {
    const nango = at.runner("list-schemas")
    nango.getConnection = async () => ({ ...(await at.runner("list-schemas").getConnection()), connection_config: {} })
    const { failure } = await at.action("list-schemas", {}, nango)
    assert.deepInclude(failure, { type: "shape_refused", reason: "empty" })
    assert.include(String(failure?.["next"]), "scimEndpoint")
  })

  it("speaks to the server as the profile in the metadata says, and goes on without one that is not understood", async () => {
    const { items }: { items: ReadonlyArray<{ id: string }> } = Object((await at.action("list-scim-users", {})).output)
    const input = { userId: items[0]?.id, operations: [{ op: "replace", path: "title", value: "Dr" }] }
    const behaviour = {
      patchOp: "capitalised",
      pathless: true,
      memberRemoval: "eachFilter",
      clearMembers: true,
      maxOperations: null,
      maxMembers: null,
      memberDisplay: false,
      createMembers: true,
      trustTotals: false,
      conditions: true,
      bulk: false,
      tokenScheme: "Bearer"
    }
    const opOf = async (loomScim: unknown) => {
      at.connection.metadata = { loomScim }
      await at.action("patch-scim-user", input)
      const sent = at.connection.calls.findLast(({ method }) => method === "PATCH")
      const { Operations }: { Operations: ReadonlyArray<{ op: string }> } = Object(sent?.data)
      return Operations[0]?.op
    }
    assert.strictEqual(await opOf({ profile: { claims: null, behaviour, quirks: {} } }), "Replace")
    assert.strictEqual(await opOf({ profile: "of another version" }), "replace")
  })
})
