import { X509Certificate } from "node:crypto"
import { assert, describe, it } from "vitest"
import type { Sandbox } from "../src/Sandbox.ts"
import { control, fault, sandbox } from "./helpers.ts"

async function metadata(at: Sandbox, mode: string): Promise<{ readonly type: string; readonly body: string }> {
  const { status, text } = await control(at, "POST", "/idp", { mode })
  if (status !== 204) throw new Error(text)
  const response = await fetch(at.idpMetadataUrl)
  return { type: response.headers.get("content-type") ?? "", body: await response.text() }
}

function certificates(body: string): ReadonlyArray<X509Certificate> {
  return [...body.matchAll(/<ds:X509Certificate>([^<]+)</g)].map(
    (match) => new X509Certificate(Buffer.from(match[1] ?? "", "base64"))
  )
}

describe("the identity provider's metadata", () => {
  it("is a SAML document with a certificate that is valid, or expired", async () => {
    const at = await sandbox()
    const valid = await metadata(at, "valid")
    assert.strictEqual(valid.type, "application/samlmetadata+xml")
    assert.include(valid.body, `entityID="${new URL("/idp", at.idpMetadataUrl).href}"`)
    assert.include(valid.body, "nameid-format:emailAddress")
    assert.match(valid.body, /HTTP-Redirect[\s\S]*HTTP-POST/)
    assert.isAbove(Date.parse(certificates(valid.body)[0]?.validTo ?? ""), Date.now())
    const expired = certificates((await metadata(at, "expired")).body)
    assert.isBelow(Date.parse(expired[0]?.validTo ?? ""), Date.parse("2020-01-02"))
  })

  it("can be two providers, a page, too much, nothing, or a bomb", async () => {
    const at = await sandbox()
    const two = await metadata(at, "multiple")
    assert.lengthOf(two.body.match(/<md:EntityDescriptor/g) ?? [], 2)
    assert.lengthOf(certificates(two.body), 2)
    const page = await metadata(at, "html")
    assert.match(page.type, /^text\/html/)
    assert.isAbove((await metadata(at, "oversized")).body.length, 2 * 1024 * 1024)
    assert.strictEqual((await metadata(at, "empty")).body, "")
    assert.match((await metadata(at, "doctype")).body, /<!DOCTYPE[\s\S]*<!ENTITY e9 [\s\S]*&e9;<\/md:NameIDFormat>/)
  })

  it("has faults of its own", async () => {
    const at = await sandbox()
    await fault(at, { kind: "status", status: 500, target: "idp", times: 1 })
    assert.strictEqual((await fetch(at.idpMetadataUrl)).status, 500)
    assert.strictEqual((await fetch(at.idpMetadataUrl)).status, 200)
  })
})
