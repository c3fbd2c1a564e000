import { assert, describe, it } from "@effect/vitest"
import { DateTime } from "effect"
import type { IdentityProvider } from "../../src/setup/IdpMetadata.ts"
import { expiry, judge } from "../../src/setup/IdpMetadata.ts"

const at = (text: string) => DateTime.makeUnsafe(text)
const now = at("2026-06-01T00:00:00Z")

const certificate = (notBefore: string, notAfter: string) => ({
  sha256: "0".repeat(64),
  subject: "CN=idp",
  notBefore: at(notBefore),
  notAfter: at(notAfter)
})
const valid = certificate("2025-01-01T00:00:00Z", "2030-01-01T00:00:00Z")
const expired = certificate("2019-01-01T00:00:00Z", "2020-01-01T00:00:00Z")
const future = certificate("2027-01-01T00:00:00Z", "2029-01-01T00:00:00Z")

const provider = (changes: Partial<IdentityProvider> = {}): IdentityProvider => ({
  entityID: "https://idp.example.com",
  singleSignOnServices: [
    { binding: "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect", location: "https://idp.example.com/sso" }
  ],
  nameIDFormats: ["urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"],
  signingCertificates: [valid],
  ...changes
})

const sso = (binding: string, location = "https://idp.example.com/sso") => ({
  singleSignOnServices: [{ binding: `urn:oasis:names:tc:SAML:2.0:bindings:${binding}`, location }]
})

describe("judge", () => {
  for (const [name, changes, severity, words] of [
    ["no SSO service", { singleSignOnServices: [] }, "error", "SingleSignOnService"],
    ["only SOAP", sso("SOAP"), "error", "HTTP-Redirect"],
    ["SSO over http", sso("HTTP-POST", "http://idp.example.com/sso"), "warning", "is not https"],
    ["no certificate", { signingCertificates: [] }, "error", "no signing certificate"],
    ["expired", { signingCertificates: [expired] }, "error", "ends 2020-01-01"],
    ["not valid yet", { signingCertificates: [future] }, "error", "valid now"],
    ["one of two expired", { signingCertificates: [expired, valid] }, "warning", "one of several"],
    [
      "ends within 30 days",
      { signingCertificates: [certificate("2025-01-01T00:00:00Z", "2026-06-30T23:59:59Z")] },
      "warning",
      "2026-06-30"
    ],
    [
      "NameID that is no e-mail address",
      { nameIDFormats: ["urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"] },
      "warning",
      "NameID"
    ]
  ] as const) {
    it(name, () => {
      const [finding, ...others] = judge(provider(changes), now)
      assert.isEmpty(others)
      assert.strictEqual(finding?.severity, severity)
      assert.include(finding?.message, words)
    })
  }
  for (const [name, changes] of [
    ["as it should be", {}],
    ["HTTP-POST", sso("HTTP-POST")],
    ["no NameIDFormat", { nameIDFormats: [] }],
    ["an unspecified NameIDFormat", { nameIDFormats: ["urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"] }],
    ["ends in 30 days", { signingCertificates: [certificate("2025-01-01T00:00:00Z", "2026-07-01T00:00:00Z")] }]
  ] as const) {
    it(`nothing to say: ${name}`, () => assert.isEmpty(judge(provider(changes), now)))
  }
  it("a certificate is valid from its first to before its last moment", () => {
    assert.isEmpty(judge(provider(), valid.notBefore))
    assert.isNotEmpty(judge(provider(), valid.notAfter))
  })
})

describe("expiry", () => {
  it("is that of the last certificate", () => {
    assert.strictEqual(expiry(provider({ signingCertificates: [valid, expired] })), valid.notAfter)
    assert.isUndefined(expiry(provider({ signingCertificates: [] })))
  })
})
