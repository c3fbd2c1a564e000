/** An upload sent twice with the same key is carried out once, on both databases. */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { Idempotency } from "@loom-scim/core/ports/Idempotency"
import { Context, DateTime, Effect } from "effect"
import { once } from "node:events"
import { connect as dial } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { closeAll, closing, start, temporary } from "./support/api.ts"
import type { Answer, Api } from "./support/api.ts"
import { isPostgres, onPostgres } from "./support/databases.ts"
import { at, connect, control, form, mapping, people, runIdOf, sandbox, until, upload } from "./support/reconcile.ts"

afterEach(closeAll)

const key = "3f1c9a52-0d3e-4b58-9a51-6c9d4f1b7a10"
const headers = { "idempotency-key": key }
const runs = "/v1/connections/acme/runs"
const plans = "/v1/connections/acme/plans"

const world = async (prepare: () => Promise<unknown>) => {
  await prepare()
  const place = await sandbox()
  const dnsServers = [`${place.dns.host}:${place.dns.port}`]
  const api = await start({ directory: temporary(), allowPrivateNetwork: true, dnsServers, rate: 10_000 })
  await connect(api.call, place)
  const post = (path: string, body: FormData, more: Readonly<Record<string, string>> = {}) =>
    upload(api.base, api.admin, path, body, { ...headers, ...more })
  return { api, place, post }
}

/** The form's bytes as another client would write them, with a boundary of its own. */
const bytesOf = (source: string): string => {
  const part = (name: string, file: string, type: string, text: string) =>
    `--raw\r\ncontent-disposition: form-data; name="${name}"; filename="${file}"\r\ncontent-type: ${type}\r\n\r\n${text}\r\n`
  return `${part("source", "people.csv", "text/csv", source)}${part("mapping", "mapping.yaml", "text/yaml", mapping)}--raw--\r\n`
}

/** Writes the head and so much of a body, and leaves the connection open. */
const sending = ({ admin, base }: Api, path: string, body: string, written: string) =>
  new Promise<ReturnType<typeof dial>>((resolve, reject) => {
    const { hostname, port } = new URL(base)
    const lines = [
      `POST ${path} HTTP/1.1`,
      "host: x",
      `authorization: Bearer ${admin}`,
      `idempotency-key: ${key}`,
      "content-type: multipart/form-data; boundary=raw",
      `content-length: ${Buffer.byteLength(body)}`
    ]
    const socket = dial(Number(port), hostname, () => {
      socket.write(`${lines.join("\r\n")}\r\n\r\n${written}`, () => resolve(socket))
    })
    socket.on("error", reject)
    closing(() => socket.destroy())
  })

const isRunning = ({ admin, context }: Api) =>
  Effect.runPromise(
    Context.get(context, Idempotency).isRunning({ owner: admin.split("_")[1] ?? "", key }, DateTime.makeUnsafe(0))
  )

const claimed = async (api: Api) => {
  for (let turns = 0; turns < 600; turns++) {
    if (await isRunning(api)) return
    await sleep(20)
  }
  throw new Error("the upload is not being carried out")
}

/** Sends it until the first one is answered. */
const patiently = async (send: () => Promise<Answer>): Promise<Answer> => {
  for (let turns = 0; turns < 600; turns++) {
    const answer = await send()
    if (answer.status !== 409) return answer
    assert.strictEqual(answer.json["type"], "urn:loom-scim:problem:still-running", answer.text)
    await sleep(50)
  }
  throw new Error("the first one is never answered")
}

const countOf = async (api: Api): Promise<number> => [(await api.call("GET", runs)).json["items"]].flat().length

const backends = [
  { name: "SQLite", prepare: () => Promise.resolve(), isThere: true },
  { name: "PostgreSQL", prepare: onPostgres, isThere: isPostgres }
]

