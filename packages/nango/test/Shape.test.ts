import { assert, describe, it } from "@effect/vitest"
import * as BridgeUrl from "@loom-scim/core/setup/BridgeUrl"
import { Arbitrary, Result, Schema } from "effect"
import type { ShapeReason, ShapeRefused } from "../src/Shape.ts"
import { endpointPattern, Shape, toBridgeUrl, toConnectionConfig } from "../src/Shape.ts"
import { entry } from "./provider/entry.ts"
import * as Render from "./provider/render.ts"

const strict = { allowPrivateNetwork: false }
const lab = { allowPrivateNetwork: true }

const url = (text: string, options = strict) => Result.getOrThrow(BridgeUrl.parse(text, options))

const refused = (
  result: Result.Result<unknown, ShapeRefused>,
  reason: ShapeReason,
  next: RegExp | string,
  name?: string
) => {
  assert.isTrue(Result.isFailure(result), name)
  if (!Result.isFailure(result)) return
  assert.strictEqual(result.failure.reason, reason, name)
  if (typeof next === "string") assert.include(result.failure.next, next, name)
  else assert.match(result.failure.next, next, name)
}

describe("a base URL becomes a connection_config", () => {
  for (const [input, scimEndpoint] of [
    ["https://api.workos.com/scim/v2.0/01HKEY", "https://api.workos.com/scim/v2.0/01HKEY"],
    ["https://SCIM.Example.com:443/", "https://scim.example.com"],
    ["https://scim.example.com:8443/loom//scim///", "https://scim.example.com:8443/loom//scim"],
    ["https://bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC"],
    ["https://my_bridge.example.com./a%2Fb", "https://my_bridge.example.com./a%2Fb"],
    ["https://[2606:4700::1111]:8443/scim", "https://[2606:4700::1111]:8443/scim"],
    ["scim.example.com/scim", "https://scim.example.com/scim"]
  ] as const) {
    it(input, () => assert.deepStrictEqual(toConnectionConfig(url(input)), Result.succeed({ scimEndpoint })))
  }

  it("of the official entry's form when that is what the Nango has", () => {
    const official = (input: string) => toConnectionConfig(url(input), "official")
    assert.deepStrictEqual(official("https://scim.example.com/scim/"), Result.succeed({ domain: "scim.example.com" }))
    for (const input of [
      "https://scim.example.com",
      "https://scim.example.com:8443/scim",
      "https://scim.example.com/v2/scim",
      "https://api.workos.com/scim/v2.0/01HKEY",
      "https://my_bridge.example.com/scim"
    ]) {
      refused(official(input), "official", "provider/loom-scim.yaml", input)
    }
  })

  it("unless it is http, which a lab may have", () => {
    refused(toConnectionConfig(url("http://10.0.0.1/scim", lab)), "http", "https://")
    refused(toConnectionConfig(url("http://10.0.0.1/scim", lab), "official"), "http", "https://")
  })

  it("unless the form would not take it", () => {
    for (const input of ["https://a!b.example.com", "https://scim.example.com:0", "https://scim.example.com/a|b[c]"]) {
      refused(toConnectionConfig(url(input)), "character", "%7C", input)
    }
  })
})

describe("a connection_config leads to", () => {
  for (const [config, base] of [
    [{ domain: "scim.example.com" }, "https://scim.example.com/scim"],
    [{ domain: "SCIM.example.com:8443" }, "https://scim.example.com:8443/scim"],
    [{ domain: "bücher.example", scimEndpoint: "https://scim.example.com" }, "https://scim.example.com"],
    [{ scimEndpoint: "", domain: "scim.example.com" }, "https://scim.example.com/scim"],
    [{ scimEndpoint: null, domain: "scim.example.com", other: 1 }, "https://scim.example.com/scim"],
    [{ scimEndpoint: "https://api.workos.com/scim/v2.0/01HKEY" }, "https://api.workos.com/scim/v2.0/01HKEY"],
    [{ scimEndpoint: "HTTPS://Scim.Example.com:443/scim" }, "https://scim.example.com/scim"],
    [{ scimEndpoint: "https://bücher.example/ü" }, "https://xn--bcher-kva.example/%C3%BC"]
  ] as const) {
    it(JSON.stringify(config), () => assert.deepStrictEqual(toBridgeUrl(config, strict), Result.succeed(url(base))))
  }

  it("a private network only in a lab", () => {
    const config = { scimEndpoint: "https://10.0.0.1:8443/scim" }
    refused(toBridgeUrl(config, strict), "address", "private network")
    assert.deepStrictEqual(toBridgeUrl(config, lab), Result.succeed(url(config.scimEndpoint, lab)))
  })
})

