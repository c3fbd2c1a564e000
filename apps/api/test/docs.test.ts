/** The documentation is complete and comes from here. */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { closeAll, start } from "./support/api.ts"

afterEach(closeAll)

describe("the documentation", () => {
  it("is OpenAPI 3.1, for everybody", async () => {
    const api = await start()
    const { json, status } = await api.anonymous("GET", "/openapi.json")
    assert.strictEqual(status, 200)
    assert.match(String(json["openapi"]), /^3\.1\./)
  })

  it("is a page whose every asset is served here", async () => {
    const api = await start()
    const page = await api.anonymous("GET", "/docs")
    assert.strictEqual(page.status, 200)
    const sources = [...page.text.matchAll(/(?:src|href)="(?!data:)([^"]+)"/g)].map(([, source]) => source ?? "")
    assert.isAbove(sources.length, 1)
    for (const source of sources) {
      assert.match(source, /^\/docs\//)
      const asset = await api.anonymous("GET", source)
      assert.strictEqual(asset.status, 200, source)
      assert.match(asset.headers.get("content-type") ?? "", /^text\/javascript/)
    }
    const policy = page.headers.get("content-security-policy") ?? ""
    assert.include(policy, "default-src 'none'")
    assert.notMatch(policy, /https?:/)
    const script = await api.anonymous("GET", "/docs/scalar.js")
    assert.include(script.text, "createApiReference")
    assert.notInclude(script.text.slice(0, 50), "<")
  })
})
