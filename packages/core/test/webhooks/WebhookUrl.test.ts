import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as WebhookUrl from "../../src/webhooks/WebhookUrl.ts"

const parse = (input: string, allowPrivateNetwork = false) => WebhookUrl.parse(input, { allowPrivateNetwork })

describe("the URL of a webhook", () => {
  it("is taken with its query, normalised", () => {
    for (const [input, url] of [
      [" https://Hooks.Example.com ", "https://hooks.example.com/"],
      ["https://hooks.example.com:443/a b?x=1".replace(" ", "%20"), "https://hooks.example.com/a%20b?x=1"],
      ["https://hooks.example.com/?key=a@b", "https://hooks.example.com/?key=a@b"],
      ["https://93.184.215.14/x", "https://93.184.215.14/x"]
    ] as const) {
      assert.strictEqual<string>(Result.getOrThrow(parse(input)), url)
    }
  })

  it("is refused when it is none, shows a password, is in clear or leads inside", () => {
    for (const input of [
      "",
      "hooks.example.com",
      "ftp://hooks.example.com",
      "https://hooks.example.com/a b",
      "https://ada:pw@hooks.example.com/",
      "https://@hooks.example.com/",
      "https:ada:pw@hooks.example.com/",
      "https://hooks.example.com/#here",
      "https://hooks",
      "http://hooks.example.com/",
      "https://localhost/",
      "https://10.0.0.1/",
      "https://0x7f.1/",
      "https://[::1]/",
      "https://[::ffff:10.0.0.1]/",
      "https://metadata.google.internal/",
      `https://hooks.example.com/${"x".repeat(2048)}`
    ]) {
      assert.isTrue(Result.isFailure(parse(input)), input)
    }
  })

  it("may lie inside, in clear too, where that is allowed; never at a cloud's metadata service", () => {
    for (const url of ["http://127.0.0.1:8080/x", "http://localhost/x", "https://10.0.0.1/x"]) {
      assert.strictEqual<string>(Result.getOrThrow(parse(url, true)), url)
    }
    for (const url of ["http://169.254.169.254/x", "http://hooks.example.com/", "http://93.184.215.14/"]) {
      assert.isTrue(Result.isFailure(parse(url, true)), url)
    }
  })

  it("is spoken of by its host alone", () => {
    assert.strictEqual(
      WebhookUrl.hostOf(Result.getOrThrow(parse("https://[2606:4700::1]:8443/x?key=1"))),
      "2606:4700::1"
    )
  })
})