describe("a connection_config is refused", () => {
  const cases: ReadonlyArray<readonly [unknown, ShapeReason, RegExp | string]> = [
    [null, "config", "object"],
    ["https://scim.example.com", "config", "object"],
    [{ scimEndpoint: 7 }, "config", "text"],
    [{ domain: ["scim.example.com"] }, "config", "text"],
    [{}, "empty", "Set scimEndpoint"],
    [{ scimEndpoint: "", domain: "" }, "empty", "Set scimEndpoint"],
    [{ scimEndpoint: " " }, "empty", "https://scim.example.com"],
    [{ domain: "https://scim.example.com" }, "domain", "whole endpoint"],
    [{ domain: "api.workos.com/scim/v2.0/01HKEY" }, "domain", "whole endpoint"],
    [{ domain: "user:pass@scim.example.com" }, "domain", "whole endpoint"],
    [{ domain: "bücher.example" }, "domain", "whole endpoint"],
    [{ domain: "scim.example.com?x" }, "domain", "whole endpoint"],
    [{ domain: "scim.example.com:99999" }, "notAUrl", "Example"],
    [{ domain: "localhost" }, "address", "this machine"],
    [{ domain: "intranet" }, "notAUrl", "full host name"],
    [{ scimEndpoint: "http://scim.example.com" }, "http", "https://"],
    [{ scimEndpoint: "ftp://scim.example.com" }, "scheme", "https://"],
    [{ scimEndpoint: "https://user:pass@scim.example.com" }, "userInfo", "Remove"],
    [{ scimEndpoint: "https://scim.example.com?x=1" }, "query", "Remove"],
    [{ scimEndpoint: "https://scim.example.com/#x" }, "fragment", "Remove"],
    [{ scimEndpoint: "https://scim.example.com/a/../b" }, "dotSegments", "as it was shown"],
    [{ scimEndpoint: "https://scim.example.com/scim/Users" }, "resourcePath", "Remove /Users"],
    [{ scimEndpoint: "https://169.254.169.254/scim" }, "address", "metadata"],
    [
      { scimEndpoint: "https://scim.example.com/scim/" },
      "spelling",
      "asks for https://scim.example.com/scim//Users. Set scimEndpoint to https://scim.example.com/scim."
    ],
    [{ scimEndpoint: "scim.example.com/scim" }, "spelling", /no URL\. Set scimEndpoint to https:\/\/scim/],
    [{ scimEndpoint: "https://scim.example.com/scim " }, "spelling", "https://scim.example.com/scim%20/Users"]
  ]
  for (const [config, reason, next] of cases) {
    it(`${JSON.stringify(config)}: ${reason}`, () => refused(toBridgeUrl(config, strict), reason, next))
  }

  it("without a password in the words", () => {
    for (const config of [
      { scimEndpoint: "https://user:hunter2@scim.example.com" },
      { domain: "u:hunter2@example.com" }
    ]) {
      const result = toBridgeUrl(config, strict)
      assert.isTrue(Result.isFailure(result))
      assert.notInclude(JSON.stringify(result) + String(Result.isFailure(result) && result.failure.message), "hunter2")
    }
  })

  it("naming the part that is at fault", () => {
    const part = (config: unknown) => {
      const result = toBridgeUrl(config, strict)
      return Result.isFailure(result) ? result.failure.message.split(" is refused.")[0] : "accepted"
    }
    assert.strictEqual(part({ scimEndpoint: "https://x" }), "The connection_config.scimEndpoint")
    assert.strictEqual(part({ domain: "x" }), "The connection_config.domain")
    assert.strictEqual(part({}), "The connection_config")
  })

  it("for http in a lab too", () => refused(toBridgeUrl({ scimEndpoint: "http://10.0.0.1" }, lab), "http", "https://"))
})

