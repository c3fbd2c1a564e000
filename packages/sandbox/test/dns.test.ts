import { Resolver } from "node:dns/promises"
import { assert, describe, it } from "vitest"
import { characterStrings } from "../src/Dns.ts"
import type { Sandbox } from "../src/Sandbox.ts"
import { control, sandbox } from "./helpers.ts"

function resolver(at: Sandbox): Resolver {
  const made = new Resolver({ timeout: 150, tries: 1 })
  made.setServers([`${at.dns.host}:${at.dns.port}`])
  return made
}

async function code(promise: Promise<unknown>): Promise<unknown> {
  try {
    return await promise
  } catch (error) {
    return error instanceof Error && "code" in error ? error.code : error
  }
}

async function set(at: Sandbox, body: unknown): Promise<void> {
  const { status, text } = await control(at, "POST", "/dns", body)
  if (status !== 204) throw new Error(text)
}

describe("the DNS server", () => {
  it("answers TXT, A and AAAA as set, without regard to case", async () => {
    const at = await sandbox()
    const dns = resolver(at)
    await set(at, { name: "Example.com.", type: "TXT", values: ["loom-site-verification=abc", "v=spf1 -all"] })
    await set(at, { name: "example.com", type: "A", values: ["192.0.2.1"] })
    await set(at, { name: "example.com", type: "AAAA", values: ["2001:db8::1"] })
    assert.sameDeepMembers(await dns.resolveTxt("EXAMPLE.com"), [["loom-site-verification=abc"], ["v=spf1 -all"]])
    assert.deepStrictEqual(await dns.resolve4("example.com"), ["192.0.2.1"])
    assert.deepStrictEqual(await dns.resolve6("example.com"), ["2001:db8::1"])
    assert.deepStrictEqual((await control(at, "GET", "/state")).json["dns"], ["example.com"])
  })

  it("tells no such name, no such record, a failing server and silence apart", async () => {
    const at = await sandbox()
    const dns = resolver(at)
    await set(at, { name: "_acme-challenge.host.test", type: "A", values: ["192.0.2.1"] })
    await set(at, { name: "broken.test", rcode: "SERVFAIL" })
    await set(at, { name: "gone.test", type: "TXT", values: ["x"] })
    await set(at, { name: "gone.test", rcode: "NXDOMAIN" })
    await set(at, { name: "quiet.test", silent: true })
    assert.strictEqual(await code(dns.resolveTxt("unknown.test")), "ENOTFOUND")
    assert.strictEqual(await code(dns.resolveTxt("_acme-challenge.host.test")), "ENODATA")
    assert.strictEqual(await code(dns.resolveTxt("host.test")), "ENODATA")
    assert.strictEqual(await code(dns.resolveTxt("broken.test")), "ESERVFAIL")
    assert.strictEqual(await code(dns.resolveTxt("gone.test")), "ENOTFOUND")
    assert.strictEqual(await code(dns.resolveTxt("quiet.test")), "ETIMEOUT")
    await control(at, "DELETE", "/dns")
    assert.strictEqual(await code(dns.resolveTxt("broken.test")), "ENOTFOUND")
  })

  it("cuts long strings, and falls back to TCP when an answer is too long for UDP", async () => {
    const at = await sandbox()
    const long = "k".repeat(600)
    await set(at, { name: "long.test", type: "TXT", values: [long] })
    const many = Array.from({ length: 30 }, (_, index) => `${index}-${"v".repeat(200)}`)
    await set(at, { name: "many.test", type: "TXT", values: many })
    const [record = []] = await resolver(at).resolveTxt("long.test")
    assert.deepStrictEqual(
      record.map((piece) => piece.length),
      [255, 255, 90]
    )
    assert.strictEqual(record.join(""), long)
    assert.lengthOf(await resolver(at).resolveTxt("many.test"), 30)
  })

  it("never cuts inside a character", () => {
    const pieces = characterStrings("é".repeat(200))
    assert.deepStrictEqual(
      pieces.map((piece) => Buffer.byteLength(piece)),
      [254, 146]
    )
    assert.deepStrictEqual(characterStrings(""), [""])
  })
})
