import { assert, describe, it } from "@effect/vitest"
import { getProvider } from "@nangohq/providers"
import { Arbitrary, Schema } from "effect"
import { domainPattern, endpointPattern } from "../../src/Shape.ts"
import { entry } from "./entry.ts"
import * as Render from "./render.ts"

const official = getProvider("loom-scim")
const [verification = ""] = entry.proxy.verification.endpoints

/** Ten connections, and the URL that the verification asks for. */
const connections: ReadonlyArray<readonly [Readonly<Record<string, string>>, string]> = [
  [{ domain: "scim.example.com" }, "https://scim.example.com/scim/Users?count=1"],
  [{ domain: "SCIM.example.com", scimEndpoint: "" }, "https://scim.example.com/scim/Users?count=1"],
  [
    { scimEndpoint: "https://api.workos.com/scim/v2.0/01HKEY" },
    "https://api.workos.com/scim/v2.0/01HKEY/Users?count=1"
  ],
  [
    { scimEndpoint: "https://api.workos.com/scim/v2.0/01HKEY", domain: "scim.example.com" },
    "https://api.workos.com/scim/v2.0/01HKEY/Users?count=1"
  ],
  [{ scimEndpoint: "https://scim.example.com" }, "https://scim.example.com/Users?count=1"],
  [{ scimEndpoint: "https://scim.example.com:8443" }, "https://scim.example.com:8443/Users?count=1"],
  [{ scimEndpoint: "https://scim.example.com:443/loom/scim" }, "https://scim.example.com/loom/scim/Users?count=1"],
  [{ scimEndpoint: "https://xn--bcher-kva.example/scim/v2" }, "https://xn--bcher-kva.example/scim/v2/Users?count=1"],
  [{ scimEndpoint: "https://[2606:4700::1111]:8443/scim" }, "https://[2606:4700::1111]:8443/scim/Users?count=1"],
  [
    { scimEndpoint: "https://scim.example.com/t/a%2Fb+c@d=;,'()*!$&~:_-." },
    "https://scim.example.com/t/a%2Fb+c@d=;,'()*!$&~:_-./Users?count=1"
  ]
]

const bad: ReadonlyArray<string> = [
  "",
  "scim.example.com",
  "http://scim.example.com",
  "HTTPS://scim.example.com",
  "ftp://scim.example.com",
  "https://",
  "https://scim",
  "https://localhost",
  "https://scim example.com",
  "https://user:pass@scim.example.com",
  "https://user@scim.example.com/scim",
  "https://scim.example.com/",
  "https://scim.example.com/scim/",
  "https://scim.example.com/scim?x=1",
  "https://scim.example.com/scim#x",
  "https://scim.example.com/../scim",
  "https://scim.example.com/scim/..",
  "https://scim.example.com/./scim",
  "https://scim.example.com/scim/Users",
  "https://scim.example.com/scim/groups",
  "https://scim.example.com:0",
  "https://scim.example.com:x",
  "https://scim.example.com:123456",
  "https://scim.example.com:",
  "https://bücher.example/scim",
  "https://scim.example.com/ü",
  "https://scim.example.com/${apiKey}",
  "https://${apiKey}.example.com",
  "https://scim.example.com/a|b",
  "https://scim.example.com/a\\b",
  "https://scim.example.com/scim\n",
  " https://scim.example.com/scim",
  "https://[::1",
  "https://https://scim.example.com"
]

describe("a connection", () => {
  for (const [config, asked] of connections) {
    it(`${JSON.stringify(config)} asks for ${asked}`, () => {
      assert.strictEqual(Render.url(entry, config, verification), asked)
      if (config.scimEndpoint) assert.match(config.scimEndpoint, new RegExp(endpointPattern))
    })
  }

  it("sends the token as a bearer, and SCIM's media types", () => {
    assert.deepStrictEqual(Render.headers(entry, { type: "API_KEY", apiKey: "t0ken-${apiKey}" }), {
      authorization: "Bearer t0ken-${apiKey}",
      accept: "application/scim+json, application/json",
      "content-type": "application/scim+json"
    })
  })

  const label = Schema.Literals(["scim", "a", "x-1", "EXAMPLE", "9", "xn--bcher-kva", "co", "loom-bridge"])
  const domains = Arbitrary.array(Arbitrary.schema(label), { minLength: 1, maxLength: 5 }).pipe(
    Arbitrary.map((labels) => [...labels, "com"].join("."))
  )
  it.prop(
    "with a domain asks for what it asked for under the official entry",
    [domains, Schema.Literals(["Users", "/Groups/x?count=1"])],
    ([domain, endpoint]) => {
      assert.match(domain, new RegExp(domainPattern))
      const before = Render.url(official ?? {}, { domain }, endpoint)
      assert.strictEqual(before, `https://${domain.toLowerCase()}/scim/${endpoint.replace(/^\//, "")}`)
      assert.strictEqual(Render.url(entry, { domain }, endpoint), before)
    },
    { arbitrary: { runs: 200, seed: 1 } }
  )

  it("without either field leads to no host that exists", () => {
    assert.match(new URL(Render.url(entry, {}, "/Users")).hostname, /^\$\{/)
  })
})

describe("the form refuses", () => {
  for (const endpoint of bad) {
    it(JSON.stringify(endpoint), () => assert.notMatch(endpoint, new RegExp(endpointPattern)))
  }

  it("a domain that is more than a host", () => {
    for (const domain of ["", "https://x.example", "x.example/scim", "x.example:8443", "a@x.example", "x.example?y"]) {
      assert.notMatch(domain, new RegExp(domainPattern))
    }
  })

  it("what is no token", () => {
    const pattern = new RegExp(entry.credentials.apiKey.pattern ?? "")
    for (const token of ["", "short", "Bearer abcdefgh", "abcdefgh\n", "abcd efgh", "x".repeat(1025), "töken-abcdef"]) {
      assert.notMatch(token, pattern)
    }
    for (const token of ["abcdefgh", "x".repeat(1024), "eyJhbGciOi.J9-_~+/=="]) assert.match(token, pattern)
  })
})
