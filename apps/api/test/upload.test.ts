/** A large upload goes through the server without staying in it. */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { request } from "node:http"
import { Readable } from "node:stream"
import { text } from "node:stream/consumers"
import { pipeline } from "node:stream/promises"
import { call, closeAll, temporary } from "./support/api.ts"
import type { Call } from "./support/api.ts"
import { at, connect, labArgs, mapping, sandbox } from "./support/reconcile.ts"
import { runServer } from "./support/programs.ts"

afterEach(closeAll)

const rows = 20_000
const padding = "x".repeat(10_000)
const boundary = "----loom-scim-test"

/** What a process holds in memory, in bytes. */
const heldBy = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? Number.NaN) * 1024

const part = (name: string, file: string) =>
  `--${boundary}\r\ncontent-disposition: form-data; name="${name}"; filename="${file}"\r\n\r\n`

describe("an upload of 200 MB", () => {
  it("of 20,000 people is planned, and is on disk rather than in memory", async () => {
    const place = await sandbox()
    const { base, key = "", pid } = await runServer(labArgs(temporary(), place))
    await connect((method, path, options: Call = {}) => call(base, method, path, { key, ...options }), place)
    const encoder = new TextEncoder()
    const before = heldBy(pid)
    let peak = 0
    const body = function* () {
      yield encoder.encode(`${part("source", "people.csv")}id,email,last,note\n`)
      for (let n = 1; n <= rows; n++) {
        yield encoder.encode(`${n},person${n}@acme.com,Last${n},${padding}\n`)
        if (n % 500 === 0) peak = Math.max(peak, heldBy(pid))
      }
      yield encoder.encode(`\r\n${part("mapping", "m.yaml")}${mapping}\r\n--${boundary}--\r\n`)
    }
    const sent = request(`${base}/v1/connections/acme/plans`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": `multipart/form-data; boundary=${boundary}` }
    })
    const answered = once(sent, "response")
    await pipeline(Readable.from(body()), sent)
    const [response]: ReadonlyArray<unknown> = await answered
    const made: unknown = response instanceof Readable ? JSON.parse(await text(response)) : null
    assert.strictEqual(at(made, "counts", "Create"), rows)
    assert.isBelow(peak - before, 150_000_000)
  }, 120_000)
})
