/** Bodies that come slowly, and bodies that stop coming. */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { once } from "node:events"
import { request } from "node:http"
import { IncomingMessage } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import { at, mapping } from "./support/reconcile.ts"
import { closeAll, closing, start } from "./support/api.ts"

afterEach(closeAll)

const boundary = "----loom-scim-test"

const part = (name: string, file: string, text: string) =>
  `--${boundary}\r\ncontent-disposition: form-data; name="${name}"; filename="${file}"\r\n\r\n${text}`

/** A request whose body is written bit by bit; the answer's status and text. */
const sending = async (contentType: string, path: string) => {
  const api = await start({ bodyIdleMillis: 1500, bodyMillis: 1000 })
  await api.call("POST", "/v1/connections", { body: { name: "Acme" } })
  const sent = request(`${api.base}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${api.admin}`, "content-type": contentType, "content-length": 100_000 }
  })
  closing(() => sent.destroy())
  // A connection that is cut may also be reset while a bit is on its way.
  sent.on("error", () => undefined)
  const answered = once(sent, "response").then(async ([response]: ReadonlyArray<unknown>) => {
    if (!(response instanceof IncomingMessage)) throw new Error("no answer")
    let text = ""
    for await (const piece of response) text += String(piece)
    return { status: response.statusCode, text }
  })
  return { sent, answered }
}

const upload = `multipart/form-data; boundary=${boundary}`
const plans = "/v1/connections/acme/plans"

describe("a body", () => {
  it("of an upload may take longer than any other while it goes on", async () => {
    const { answered, sent } = await sending(upload, plans)
    const head = part("source", "people.csv", "id,email\n")
    const tail = `\r\n${part("mapping", "m.yaml", mapping)}\r\n--${boundary}--\r\n`
    sent.write(head)
    const left = 100_000 - head.length - tail.length
    for (let bit = 0; bit < 10; bit++) {
      await sleep(200)
      sent.write("\n".repeat(left / 10))
    }
    sent.end("\n".repeat(left - 10 * Math.floor(left / 10)) + tail)
    const { status, text } = await answered
    // It was read to its end: what is missing is the connection, not the upload.
    assert.strictEqual(status, 409, text)
    assert.isString(at(JSON.parse(text), "reason"))
  })

  it("of an upload that stops coming is cut", async () => {
    const { answered, sent } = await sending(upload, plans)
    sent.write(part("source", "people.csv", "id,email\n"))
    assert.strictEqual((await answered).status, 408)
  })

  it("of anything else has an end, though it goes on", async () => {
    const { answered, sent } = await sending("application/json", "/v1/connections")
    const over = new AbortController()
    const done = answered.finally(() => over.abort())
    for (let bit = 0; bit < 40 && !over.signal.aborted; bit++) {
      sent.write(" ")
      await sleep(100)
    }
    assert.strictEqual((await done).status, 408)
  })
})
