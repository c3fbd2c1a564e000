/** The built package as a stranger uses it, against a server in another process. */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { createClient, ProblemError } from "@loom-scim/client"
import { writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { join } from "node:path"
import { closeAll, closing, project, run, serve, temporary } from "./support/stranger.ts"

afterEach(closeAll)

const failureOf = async (promise: Promise<unknown>): Promise<ProblemError> => {
  try {
    await promise
  } catch (error) {
    if (error instanceof ProblemError) return error
    throw error
  }
  throw new Error("it did not fail")
}

/** A server that says whatever a test wants it to say. */
const stub = async (answer: (call: number, headers: Readonly<Record<string, unknown>>) => Response) => {
  const calls: Array<Readonly<Record<string, unknown>>> = []
  const server = createServer(async (request, response) => {
    calls.push(request.headers)
    const { body, headers, status } = answer(calls.length, request.headers)
    response.writeHead(status, Object.fromEntries(headers))
    if (body !== null) for await (const piece of body) response.write(piece)
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  closing(() => server.close())
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("no port")
  const url = `http://127.0.0.1:${address.port}/`
  return { client: createClient({ url, key: () => "lsk_fresh" }), calls, url }
}

const script = `import { createClient, ProblemError } from "@loom-scim/client"
const client = createClient({ url: process.env.API, key: process.env.KEY })
const { id, sequence } = await client.connections.create({ body: { name: "Acme" } })
const setup = await client.setup.answer({ connection: id, task: "enterprisePlan", body: { _tag: "Confirm" }, ifMatch: sequence })
const problem = await client.connections.get({ connection: "nobody" }).catch((error) => error)
console.log(JSON.stringify([id, setup.sequence, problem instanceof ProblemError, problem.type, problem.next, typeof problem.instance]))
`

const typed = `import { createClient, type Connection, type Plan } from "@loom-scim/client"
const client = createClient({ url: "https://x.example", key: "lsk_x" })
export const connection: Connection = await client.connections.get({ connection: "acme" })
for await (const { name } of client.connections.list.all({ limit: 2 })) name.toUpperCase()
const everybody = client.users.list.all({ connection: "acme" })
for await (const { id } of everybody) String(id)
export const isComplete: boolean | undefined = everybody.verdict?.complete
// @ts-expect-error a list of connections has no verdict
client.connections.list.all().verdict
for await (const { data } of client.setup.follow({ connection: "acme" })) if (data.event._tag === "DomainAdded") data.event.domain.trim()
const upload = { connection: "acme", body: new FormData() }
export const plan: Plan = await client.plans.make(upload)
const either = await client.plans.make({ ...upload, prefer: "respond-async" })
export const status = "status" in either ? either.status : either.counts
// @ts-expect-error it may be made in the background
either.counts
// @ts-expect-error a path needs its parameter
await client.connections.get({})
// @ts-expect-error there is no such command
await client.setup.submit({ connection: "acme", body: { _tag: "Nothing" } })
`

describe("the client", () => {
  it("runs in plain Node with nothing else installed", async () => {
    const server = await serve(temporary())
    const directory = project()
    writeFileSync(join(directory, "run.mjs"), script)
    const ran = await run(process.execPath, ["run.mjs"], { API: server.url, KEY: server.key }, directory)
    assert.strictEqual(ran.code, 0, ran.stderr)
    assert.deepStrictEqual(JSON.parse(ran.stdout), [
      "acme",
      2,
      true,
      "urn:loom-scim:problem:not-found",
      "List the connections: GET /v1/connections",
      "string"
    ])
  })

  it("has types that need no others", async () => {
    const directory = project()
    writeFileSync(join(directory, "typed.mts"), typed)
    const flags = ["--noEmit", "--strict", "--module", "nodenext", "--target", "ES2024", "--lib", "ES2024,DOM"]
    const ran = await run("tsc", ["--ignoreConfig", "typed.mts", ...flags], {}, directory)
    assert.strictEqual(ran.code, 0, ran.stdout)
  })

  it("reads lists page after page, and sees what a set-up does as it does it, over a restart of the server", async () => {
    const directory = temporary()
    const first = await serve(directory)
    const { port } = new URL(first.url)
    const client = createClient({ url: first.url, key: first.key })
    for (const name of ["One", "Two", "Three"]) await client.connections.create({ body: { name } })
    const names: Array<string> = []
    for await (const { name } of client.connections.list.all({ limit: 2 })) names.push(name)
    assert.deepStrictEqual(names, ["One", "Two", "Three"])
    const seen: Array<string> = []
    const leave = new AbortController()
    for await (const { data, id } of client.setup.follow({ connection: "one" }, { signal: leave.signal })) {
      assert.strictEqual(id, String(data.sequence))
      seen.push(data.event._tag)
      if (seen.length === 1) {
        await first.stop()
        await serve(directory, port)
        await client.setup.submit({ connection: "one", body: { _tag: "AttestPrerequisite", prerequisite: "samlSso" } })
      } else break
    }
    assert.deepStrictEqual(seen, ["Begun", "PrerequisiteAttested"])
  })

  it("has the verdict of a list for whoever read it to its end", async () => {
    const verdict = { complete: false, reason: "emptyPageBeforeTotal", seen: 3, total: 40 }
    const { client } = await stub((call) =>
      call % 2 === 1
        ? Response.json({ items: [{ id: "1" }, { id: "2" }], nextCursor: "more", verdict: null })
        : Response.json({ items: [{ id: "3" }], nextCursor: null, verdict })
    )
    const everybody = client.users.list.all({ connection: "acme" })
    const seen: Array<unknown> = []
    for await (const { id } of everybody) seen.push([id, everybody.verdict])
    assert.deepStrictEqual(seen, [
      ["1", null],
      ["2", null],
      ["3", null]
    ])
    assert.deepInclude(everybody.verdict, verdict)
    const some = client.groups.list.all({ connection: "acme" })
    for await (const { id } of some) if (id === "3") break
    assert.isNull(some.verdict)
  })

  it("tells a problem by its kind, its reason and its next step", async () => {
    const server = await serve(temporary())
    const client = createClient({ url: server.url, key: server.key })
    await client.connections.create({ body: { name: "Acme" } })
    const stale = await failureOf(
      client.setup.answer({ connection: "acme", task: "samlSso", body: { _tag: "Confirm" }, ifMatch: 7 })
    )
    assert.isTrue(stale.is("precondition-failed"))
    assert.include(stale.message, stale.next)
    const refused = await failureOf(client.credentials.save({ connection: "acme", body: { token: "tok_0123456789" } }))
    assert.isTrue(refused.is("refused"))
    assert.strictEqual(refused.problem["reason"], "stepBlocked")
    const nobody = createClient({ url: server.url, key: "lsk_x" })
    assert.strictEqual((await failureOf(nobody.keys.list())).status, 401)
  })

  it("sends again what did not arrive, under the same Idempotency-Key, and not what was refused", async () => {
    const busy = await stub((call) =>
      call === 1
        ? Response.json({}, { status: 503, headers: { "retry-after": "0" } })
        : Response.json({ id: "acme" }, { status: 201 })
    )
    await busy.client.connections.create({ body: { name: "Acme" } })
    assert.lengthOf(busy.calls, 2)
    const [one, two] = busy.calls.map((headers) => headers["idempotency-key"])
    assert.match(String(one), /^[0-9a-f-]{36}$/)
    assert.strictEqual(one, two)
    assert.strictEqual(busy.calls[0]?.["authorization"], "Bearer lsk_fresh")
    const refusing = await stub(() => new Response("<html>", { status: 502, headers: { "content-type": "text/html" } }))
    const problem = await failureOf(refusing.client.connections.create({ body: { name: "Acme" } }))
    assert.strictEqual(problem.type, "about:blank")
    assert.lengthOf(refusing.calls, 1)
  })

  it("waits for the answer that got lost, however often it has to ask, and for no other", async () => {
    const stillRunning = () =>
      Response.json(
        { type: "urn:loom-scim:problem:still-running" },
        { status: 409, headers: { "retry-after": "0", "content-type": "application/problem+json" } }
      )
    const lost = await stub((call) => (call < 6 ? stillRunning() : Response.json({ id: "1" }, { status: 201 })))
    let sent = 0
    const losing: typeof fetch = async (input, init) => {
      if (++sent === 1) throw new TypeError("fetch failed", { cause: new Error("other side closed") })
      return fetch(input, init)
    }
    const client = createClient({ url: lost.url, key: "lsk_x", fetch: losing })
    assert.deepInclude(await client.connections.create({ body: { name: "Acme" } }), { id: "1" })
    assert.lengthOf(lost.calls, 6)
    assert.strictEqual(new Set(lost.calls.map((headers) => headers["idempotency-key"])).size, 1)
    const others = await stub(stillRunning)
    const problem = await failureOf(
      others.client.connections.create({ body: { name: "Acme" }, idempotencyKey: "of-somebody-else" })
    )
    assert.isTrue(problem.is("still-running"))
    assert.lengthOf(others.calls, 1)
  })

  it("asks for nothing by an id that would make the address one of something else", async () => {
    const { calls, client } = await stub(() => Response.json({}))
    const attempts = ["", ".", ".."].flatMap((id) => [
      () => client.users.remove({ connection: "acme", user: id }),
      () => client.users.get({ connection: "acme", user: id }),
      () => client.groups.remove({ connection: "acme", group: id }),
      () => client.connections.get({ connection: id }),
      () => client.setup.follow({ connection: id }).next()
    ])
    for (const attempt of attempts) {
      const error: unknown = await attempt().catch((failure: unknown) => failure)
      assert.instanceOf(error, TypeError)
      assert.match(String(error), /which no path can name/)
    }
    assert.lengthOf(calls, 0)
    await client.users.get({ connection: "acme", user: "../..?" })
    assert.lengthOf(calls, 1)
  })

  it("says who does not answer, and of an answer that is none of the API's that it is not", async () => {
    const html = () => new Response("<html>", { headers: { "content-type": "text/html" } })
    const { client } = await stub(html)
    const foreign = await failureOf(client.connections.get({ connection: "acme" }))
    assert.deepInclude(foreign, { type: "about:blank", status: 200, detail: "The answer does not come from the API." })
    assert.strictEqual((await failureOf(client.setup.follow({ connection: "acme" }).next())).status, 200)
    const nobody = createClient({ url: "http://127.0.0.1:2", key: "lsk_x", retries: 0 })
    const silence: unknown = await nobody.connections.list().catch((error: unknown) => error)
    assert.match(String(silence), /^TypeError: no answer from http:\/\/127\.0\.0\.1:2: .*ECONNREFUSED/)
  })

  it("does not carry its key along a redirect", async () => {
    const elsewhere = await stub(() => Response.json({}))
    const moved = await stub(() => new Response(null, { status: 307, headers: { location: elsewhere.url } }))
    let failed = false
    await moved.client.health.alive().catch(() => (failed = true))
    assert.isTrue(failed)
    assert.lengthOf(elsewhere.calls, 0)
  })

  it("gives up waiting when it is told to", async () => {
    const silent = await stub(() => new Response(new ReadableStream({ start: () => undefined })))
    const leave = new AbortController()
    const waiting = silent.client.health.alive(undefined, { signal: leave.signal })
    leave.abort(new Error("enough"))
    let reason: unknown
    await waiting.catch((error: unknown) => (reason = error))
    assert.strictEqual(reason instanceof Error ? reason.message : "", "enough")
  })

  it("comes back behind the last event, keeps beats to itself, and stops at a refusal", async () => {
    const event = (id: number) => `id: ${id}\r\nevent: setup\r\ndata: {"sequence":${id}}\r\n\r\n`
    const sse = (text: string) => new Response(text, { headers: { "content-type": "text/event-stream" } })
    const { calls, client } = await stub((call) => {
      if (call === 1) return sse(`retry: 1\n\n${event(1)}event: beat\ndata: {}\n\n${event(2)}id: 3\nevent: setup\nda`)
      return call === 2 ? sse(event(3)) : Response.json({ type: "urn:loom-scim:problem:not-found" }, { status: 404 })
    })
    const ids: Array<unknown> = []
    let problem: unknown
    try {
      for await (const { id } of client.setup.follow({ connection: "acme" })) ids.push(id)
    } catch (error) {
      problem = error
    }
    assert.deepStrictEqual(ids, ["1", "2", "3"])
    assert.isTrue(problem instanceof ProblemError && problem.is("not-found"))
    assert.deepStrictEqual(
      calls.map((headers) => headers["last-event-id"]),
      [undefined, "2", "3"]
    )
  })
})
