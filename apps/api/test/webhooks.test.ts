/** Webhooks over the API: receivers are on real sockets, signatures are checked by the specification's own library. */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { Context, Effect, Exit, Redacted, Scope } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import type { Received } from "../../../packages/platform-node/test/webhooks/receiver.ts"
import * as Receiver from "../../../packages/platform-node/test/webhooks/receiver.ts"
import * as FakeResolver from "../../../packages/platform-node/test/http/fakeResolver.ts"
import type { Answer, Api } from "./support/api.ts"
import { closeAll, closing, start } from "./support/api.ts"
import { at } from "./support/reconcile.ts"

afterEach(closeAll)

/** Answers with one status after the other, and with the last one from then on. */
const receiving = async (...statuses: ReadonlyArray<number>) => {
  const scope = Scope.makeUnsafe()
  closing(() => Effect.runPromise(Scope.close(scope, Exit.void)))
  const received: Array<Received> = []
  const listening = Receiver.receiver((response, one) => {
    received.push(one)
    response.writeHead(statuses[received.length - 1] ?? statuses.at(-1) ?? 204).end("words of the receiver")
  })
  const { url } = await Effect.runPromise(Scope.provide(listening, scope))
  return { received, url }
}

/** A server that may reach this machine, with the connection acme. */
const lab = async (): Promise<Api> => {
  const api = await start({ allowPrivateNetwork: true, rate: 10_000 })
  assert.strictEqual((await api.call("POST", "/v1/connections", { body: { name: "Acme" } })).status, 201)
  return api
}

const events = ["setup.step_completed", "connection.removed"]

/** Makes a webhook; its id and its secret. */
const made = async (api: Api, url: string, connectionId: string | null = "acme") => {
  const answer = await api.call("POST", "/v1/webhooks", { body: { url, connectionId, events } })
  assert.strictEqual(answer.status, 201, answer.text)
  return { id: String(answer.json["id"]), secret: Redacted.make(String(answer.json["secret"])) }
}

/** Completes the first step of acme, which is told. */
const happen = async (api: Api): Promise<void> => {
  for (const prerequisite of ["enterprisePlan", "samlSso"]) {
    const body = { _tag: "AttestPrerequisite", prerequisite }
    const answer = await api.call("POST", "/v1/connections/acme/setup/commands", { body })
    assert.strictEqual(answer.status, 200, answer.text)
  }
}