const fragments = [
  "https://",
  "http://",
  "HTTPS://",
  "scim.example.com",
  "https://scim.example.com/scim",
  "Bücher.example",
  "api.workos.com",
  "x",
  "10.0.0.1",
  "[2606:4700::1111]",
  "user:pass@",
  ":8443",
  ":443",
  ":0",
  "/",
  "/",
  "/scim",
  "/v2.0",
  "/Users",
  "//",
  "\\",
  "?",
  "#",
  "..",
  "%2e",
  "%2F",
  "%zz",
  " ",
  "\n",
  "|",
  "$",
  "{",
  "${connectionConfig.domain}",
  "é",
  "_",
  "-",
  "."
] as const
const texts = Arbitrary.array(Arbitrary.schema(Schema.Literals(fragments)), { maxLength: 7 }).pipe(
  Arbitrary.map((parts) => parts.join(""))
)
const urls = texts.pipe(Arbitrary.map((text) => (text.startsWith("http") ? text : `https://scim.example.com${text}`)))
const options = { arbitrary: { runs: 3000, seed: 1 } }

describe("any text", () => {
  const seen = { written: 0, read: 0, domains: 0 }

  it.prop(
    "that is a base URL comes back from a connection as it went in",
    [urls, Schema.Boolean, Schema.Literals(["loom-scim", "official"])],
    ([text, allowPrivateNetwork, which]) => {
      const parsed = BridgeUrl.parse(text, { allowPrivateNetwork })
      if (Result.isFailure(parsed)) return
      const config = toConnectionConfig(parsed.success, which)
      if (Result.isFailure(config)) return
      seen.written++
      if (config.success.domain !== undefined) seen.domains++
      assert.isTrue(Schema.is(Shape)(config.success))
      assert.deepStrictEqual(toBridgeUrl(config.success, { allowPrivateNetwork }), Result.succeed(parsed.success))
      if (config.success.scimEndpoint !== undefined)
        assert.match(config.success.scimEndpoint, new RegExp(endpointPattern))
    },
    options
  )

  it.prop(
    "that is accepted leads to exactly what Nango would ask for",
    [urls, texts, Schema.Boolean],
    ([scimEndpoint, domain, old]) => {
      const config = old ? { domain } : { scimEndpoint, domain }
      const base = toBridgeUrl(config, strict)
      if (Result.isFailure(base)) return assert.isNotEmpty(base.failure.next)
      seen.read++
      assert.strictEqual(Render.url(entry, config, "/Users"), `${base.success}/Users`)
      assert.match(base.success, /^https:/)
    },
    options
  )

  it.prop(
    "that the form takes is also taken here, or refused for where it leads",
    [urls],
    ([scimEndpoint]) => {
      if (!new RegExp(endpointPattern).test(scimEndpoint)) return
      const base = toBridgeUrl({ scimEndpoint }, strict)
      if (Result.isFailure(base)) {
        assert.include(["address", "dotSegments", "notAUrl", "resourcePath"], base.failure.reason, scimEndpoint)
      } else assert.strictEqual(base.success, new URL(`${scimEndpoint}/Users`).href.slice(0, -"/Users".length))
    },
    options
  )

  it("of these was accepted often enough to prove something", () => {
    assert.isAbove(seen.written, 300)
    assert.isAbove(seen.domains, 10)
    assert.isAbove(seen.read, 300)
  })
})
