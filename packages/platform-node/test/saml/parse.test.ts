import { assert, describe, it } from "@effect/vitest"
import { judge } from "@loom-scim/core/setup/IdpMetadata"
import { DateTime, Result } from "effect"
import * as FastCheck from "fast-check"
import { decode } from "../../src/saml/decode.ts"
import { limit, parse } from "../../src/saml/parse.ts"
import { resolveReferences } from "../../src/saml/xmlTree.ts"
import { goodSha256 } from "../http/certificates.ts"
import { billionLaughs, entity, keys, serviceProvider, several, single } from "./documents.ts"

const accepted = (xml: string) => {
  const result = parse(xml)
  if (Result.isFailure(result)) throw result.failure
  return result.success
}
const refusal = (xml: string) => {
  const result = parse(xml)
  if (Result.isSuccess(result)) throw new Error("was accepted")
  return result.failure
}

const now = DateTime.makeUnsafe("2026-06-01T00:00:00Z")

describe("accepted", () => {
  it("all that a set-up needs", () => {
    const [idp, ...others] = accepted(single)
    assert.isEmpty(others)
    assert.strictEqual(idp.entityID, "https://idp.example.com/a")
    assert.deepStrictEqual(idp.singleSignOnServices, [
      {
        binding: "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect",
        location: "https://idp.example.com/sso?a=1&b=2"
      },
      { binding: "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST", location: "https://idp.example.com/sso" }
    ])
    assert.deepStrictEqual(idp.nameIDFormats, ["urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"])
    const [certificate] = idp.signingCertificates
    if (certificate === undefined) throw new Error("no certificate")
    assert.strictEqual(certificate.sha256, goodSha256)
    assert.strictEqual(certificate.subject, "CN=Test only")
    assert.strictEqual(DateTime.formatIso(certificate.notBefore), "2024-01-01T00:00:00.000Z")
    assert.strictEqual(DateTime.formatIso(certificate.notAfter), "2046-01-01T00:00:00.000Z")
    assert.isEmpty(judge(idp, now))
  })

  it("any prefix, or none", () => {
    const expected = accepted(single)
    const none = single.replace("xmlns:md=", "xmlns=").replaceAll("<md:", "<").replaceAll("</md:", "</")
    const foreign = single.replaceAll(/\bmd(?=[:=])/g, "saml2_x.y-z").replaceAll(/\bds(?=[:=])/g, "q")
    assert.notInclude(none, "md:")
    assert.deepStrictEqual(accepted(none), expected)
    assert.deepStrictEqual(accepted(foreign), expected)
  })

  it("several identity providers, nested groups, service providers passed over", () => {
    assert.deepStrictEqual(
      accepted(several).map(({ entityID }) => entityID),
      ["https://idp.example.com/a", "https://idp.example.com/b"]
    )
  })

  it("keys for signing or for anything, each certificate once", () => {
    const count = (xml: string) => accepted(entity("https://i", xml))[0].signingCertificates.length
    assert.strictEqual(count(keys.good + keys.withoutUse), 1)
    assert.strictEqual(count(keys.withoutUse), 1)
    assert.strictEqual(count(keys.good + keys.other), 2)
    assert.strictEqual(count(keys.encryption), 0)
    assert.strictEqual(count(keys.pem), 1)
  })

  it("an expired certificate, which is then judged an error", () => {
    const [idp] = accepted(entity("https://idp.example.com/old", keys.expired))
    assert.deepStrictEqual(judge(idp, now), [
      { severity: "error", message: "no signing certificate is valid now (the last one ends 2020-01-01)" }
    ])
  })

  it("CDATA and character references, each read once", () => {
    const [idp] = accepted(
      single
        .replace(/<md:NameIDFormat>[^<]*/, "<md:NameIDFormat><![CDATA[a&amp;b]]>")
        .replace('/a"', '/&#x61;&amp;lt;"')
    )
    assert.deepStrictEqual(idp.nameIDFormats, ["a&amp;b"])
    assert.strictEqual(idp.entityID, "https://idp.example.com/a&lt;")
  })

  it("UTF-16 and Latin-1 files", () => {
    const expected = accepted(single)
    const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(single, "utf16le")])
    assert.deepStrictEqual(accepted(decode(utf16)), expected)
    assert.deepStrictEqual(
      accepted(decode(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(single)]))),
      expected
    )
    const latin = single.replace("UTF-8", "ISO-8859-1").replace('/a"', '/ä"')
    assert.strictEqual(accepted(decode(Buffer.from(latin, "latin1")))[0].entityID, "https://idp.example.com/ä")
  })
})

