import { standard } from "../../src/scim/Profile.ts"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Stream } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import * as Operations from "../../src/operations/Operation.ts"
import { find } from "../../src/operations/Reference.ts"
import type { JsonObject } from "../../src/scim/Json.ts"
import * as ScimClient from "../../src/scim/ScimClient.ts"
import { enterpriseUserUrn } from "../../src/scim/Schemas.ts"
import { BridgeUrl } from "../../src/setup/BridgeUrl.ts"

const base = BridgeUrl.make("https://scim.acme.com/v2")

interface Request {
  readonly method: string
  readonly path: string
  readonly body: string
  readonly ifMatch: string | undefined
}

/** A client whose server is a function. */
const clientOver = (serve: (request: Request) => readonly [status: number, body: unknown]) => {
  const seen: Array<Request> = []
  const http = HttpClient.make((request, url) =>
    Effect.gen(function* () {
      const parts = request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""
      const body =
        request.body._tag === "Stream" ? yield* Stream.mkString(Stream.decodeText(request.body.stream)) : parts
      const ifMatch = request.headers["if-match"]
      const asked = { method: request.method, path: `${url.pathname}${url.search}`, body, ifMatch }
      seen.push(asked)
      const [status, answer] = serve(asked)
      const text = answer === null ? null : JSON.stringify(answer)
      const headers = { "content-type": "application/scim+json" }
      return HttpClientResponse.fromWeb(request, new Response(text, { status, headers }))
    }).pipe(Effect.orDie)
  )
  return Effect.map(
    ScimClient.make({ baseUrl: base, token: Redacted.make("tok_unit-0123456789") }).pipe(
      Effect.provideService(HttpClient.HttpClient, http)
    ),
    (client) => ({ client, seen })
  )
}

const list = (...Resources: ReadonlyArray<JsonObject>) => ({ totalResults: Resources.length, Resources })

describe("operations as data", () => {
  it("show what a server with a profile of its own is sent", () => {
    const behaviour = { ...standard, patchOp: "capitalised", maxMembers: 2, createMembers: false } as const
    const created = Operations.show(Operations.createGroup("Team", ["a", "b", "c"]), base, behaviour)
    assert.deepStrictEqual(
      created.map(({ method, url }) => `${method} ${url}`),
      [
        "POST https://scim.acme.com/v2/Groups",
        "PATCH https://scim.acme.com/v2/Groups/{id}",
        "PATCH https://scim.acme.com/v2/Groups/{id}"
      ]
    )
    assert.notProperty(created[0]?.body, "members")
    assert.deepStrictEqual(created[2]?.body?.["Operations"], [{ op: "Add", path: "members", value: [{ value: "c" }] }])
    const removed = Operations.removeMembers("g", ["a"])
    assert.deepStrictEqual(
      Operations.show(removed, base, { ...standard, memberRemoval: "valueList" })[0]?.body?.["Operations"],
      [{ op: "remove", path: "members", value: [{ value: "a" }] }]
    )
  })
  it("show exactly what is sent, and ids are encoded", () => {
    const [shown, ...others] = Operations.show(Operations.setActive("a/b@c", false), base)
    assert.isEmpty(others)
    assert.strictEqual(shown?.url, "https://scim.acme.com/v2/Users/a%2Fb%40c")
    assert.deepStrictEqual(shown?.body, {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
      Operations: [{ op: "replace", path: "active", value: false }]
    })
  })

  it("a new user has what Loom asks for: lower-case name, address, active, role in the extension", () => {
    const operation = Operations.createUser({ userName: "Ada@Acme.com", role: "creator" })
    assert.strictEqual(operation._tag, "Create")
    if (operation._tag !== "Create") return
    assert.include(operation.resource, { userName: "ada@acme.com", active: true })
    assert.deepStrictEqual(operation.resource[enterpriseUserUrn], { loomMemberRole: "creator" })
    assert.deepStrictEqual(operation.resource["emails"], [{ value: "Ada@Acme.com", type: "work", primary: true }])
  })

  it("members are removed by the RFC's filter, with quotes escaped", () => {
    const operation = Operations.removeMembers("g", ['x"y'])
    assert.deepStrictEqual(Operations.show(operation, base)[0]?.body?.["Operations"], [
      { op: "remove", path: 'members[value eq "x\\"y"]' }
    ])
  })
})

