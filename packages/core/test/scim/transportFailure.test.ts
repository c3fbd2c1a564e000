import { assert, describe, it } from "@effect/vitest"
import { DnsFailure } from "../../src/ports/DomainResolver.ts"
import { ForbiddenAddress } from "../../src/scim/NetworkPolicy.ts"
import { explain } from "../../src/scim/transportFailure.ts"

const coded = (code: string, cause?: unknown) => Object.assign(new Error(`secret ${code}`, { cause }), { code })

describe("explain", () => {
  for (const [error, outcome] of [
    [coded("ECONNREFUSED"), "unreachable"],
    [new Error("outer", { cause: new Error("middle", { cause: coded("ETIMEDOUT") }) }), "timeout"],
    [{ reason: { cause: coded("CERT_HAS_EXPIRED") } }, "tls"],
    [new AggregateError([new Error("x"), coded("EHOSTUNREACH")]), "unreachable"],
    [coded("ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION"), "tls"],
    [coded("UND_ERR_CONNECT_TIMEOUT"), "timeout"],
    [coded("EAI_AGAIN"), "dns"],
    [coded("HPE_INVALID_CONSTANT"), "unreachable"],
    [{ _tag: "TimeoutError" }, "timeout"],
    [new Error("x", { cause: new DnsFailure({ kind: "servfail", name: "h", server: "s" }) }), "dns"],
    [new Error("x", { cause: new ForbiddenAddress({ host: "h", detail: "no" }) }), "forbiddenAddress"],
    ["text", "unreachable"],
    [undefined, "unreachable"]
  ] as const) {
    it(`${String(error)} is ${outcome}`, () => {
      const failure = explain("scim.example.com", error)
      assert.strictEqual(failure.outcome, outcome)
      assert.isNotEmpty(failure.next)
      assert.notInclude(failure.message, "secret")
    })
  }

  it("names a code it does not know, but no text", () => {
    assert.include(explain("h", coded("ESOMETHING")).message, "(ESOMETHING)")
    assert.notInclude(explain("h", Object.assign(new Error("x"), { code: "Bearer abc" })).message, "Bearer")
  })

  it("comes to an end when causes form a ring", () => {
    const ring: { cause?: unknown } = {}
    ring.cause = ring
    assert.strictEqual(explain("h", ring).outcome, "unreachable")
  })

  it("every kind of TLS and DNS trouble reads differently", () => {
    const tls = [
      "DEPTH_ZERO_SELF_SIGNED_CERT",
      "SELF_SIGNED_CERT_IN_CHAIN",
      "CERT_HAS_EXPIRED",
      "CERT_NOT_YET_VALID",
      "ERR_TLS_CERT_ALTNAME_INVALID",
      "CERT_REVOKED",
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      "ERR_SSL_WRONG_VERSION_NUMBER"
    ]
    const words = tls.map((code) => explain("h", coded(code)).message.replace(/\(.*/, ""))
    assert.strictEqual(new Set(words).size, tls.length)
    const kinds = ["nxdomain", "nodata", "servfail", "refused", "timeout", "unreachable"] as const
    const dns = kinds.map((kind) => explain("h", new DnsFailure({ kind, name: "h", server: "s" })).message)
    assert.strictEqual(new Set(dns).size, kinds.length)
  })
})
