/** The documentation in a real browser: opened, authorised, and a call made from it. */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { closeAll, start } from "../support/api.ts"
import { isMissing, open } from "./chromium.ts"

afterEach(closeAll)

describe.skipIf(isMissing)("/docs in Chromium", () => {
  it("opens, takes a key, runs a call and shows the answer; no error, and nothing asked of anybody else", async () => {
    const api = await start()
    await api.call("POST", "/v1/connections", { body: { name: "Acme of the docs" } })
    const { outside, page, said } = await open(api.base)
    await page.goto(`${api.base}/docs`)
    await page.getByRole("heading", { name: "loom-scim API" }).waitFor()
    await page.getByPlaceholder("Token").first().fill(api.admin)
    await page.goto(`${api.base}/docs#tag/connections/GET/v1/connections`)
    const operation = page.locator('[id$="GET/v1/connections"]')
    await operation.getByRole("button", { name: /Test Request/ }).click()
    await page.getByRole("button", { name: /^Send get request/ }).click()
    await page.getByText("Acme of the docs").first().waitFor()
    assert.deepStrictEqual(outside, [])
    assert.deepStrictEqual(said, [])
  }, 90_000)
  it("fits a phone: it scrolls down and not to the side, and what belongs to the screen stays there", async () => {
    const api = await start()
    const { page } = await open(api.base)
    await page.setViewportSize({ width: 390, height: 844 })
    await page.goto(`${api.base}/docs`)
    await page.getByRole("heading", { name: "loom-scim API" }).waitFor()
    // Until the operations are there, whose names are what is wide.
    await page.getByRole("heading", { name: "Forget it with its token" }).waitFor()
    const { bar, height, width } = await page.evaluate(() => {
      scrollTo(0, 2000)
      const { scrollHeight, scrollWidth } = document.documentElement
      return {
        height: scrollHeight,
        width: scrollWidth,
        bar: document.querySelector("header")?.getBoundingClientRect().top
      }
    })
    assert.strictEqual(width, 390)
    assert.strictEqual(bar, 0)
    assert.isAbove(height, 844)
  }, 90_000)
})
