import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import * as FastCheck from "fast-check"
import type { BridgeUrlRefused } from "../../src/setup/BridgeUrl.ts"
import { BridgeUrl, hostOf, parse, refuseResolved } from "../../src/setup/BridgeUrl.ts"

const strict = { allowPrivateNetwork: false }
const lab = { allowPrivateNetwork: true }

describe("accepted", () => {
  for (const [input, output] of [
    ["https://scim.example.com", "https://scim.example.com"],
    ["  HTTPS://SCIM.Example.com:443/  ", "https://scim.example.com"],
    ["scim.example.com/v2/", "https://scim.example.com/v2"],
    ["https://api.workos.com/scim/v2.0/01JABCdef%2F+=@x", "https://api.workos.com/scim/v2.0/01JABCdef%2F+=@x"],
    ["https://scim.example.com:8443//a//", "https://scim.example.com:8443//a"],
    ["https://bücher.example/scim", "https://xn--bcher-kva.example/scim"],
    ["https://[2606:4700::1111]/scim", "https://[2606:4700::1111]/scim"],
    ["https://8.8.8.8", "https://8.8.8.8"]
  ] as const) {
    it(input, () => assert.deepStrictEqual(parse(input, strict), Result.succeed(BridgeUrl.make(output))))
  }
  for (const input of [
    "http://localhost:8080/scim",
    "http://127.0.0.1:1",
    "http://10.1.2.3",
    "https://printer.local/scim"
  ]) {
    it(`${input} in a lab only`, () => {
      assert.isTrue(Result.isSuccess(parse(input, lab)))
      assert.isTrue(Result.isFailure(parse(input, strict)))
    })
  }
})

describe("refused", () => {
  const cases: ReadonlyArray<readonly [string, BridgeUrlRefused["reason"]]> = [
    ["", "empty"],
    [" \n ", "empty"],
    ["https://", "notAUrl"],
    ["https://scim example.com", "notAUrl"],
    ["https://scim", "notAUrl"],
    ["http:/scim.example.com", "notAUrl"],
    ["https:\\\\scim.example.com", "notAUrl"],
    ["ftp://scim.example.com", "scheme"],
    ["javascript://scim.example.com", "scheme"],
    ["http://scim.example.com", "http"],
    ["http://8.8.8.8", "http"],
    ["https://user:pass@scim.example.com", "userInfo"],
    ["https://user@scim.example.com", "userInfo"],
    ["https://@scim.example.com", "userInfo"],
    ["https://:@scim.example.com", "userInfo"],
    ["https://scim.example.com?x=1", "query"],
    ["https://scim.example.com/?", "query"],
    ["https://scim.example.com#x", "fragment"],
    ["https://scim.example.com/a/../b", "dotSegments"],
    ["https://scim.example.com/a/.", "dotSegments"],
    ["https://scim.example.com/a/%2e%2E/b", "dotSegments"],
    ["https://scim.example.com/a\\..\\b", "dotSegments"],
    ["https://scim.example.com/v2/Users", "resourcePath"],
    ["https://scim.example.com/v2/groups/", "resourcePath"],
    ["https://scim.example.com/ServiceProviderConfig", "resourcePath"],
    ["https://localhost", "address"],
    ["https://127.1", "address"],
    ["https://0x7f000001", "address"],
    ["https://2130706433", "address"],
    ["https://[::1]", "address"],
    ["https://[::ffff:10.0.0.1]", "address"],
    ["https://169.254.169.254/latest", "address"],
    ["https://metadata.google.internal", "address"]
  ]
  for (const [input, reason] of cases) {
    it(`${JSON.stringify(input)}: ${reason}`, () => {
      const result = parse(input, strict)
      assert.strictEqual(Result.isFailure(result) ? result.failure.reason : "accepted", reason)
      assert.isTrue(Result.isFailure(result) && result.failure.message.length > 10)
    })
  }
  it("a metadata service even in a lab", () => {
    for (const input of [
      "http://169.254.169.254",
      "http://metadata.google.internal",
      "https://[fd00:ec2::254]",
      "https://[fe80::1]"
    ]) {
      assert.isTrue(Result.isFailure(parse(input, lab)), input)
    }
  })
})

const inputs = FastCheck.oneof(
  FastCheck.webUrl({ withQueryParameters: true, withFragments: true, validSchemes: ["http", "https", "ftp"] }),
  FastCheck.string({ unit: "grapheme" }),
  FastCheck.array(
    FastCheck.constantFrom(
      "https://",
      "http://",
      "scim.example.com",
      "user:pass@",
      "@",
      ":8443",
      "/",
      "\\",
      "?",
      "#",
      "..",
      "%2e",
      ".",
      "Users",
      "é",
      " ",
      "%",
      "[::1]",
      "10.0.0.1",
      "x"
    ),
    { maxLength: 8 }
  ).map((parts) => parts.join(""))
)

describe("any input", () => {
  it("is answered; what is accepted is clean, and is taken as it is the next time", () => {
    let accepted = 0
    FastCheck.assert(
      FastCheck.property(inputs, FastCheck.boolean(), (input, allowPrivateNetwork) => {
        const result = parse(input, { allowPrivateNetwork })
        if (Result.isFailure(result)) {
          assert.isNotEmpty(result.failure.message)
          return
        }
        accepted++
        const url = result.success
        assert.isTrue(Schema.is(BridgeUrl)(url))
        assert.deepStrictEqual(parse(url, { allowPrivateNetwork }), result)
        const { hash, password, protocol, search, username } = new URL(url)
        assert.deepStrictEqual([hash, password, search, username], ["", "", "", ""])
        assert.notMatch(url, /[?#\s]|\/$/)
        if (!allowPrivateNetwork) assert.strictEqual(protocol, "https:")
      }),
      { numRuns: 3000, seed: 1 }
    )
    assert.isAbove(accepted, 100)
  })

  it("with http and a public host is refused, lab or not", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.domain(), FastCheck.boolean(), (host, allowPrivateNetwork) => {
        FastCheck.pre(!/\.(?:local|internal|localhost)$/.test(host))
        assert.isTrue(Result.isFailure(parse(`http://${host}/scim`, { allowPrivateNetwork })))
      })
    )
  })

  it("with user-info is refused", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.stringMatching(/^[a-z0-9:%._-]{0,12}$/), FastCheck.domain(), (user, host) => {
        assert.isTrue(Result.isFailure(parse(`https://${user}@${host}/scim`, strict)))
      })
    )
  })
})

describe("resolved addresses", () => {
  it("are judged like written ones, and an answer that is no address is refused", () => {
    assert.isUndefined(refuseResolved("scim.example.com", "8.8.8.8", false))
    assert.include(refuseResolved("scim.example.com", "10.0.0.1", false), "scim.example.com (10.0.0.1)")
    assert.include(refuseResolved("scim.example.com", "10.0.0.1", false), "--allow-private-network")
    assert.isUndefined(refuseResolved("scim.example.com", "10.0.0.1", true))
    assert.notInclude(refuseResolved("scim.example.com", "169.254.169.254", true), "--allow-private-network")
    assert.isString(refuseResolved("scim.example.com", "nonsense", true))
  })
  it("belong to the host without brackets and port", () => {
    assert.strictEqual(hostOf(BridgeUrl.make("https://[2606:4700::1111]:8443/scim")), "2606:4700::1111")
    assert.strictEqual(hostOf(BridgeUrl.make("https://scim.example.com:8443")), "scim.example.com")
  })
})