for (const { isThere, name, prepare } of backends) {
  describe.runIf(isThere)(`an upload with an Idempotency-Key on ${name}`, () => {
    it("gets the first answer again, and makes one plan", async () => {
      const { api, post } = await world(prepare)
      const first = await post(plans, form(people(3)))
      const again = await post(plans, form(people(3)))
      assert.strictEqual(first.status, 201, first.text)
      assert.strictEqual(first.headers.get("idempotency-replayed"), null)
      assert.strictEqual(again.headers.get("idempotency-replayed"), "true")
      assert.deepStrictEqual([again.status, again.text], [first.status, first.text])
      assert.strictEqual(again.headers.get("location"), first.headers.get("location"))
      // The boundary is another, the form is the same.
      const raw = await fetch(`${api.base}${plans}`, {
        method: "POST",
        headers: {
          ...headers,
          authorization: `Bearer ${api.admin}`,
          "content-type": "multipart/form-data; boundary=raw"
        },
        body: bytesOf(people(3))
      })
      assert.strictEqual(await raw.text(), first.text)
    })

    it("is refused with other bytes, another name or another part", async () => {
      const { post } = await world(prepare)
      assert.strictEqual((await post(plans, form(people(3)))).status, 201)
      const named = form(people(3))
      named.set("source", new Blob([people(3)], { type: "text/csv" }), "others.csv")
      const mapped = form(people(3))
      mapped.set("mapping", new Blob([`${mapping}# other\n`]), "mapping.yaml")
      for (const other of [form(people(4)), named, mapped, form(people(3), { adopt: "any" })]) {
        const { json, status } = await post(plans, other)
        assert.strictEqual(status, 422)
        assert.strictEqual(json["type"], "urn:loom-scim:problem:idempotency-key-reused")
      }
      const run = await post(runs, form(people(3)))
      assert.strictEqual(run.json["type"], "urn:loom-scim:problem:idempotency-key-reused", run.text)
    })

    it("begins one run when the connection is cut right behind it, and tells of it when it comes again", async () => {
      const { api, place, post } = await world(prepare)
      await control(place, "faults", { kind: "latency", ms: 300, match: { method: "GET" } })
      const body = bytesOf(people(3))
      const socket = await sending(api, runs, body, body)
      await claimed(api)
      socket.destroy()
      // Told at once: what is being planned is not sent again for nothing.
      const early = await sending(api, runs, body, "")
      const [told]: ReadonlyArray<unknown> = await once(early, "data")
      assert.match(String(told), /^HTTP\/1\.1 409 /)
      early.destroy()
      const again = await patiently(() => post(runs, form(people(3))))
      assert.strictEqual(again.headers.get("idempotency-replayed"), "true", again.text)
      await until(api.call, runIdOf(again), "Completed")
      assert.strictEqual(await countOf(api), 1)
    })

    it("begins one run whenever the connection is cut", async () => {
      const { api, post } = await world(prepare)
      const body = bytesOf(people(3))
      const half = await sending(api, runs, body, body.slice(0, body.length / 2))
      half.destroy()
      const whole = await sending(api, runs, body, body)
      whole.destroy()
      const again = await patiently(() => post(runs, form(people(3))))
      assert.include([200, 202], again.status, again.text)
      await until(api.call, runIdOf(again), "Completed")
      assert.strictEqual(await countOf(api), 1)
    })

    it("frees the key when nothing was done, and keeps the form of what was", async () => {
      const { api, post } = await world(prepare)
      const wrong = form(people(3))
      wrong.set("mapping", new Blob(["attributes: ["]), "mapping.yaml")
      assert.strictEqual((await post(plans, wrong)).json["type"], "urn:loom-scim:problem:invalid-input")
      assert.isFalse(await isRunning(api))
      const first = await post(plans, form(people(3)), { accept: "text/markdown" })
      const again = await post(plans, form(people(3)), { accept: "text/markdown" })
      assert.include(first.text, "| create | 3 |")
      assert.strictEqual(again.text, first.text)
      assert.strictEqual(again.headers.get("content-type"), first.headers.get("content-type"))
      assert.strictEqual(at(again.json, "id"), undefined)
    })
  })
}