describe("carrying out", () => {
  it.effect("doubts a success that the answer contradicts", () =>
    Effect.gen(function* () {
      const { client } = yield* clientOver(() => [200, { id: "1", active: "True" }])
      const outcome = yield* Operations.execute(client, Operations.setActive("1", false))
      assert.include(outcome.doubt, "still says active: True")
    })
  )

  it.effect("reads members back, since servers drop them silently", () =>
    Effect.gen(function* () {
      const { client, seen } = yield* clientOver(({ method }) =>
        method === "PATCH" ? [204, null] : [200, { id: "g", members: [{ value: "a" }] }]
      )
      const outcome = yield* Operations.execute(client, Operations.addMembers("g", ["a", "b"]))
      assert.include(outcome.doubt, "dropped 1 member(s): b")
      assert.deepStrictEqual(
        seen.map(({ method }) => method),
        ["PATCH", "GET"]
      )
      const kept = yield* Operations.execute(client, Operations.addMembers("g", ["a"]))
      assert.isNull(kept.doubt)
    })
  )

  it.effect("reads back whether somebody is deactivated when the answer does not tell", () =>
    Effect.gen(function* () {
      const { client } = yield* clientOver(({ method }) =>
        method === "PATCH" ? [204, null] : [200, { id: "1", active: true }]
      )
      const outcome = yield* Operations.execute(client, Operations.setActive("1", false))
      assert.strictEqual(outcome.doubt, "the server still says active: true")
    })
  )

  it.effect("tells when the role was not taken", () =>
    Effect.gen(function* () {
      const { client } = yield* clientOver(({ method }) => (method === "PATCH" ? [204, null] : [200, { id: "1" }]))
      const outcome = yield* Operations.execute(client, Operations.setRole("1", "admin"))
      assert.include(outcome.doubt, "mapped in WorkOS")
    })
  )

  it.effect("replaces under the version that is named, and doubts what the server made of it", () =>
    Effect.gen(function* () {
      const { client, seen } = yield* clientOver(({ method }) =>
        method === "PUT" ? [204, null] : [200, { id: "g", displayName: "Team", members: [{ value: "a" }] }]
      )
      const resource = { displayName: "Team", members: [{ value: "a" }, { value: "b" }] }
      const operation: Operations.Operation = { _tag: "Replace", endpoint: "Groups", id: "g", resource }
      const [shown] = Operations.show(operation, base)
      assert.deepStrictEqual(shown, { method: "PUT", url: `${base}/Groups/g`, body: resource })
      const outcome = yield* Operations.execute(client, operation, { version: '"7"' })
      const put = seen.find(({ method }) => method === "PUT")
      assert.deepStrictEqual(JSON.parse(put?.body ?? ""), resource)
      assert.strictEqual(put?.ifMatch, '"7"')
      assert.strictEqual(outcome.doubt, "the server dropped 1 member(s): b")
    })
  )

  it.effect("doubts a replacement whose role or deactivation was not taken", () =>
    Effect.gen(function* () {
      const { client } = yield* clientOver(() => [200, { id: "1", userName: "ada", active: true }])
      const replaced = (resource: JsonObject) =>
        Operations.execute(client, { _tag: "Replace", endpoint: "Users", id: "1", resource })
      assert.include((yield* replaced({ userName: "ada", active: false })).doubt, "still says active: true")
      const role = { userName: "ada", active: true, [enterpriseUserUrn]: { loomMemberRole: "admin" } }
      assert.include((yield* replaced(role)).doubt, "did not take the role")
      assert.isNull((yield* replaced({ userName: "ada", active: true })).doubt)
    })
  )
})

describe("references", () => {
  const ada = { id: "1", userName: "ada@acme.com", emails: [{ value: "Countess@acme.com" }] }
  const eve = { id: "2", userName: "eve@acme.com" }

  it.effect("a server that ignores the filter does not make us take the first row", () =>
    Effect.gen(function* () {
      const { client } = yield* clientOver(({ path }) =>
        path.includes("?") ? [200, list(eve, ada)] : [404, { status: "404" }]
      )
      assert.strictEqual((yield* find(client, "Users", "ADA@acme.com"))["id"], "1")
      const error = yield* Effect.flip(find(client, "Users", "nobody@acme.com"))
      assert.strictEqual(error._tag, "NotIdentified")
    })
  )

  it.effect("finds by e-mail address and by id, and does not guess between two", () =>
    Effect.gen(function* () {
      const { client } = yield* clientOver(({ path }) =>
        path.endsWith("/Users/2")
          ? [200, eve]
          : path.includes("?")
            ? [200, list(ada, eve, { ...ada, id: "3", userName: "other@acme.com" })]
            : [404, { status: "404" }]
      )
      assert.strictEqual((yield* find(client, "Users", "2"))["userName"], "eve@acme.com")
      const error = yield* Effect.flip(find(client, "Users", "countess@acme.com"))
      assert.include(error.message, "fits 2 of them")
    })
  )
})
