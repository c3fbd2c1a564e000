import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises"
import { get } from "node:https"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it, onTestFinished } from "vitest"
import { startSandbox } from "../src/Sandbox.ts"
import { TEST_TLS } from "../src/Tls.ts"
import { control, createUser, idOf, memberIds, rows, sandbox, scim } from "./helpers.ts"

async function newFile(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "sandbox-"))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return join(directory, "state.json")
}

async function failure(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "It succeeded.",
    (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : "Not an error.")
  )
}

describe("a sandbox", () => {
  it("starts with a thousand users in well under two seconds and says where things are", async () => {
    const before = performance.now()
    const at = await sandbox({ users: 1_000 })
    assert.isBelow(performance.now() - before, 1_000)
    assert.match(at.scimUrl, /^http:\/\/127\.0\.0\.1:\d+\/scim\/v2\.0\/[0-9A-Z]{25}$/)
    assert.strictEqual((await scim(at, "GET", "/Users?count=1")).json["totalResults"], 1_000)
    const page = await (await fetch(new URL("/", at.scimUrl))).text()
    for (const shown of [at.scimUrl, at.controlUrl, at.idpMetadataUrl, String(at.dns.port)]) assert.include(page, shown)
    assert.notInclude(page, at.token)
    const elsewhere = { ...at, scimUrl: at.scimUrl.slice(0, -1) }
    assert.strictEqual((await scim(elsewhere, "GET", "/Users")).status, 404)
  })

  it("is apart from another one in the same process, also while requests interleave", async () => {
    const [one, two] = await Promise.all([sandbox(), sandbox({ users: 2 })])
    await createUser(one, "ada")
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => scim(index % 2 === 0 ? one : two, "GET", "/Users"))
    )
    for (const [index, answer] of answers.entries()) {
      const at = index % 2 === 0 ? one : two
      assert.lengthOf(rows(answer), index % 2 === 0 ? 1 : 2)
      for (const row of rows(answer))
        assert.propertyVal(row["meta"], "location", `${at.scimUrl}/Users/${String(row["id"])}`)
    }
    assert.strictEqual((await scim({ ...two, token: one.token }, "GET", "/Users")).status, 401)
  })

  it("keeps its directory, endpoint and accepted tokens in a file, but no token", async () => {
    const dataFile = await newFile()
    const first = await startSandbox({ dataFile, users: 2 })
    const ada = await createUser(first, "ada")
    const group = idOf(await scim(first, "POST", "/Groups", { displayName: "Staff", members: [{ value: ada }] }))
    await control(first, "POST", "/settings", { softDelete: false })
    await first.close()
    assert.notInclude(await readFile(dataFile, "utf8"), first.token)
    assert.strictEqual((await stat(dataFile)).mode & 0o777, 0o600)
    const second = await sandbox({ dataFile, users: 50 })
    assert.strictEqual(new URL(second.scimUrl).pathname, new URL(first.scimUrl).pathname)
    const kept = { ...second, token: first.token }
    assert.strictEqual((await scim(kept, "GET", "/Users")).json["totalResults"], 3)
    assert.deepStrictEqual(memberIds((await scim(second, "GET", `/Groups/${group}`)).json), [ada])
    assert.deepStrictEqual((await control(second, "GET", "/state")).json["settings"], { softDelete: false })
    const again = await scim(second, "POST", "/Users", { userName: "ADA", emails: [{ value: "n@example.com" }] })
    assert.strictEqual(again.status, 409)
  })

  it("writes changes soon, not only when it closes", async () => {
    const dataFile = await newFile()
    const at = await sandbox({ dataFile })
    await createUser(at, "ada")
    const deadline = Date.now() + 3_000
    let text = ""
    while (!text.includes('"ada"') && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 25))
      text = await readFile(dataFile, "utf8").catch(() => "")
    }
    assert.include(text, '"ada"')
  })

  it("says what is wrong with a data file", async () => {
    const dataFile = await newFile()
    await writeFile(dataFile, '{"version":1,"key"')
    assert.match(await failure(startSandbox({ dataFile })), /^DataFileError: .*not valid JSON/)
    await writeFile(dataFile, '{"version":1}')
    assert.match(await failure(startSandbox({ dataFile })), /^DataFileError: .*"token" must be a JSON object/)
  })

  it("fails when a port is taken, and leaves nothing open", async () => {
    const at = await sandbox()
    assert.match(await failure(startSandbox({ port: Number(new URL(at.scimUrl).port) })), /EADDRINUSE/)
    assert.match(await failure(startSandbox({ dnsPort: at.dns.port })), /EADDRINUSE/)
  })

  it("serves https with a key and certificate, and control over plain http", async () => {
    const at = await sandbox({ tls: TEST_TLS })
    assert.match(at.scimUrl, /^https:/)
    assert.match(at.controlUrl, /^http:/)
    assert.strictEqual((await control(at, "GET", "/state")).status, 200)
    assert.match(await failure(scim(at, "GET", "/Users")), /fetch failed/)
    const status = await new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${at.token}` }
      get(`${at.scimUrl}/Users`, { ca: TEST_TLS.cert, headers }, (answer) => {
        answer.resume()
        resolve(answer.statusCode)
      }).on("error", reject)
    })
    assert.strictEqual(status, 200)
  })
})
