/** A listener that does not read, and a server that is told to stop. */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { connect } from "node:net"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { call, closeAll, closing, temporary } from "../support/api.ts"
import { runServer } from "../support/programs.ts"

afterEach(closeAll)

/** More than the system keeps for a connection that nobody reads. */
const events = 60_000

/** A log that is long. */
const lengthen = (directory: string): void => {
  const database = new DatabaseSync(join(directory, "loom-scim.db"))
  database.exec(`INSERT INTO events
    WITH RECURSIVE n (sequence) AS (SELECT 3 UNION ALL SELECT sequence + 1 FROM n WHERE sequence < ${events})
    SELECT connection_id, n.sequence, at, actor, event FROM events, n WHERE events.sequence = 2`)
  database.close()
}

describe("a server that stops", () => {
  it("does not wait for a listener that never reads, but for a request under way", { timeout: 60_000 }, async () => {
    const directory = temporary()
    const first = await runServer(["--data-dir", directory])
    const { key = "" } = first
    await call(first.base, "POST", "/v1/connections", { key, body: { name: "Acme" } })
    const body = { _tag: "AttestPrerequisite", prerequisite: "samlSso" }
    const attested = await call(first.base, "POST", "/v1/connections/acme/setup/commands", { key, body })
    assert.strictEqual(attested.status, 200, attested.text)
    first.kill("SIGTERM")
    await first.ended
    lengthen(directory)

    const server = await runServer(["--data-dir", directory])
    const { hostname, port } = new URL(server.base)
    const opened = async (text: string) => {
      const socket = connect(Number(port), hostname)
      closing(() => void socket.destroy())
      socket.on("error", () => {})
      await new Promise<void>((resolve) => socket.write(text, () => resolve()))
      return socket
    }
    const head = (line: string) => `${line} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\n`
    const deaf = await opened(`${head("GET /v1/connections/acme/setup/events/stream")}\r\n`)
    // The beginning has come, and nothing is read from then on.
    await new Promise<void>((resolve) => deaf.once("data", () => resolve(void deaf.pause())))

    const asked = JSON.stringify({ name: "Beta" })
    const patient = await opened(
      `${head("POST /v1/connections")}Connection: close\r\nContent-Type: application/json\r\nContent-Length: ${asked.length}\r\n\r\n`
    )
    let answer = ""
    patient.setEncoding("utf8").on("data", (data: string) => {
      answer += data
    })
    const answered = new Promise<void>((resolve) => patient.on("close", () => resolve()))
    await call(server.base, "GET", "/healthz")
    server.kill("SIGTERM")
    // Longer than the listener is given.
    await new Promise((resolve) => setTimeout(resolve, 5000))
    let heard = ""
    const over = new Promise<void>((resolve) => deaf.on("close", () => resolve()))
    deaf.setEncoding("latin1").on("data", (data: string) => {
      heard = `${heard}${data}`.slice(-100)
    })
    deaf.resume()
    await over
    // It was cut: what the system held still comes, and the end of the answer does not.
    assert.notMatch(heard, /\r\n0\r\n\r\n$/)
    patient.write(asked)
    await answered
    assert.match(answer, /^HTTP\/1\.1 201 /)
    assert.strictEqual((await server.ended).code, 0)
  })
})