describe("refused", () => {
  const cases: ReadonlyArray<readonly [string, ReturnType<typeof refusal>["reason"], string]> = [
    ["nothing", "notXml", " \n "],
    ["text", "notXml", "hello"],
    ["JSON", "notXml", `{"entityID":"x"}`],
    ["a certificate alone", "notXml", "-----BEGIN CERTIFICATE-----\nMIIB"],
    ["XML cut in the middle", "notXml", single.slice(0, -30)],
    ["two roots", "notXml", "<a/><b/>"],
    ["deep nesting", "notXml", "<a>".repeat(20_000) + "</a>".repeat(20_000)],
    ["a web page", "webPage", "<!DOCTYPE html><html><body>Sign in</body></html>"],
    ["a web page without a DOCTYPE", "webPage", "<html><head></head></html>"],
    [
      "a web page as XHTML",
      "webPage",
      `<?xml version="1.0"?><!DOCTYPE html PUBLIC "x" "y"><html xmlns="http://www.w3.org/1999/xhtml"/>`
    ],
    ["the billion laughs", "doctype", billionLaughs],
    ["an external entity", "doctype", `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>${entity("&e;", "")}`],
    ["other XML", "notMetadata", "<rss><channel/></rss>"],
    ["the right names in another namespace", "notMetadata", single.replace("SAML:2.0:metadata", "SAML:1.0:metadata")],
    ["no entityID", "notMetadata", entity("", keys.good)],
    ["a service provider alone", "noIdentityProvider", serviceProvider],
    ["an empty group", "noIdentityProvider", `<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata"/>`],
    ["a certificate that was cut", "badCertificate", entity("https://i", keys.cut)],
    ["a certificate that is none", "badCertificate", entity("https://i", keys.good + keys.garbage)],
    ["more than 1 MiB", "tooLarge", single + " ".repeat(limit)]
  ]
  for (const [name, reason, xml] of cases) {
    it(name, () => {
      const rejected = refusal(xml)
      assert.strictEqual(rejected.reason, reason)
      assert.isNotEmpty(rejected.detail)
      assert.isNotEmpty(rejected.next)
    })
  }

  it("each with words of its own", () => {
    const words = new Map(cases.map(([, , xml]) => refusal(xml)).map(({ detail, reason }) => [reason, detail]))
    assert.strictEqual(new Set(words.values()).size, words.size)
  })

  it("says which certificate of whom", () => {
    assert.include(refusal(entity("https://i", keys.good + keys.garbage)).detail, "2 of https://i")
  })

  it("is quick with hostile input", () => {
    const started = performance.now()
    for (const piece of ["<", "<a ", "<!--", "<?x?>", "&#", "<a>&lt;", "\n<?xml encoding=", "<![CDATA["]) {
      const text = piece.repeat(Math.floor(limit / piece.length / 4))
      parse(text)
      decode(Buffer.from(text))
    }
    assert.isBelow(performance.now() - started, 3000)
  })
})

describe("references", () => {
  it("come out as they went in", () => {
    const escape = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;")
    FastCheck.assert(
      FastCheck.property(FastCheck.string({ unit: "grapheme" }), (text) =>
        assert.strictEqual(resolveReferences(escape(text)), text)
      )
    )
  })
  it("unknown and impossible ones stay", () => {
    for (const text of ["&nbsp;", "&#0;", "&#x110000;", "&;", "&#;"]) assert.strictEqual(resolveReferences(text), text)
  })
})

describe("any input", () => {
  it("is answered and never thrown at", () => {
    const piece = FastCheck.constantFrom(
      "<",
      ">",
      "&",
      "<a",
      "/>",
      "md:",
      'xmlns="u"',
      "<![CDATA[",
      "]]>",
      "<!--",
      "x",
      " ",
      "=",
      '"'
    )
    FastCheck.assert(
      FastCheck.property(FastCheck.array(piece), (pieces) => {
        assert.isNotEmpty(refusal(pieces.join("")).next)
      })
    )
  })
})