/** Asks until it is so; the time limit of the test ends it otherwise. */
const until = async <A>(look: () => A | Promise<A>, isSo: (seen: A) => boolean): Promise<A> => {
  for (;;) {
    const seen = await look()
    if (isSo(seen)) return seen
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const log = async (api: Api, id: string) => {
  const { json } = await api.call("GET", `/v1/webhooks/${id}/deliveries`)
  return [json["items"]].flat().map((item) => ({ id: String(at(item, "id")), state: at(item, "state") }))
}

/** How the attempts of a delivery ended. */
const statusesOf = ({ json }: Answer) => [json["attempts"]].flat().map((attempt) => at(attempt, "status"))

/** As if the time of every wait had passed. */
const hurry = (api: Api) =>
  Effect.runPromise(
    Context.get(api.context, SqlClient)`UPDATE webhook_deliveries SET next_at = created_at WHERE next_at IS NOT NULL`
  )

describe("a webhook", () => {
  it("is told what happens, signed with a secret that is shown once and nowhere else", async () => {
    const { received, url } = await receiving(204)
    const api = await lab()
    const body = { url, connectionId: "acme", events, description: "people on call" }
    const headers = { "idempotency-key": "once" }
    const first = await api.call("POST", "/v1/webhooks", { body, headers })
    const again = await api.call("POST", "/v1/webhooks", { body, headers })
    assert.deepStrictEqual(again.json, { ...first.json, secret: null })
    const [id, secret] = [String(first.json["id"]), String(first.json["secret"])]

    await happen(api)
    const [told] = await until(
      () => received,
      ({ length }) => length > 0
    )
    assert(told !== undefined)
    const event = Receiver.verify(Redacted.make(secret), told)
    assert.deepInclude(event, {
      type: "setup.step_completed",
      data: { connectionId: "acme", step: "prerequisites" }
    })
    assert.throws(() => Receiver.verify(Redacted.make(secret), { ...told, body: `${told.body} ` }))

    await until(
      () => log(api, id),
      ([one]) => one?.state === "delivered"
    )
    const one = await api.call("GET", `/v1/webhooks/${id}/deliveries/${told.id}`)
    assert.deepStrictEqual(statusesOf(one), [204])
    assert.strictEqual(at(one.json, "delivery", "payload"), told.body)
    const shown = await api.call("GET", `/v1/webhooks/${id}`)
    assert.deepStrictEqual(
      shown.json,
      Object.fromEntries(Object.entries(first.json).filter(([key]) => key !== "secret"))
    )
    const all = await api.call("GET", "/v1/webhooks")
    const audit = await api.call("GET", "/v1/audit")
    const bare = secret.replace("whsec_", "")
    for (const text of [again.text, one.text, shown.text, all.text, audit.text, ...api.logged]) {
      assert.notInclude(text, bare)
      assert.notInclude(text, "words of the receiver")
    }
  })

  it("is told again after 500, and nothing more after 410 until it is enabled", async () => {
    const { received, url } = await receiving(500, 200, 410, 410, 200)
    const api = await lab()
    const { id } = await made(api, url)
    await happen(api)
    const [told] = await until(
      () => received,
      ({ length }) => length > 0
    )
    assert(told !== undefined)
    const one = () => api.call("GET", `/v1/webhooks/${id}/deliveries/${told.id}`)
    await until(one, (answer) => statusesOf(answer).length > 0)
    assert.deepStrictEqual(await log(api, id), [{ id: told.id, state: "pending" }])
    await hurry(api)
    const delivered = await until(one, ({ json }) => at(json, "delivery", "state") === "delivered")
    assert.deepStrictEqual(statusesOf(delivered), [500, 200])

    const tried = await api.call("POST", `/v1/webhooks/${id}/test`)
    assert.deepStrictEqual([at(tried.json, "delivery", "state"), statusesOf(tried)], ["failed", [410]])
    assert.isNull((await api.call("GET", `/v1/webhooks/${id}`)).json["disabled"])
    const path = `/v1/webhooks/${id}/deliveries/${told.id}/redeliver`
    const gone = await api.call("POST", path)
    assert.deepStrictEqual([gone.status, statusesOf(gone)], [200, [500, 200, 410]])
    const disabled = await api.call("GET", `/v1/webhooks/${id}`)
    assert.strictEqual(at(disabled.json, "disabled", "because"), "gone")
    for (const refused of [await api.call("POST", `/v1/webhooks/${id}/test`), await api.call("POST", path)]) {
      assert.deepStrictEqual([refused.status, refused.json["reason"]], [409, "disabled"])
    }
    assert.lengthOf(received, 4)

    const enabled = await api.call("POST", `/v1/webhooks/${id}/enable`)
    assert.isNull(enabled.json["disabled"])
    const repeated = await api.call("POST", path)
    assert.deepStrictEqual([repeated.status, statusesOf(repeated)], [200, [500, 200, 410, 200]])
    assert.deepStrictEqual([received[4]?.id, received[4]?.body], [told.id, told.body])
  })

  it("says what came back when it is tried, and tries a test once", async () => {
    const { received, url } = await receiving(503, 204)
    const api = await lab()
    const { id } = await made(api, url)
    const test = (headers = {}) => api.call("POST", `/v1/webhooks/${id}/test`, { headers })
    const failed = await test()
    assert.deepStrictEqual([failed.status, at(failed.json, "delivery", "state")], [200, "failed"])
    assert.deepStrictEqual(statusesOf(failed), [503])
    const worked = await test({ "idempotency-key": "t" })
    assert.deepStrictEqual([at(worked.json, "delivery", "state"), statusesOf(worked)], ["delivered", [204]])
    assert.strictEqual((await test({ "idempotency-key": "t" })).text, worked.text)
    assert.lengthOf(received, 2)
    assert.strictEqual(at(JSON.parse(received[1]?.body ?? "{}"), "data", "webhookId"), id)

    // Port 1 of this machine: nobody listens there.
    const moved = await api.call("PATCH", `/v1/webhooks/${id}`, { body: { url: "http://127.0.0.1:1/" } })
    assert.strictEqual(moved.json["url"], "http://127.0.0.1:1/", moved.text)
    const later = await test({ prefer: "respond-async" })
    assert.deepStrictEqual([later.status, statusesOf(later)], [202, []])
    assert.strictEqual(later.headers.get("preference-applied"), "respond-async")
    const place = String(later.headers.get("location"))
    const ended = await until(
      () => api.call("GET", place),
      (answer) => statusesOf(answer).length > 0
    )
    assert.match(String(at(ended.json, "attempts", "0", "reason")), /^127\.0\.0\.1/)
  })

  it("believes every secret as long as its rotation overlaps, and then no more", async () => {
    const { received, url } = await receiving(204)
    const api = await lab()
    const { id, secret } = await made(api, url)
    const rotate = async (overlapHours: number) => {
      const answer = await api.call("POST", `/v1/webhooks/${id}/rotate`, { body: { overlapHours } })
      assert.strictEqual(answer.status, 200, answer.text)
      return Redacted.make(String(answer.json["secret"]))
    }
    const test = async (): Promise<Received> => {
      await api.call("POST", `/v1/webhooks/${id}/test`)
      const last = received.at(-1)
      assert(last !== undefined)
      return last
    }
    const second = await rotate(1)
    const during = await test()
    for (const each of [secret, second]) Receiver.verify(each, during)
    const third = await rotate(0)
    const after = await test()
    Receiver.verify(third, after)
    assert.throws(() => Receiver.verify(second, after))
    // Its hour is not over.
    Receiver.verify(secret, after)
    const { text } = await api.call("GET", `/v1/webhooks/${id}`)
    for (const each of [secret, second, third]) {
      for (const line of [text, ...api.logged]) assert.notInclude(line, Redacted.value(each).slice(6))
    }
  })

  it("is disabled, and forgotten with its log", async () => {
    const { received, url } = await receiving(204)
    const api = await lab()
    const { id } = await made(api, url)
    const { id: other } = await made(api, url)
    assert.strictEqual(at((await api.call("POST", `/v1/webhooks/${id}/disable`)).json, "disabled", "because"), "person")
    await happen(api)
    await until(
      () => log(api, other),
      ([one]) => one?.state === "delivered"
    )
    assert.deepStrictEqual(await log(api, id), [])
    assert.lengthOf(received, 1)
    assert.strictEqual((await api.call("DELETE", `/v1/webhooks/${other}`)).status, 204)
    for (const path of ["", "/deliveries", `/deliveries/${String(received[0]?.id)}`]) {
      assert.strictEqual((await api.call("GET", `/v1/webhooks/${other}${path}`)).status, 404)
    }
  })
})

describe("webhooks of others", () => {
  it("look as if they did not exist, and hear nothing of a connection that is not theirs", async () => {
    const [acmes, betas] = [await receiving(204), await receiving(204)]
    const api = await lab()
    await api.call("POST", "/v1/connections", { body: { name: "Beta" } })
    const acme = await made(api, acmes.url)
    const all = await made(api, acmes.url, null)
    const { whole: key } = await api.makeKey([
      { verb: "admin", connection: ConnectionId.make("beta") },
      { verb: "read", connection: ConnectionId.make("acme") }
    ])
    const body = { url: betas.url, connectionId: "beta", events }
    const beta = await api.call("POST", "/v1/webhooks", { key, body })
    assert.strictEqual(beta.status, 201, beta.text)
    const listed = await api.call("GET", "/v1/webhooks", { key })
    assert.deepStrictEqual(
      [listed.json["items"]].flat().map((item) => at(item, "id")),
      [beta.json["id"]]
    )

    const nobodys = await api.call("GET", "/v1/webhooks/aaaaaaaaaaaa", { key })
    const hidden = await api.call("GET", `/v1/webhooks/${all.id}`, { key })
    const words = ({ json }: Answer) => ({ ...json, instance: null })
    assert.strictEqual(hidden.status, 404)
    assert.deepStrictEqual(words(hidden), words(nobodys))
    // Of acme the key may only look, and the address of a webhook is often itself a secret.
    assert.strictEqual((await api.call("GET", `/v1/webhooks/${acme.id}`, { key })).status, 403)
    assert.strictEqual((await api.call("POST", `/v1/webhooks/${acme.id}/test`, { key })).status, 403)
    const create = (connectionId: string | null) =>
      api.call("POST", "/v1/webhooks", { key, body: { ...body, connectionId } })
    assert.deepStrictEqual([(await create("acme")).status, (await create(null)).status], [403, 403])
    assert.deepStrictEqual(words(await create("gamma")), words(await create("delta")))
    assert.strictEqual((await create("gamma")).status, 404)
    const nowhere = await api.call("POST", "/v1/webhooks", { body: { ...body, connectionId: "gamma" } })
    assert.strictEqual(nowhere.status, 404)

    await happen(api)
    await until(
      () => acmes.received,
      ({ length }) => length > 1
    )
    assert.lengthOf(betas.received, 0)
  })

  it("are listed page by page, as is the log", async () => {
    const { url } = await receiving(204)
    const api = await lab()
    const ids = [await made(api, url), await made(api, url, null), await made(api, url)].map(({ id }) => id)
    const [id = ""] = ids
    const pages = async (path: string) => {
      const seen: Array<unknown> = []
      let cursor: unknown = ""
      while (cursor !== null) {
        const { json } = await api.call("GET", `${path}?limit=2${cursor === "" ? "" : `&cursor=${String(cursor)}`}`)
        const items = [json["items"]].flat()
        assert.isAtMost(items.length, 2)
        seen.push(...items.map((item) => at(item, "id")))
        cursor = json["nextCursor"]
      }
      return seen
    }
    assert.deepStrictEqual(await pages("/v1/webhooks"), ids.toSorted())
    const sent: Array<unknown> = []
    for (let count = 0; count < 3; count++) {
      const answer = await api.call("POST", `/v1/webhooks/${id}/test`, { headers: { prefer: "respond-async" } })
      sent.unshift(at(answer.json, "delivery", "id"))
    }
    assert.deepStrictEqual(await pages(`/v1/webhooks/${id}/deliveries`), sent)
  })
})

describe("an address inside", () => {
  it("is refused when a webhook is made or changed, and again when it is told something", async () => {
    const { received, url } = await receiving(204)
    const { port } = new URL(url)
    let address = "127.0.0.1"
    const api = await start(
      {},
      FakeResolver.layer(() => [address])
    )
    const create = (to: string) => api.call("POST", "/v1/webhooks", { body: { url: to, connectionId: null, events } })
    const name = `https://hooks.example.com:${port}/`
    const inside = [url, `https://127.0.0.1:${port}/`, "https://[::ffff:10.0.0.1]/", "https://169.254.169.254/", name]
    for (const to of [...inside, "https://localhost/", "http://hooks.example.com/", "https://a:b@hooks.example.com/"]) {
      const refused = await create(to)
      assert.deepStrictEqual([refused.status, refused.json["reason"]], [422, "invalidUrl"], `${to}: ${refused.text}`)
    }
    address = "93.184.216.34"
    const { json, status } = await create(name)
    assert.strictEqual(status, 201)
    const path = `/v1/webhooks/${String(json["id"])}`
    for (address of ["127.0.0.1", "169.254.169.254", "::ffff:10.0.0.1"]) {
      const changed = await api.call("PATCH", path, { body: { url: `${name}other` } })
      assert.deepStrictEqual([changed.status, changed.json["reason"]], [422, "invalidUrl"], changed.text)
      const answer = await api.call("POST", `${path}/test`)
      assert.deepStrictEqual(statusesOf(answer), [null])
      assert.include(String(at(answer.json, "attempts", "0", "reason")), `hooks.example.com (${address}) is in `)
    }
    assert.lengthOf(received, 0)
  })
})
