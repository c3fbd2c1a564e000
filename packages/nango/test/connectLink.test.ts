import { assert, describe, it } from "@effect/vitest"
import { naming } from "../src/api/ConnectLink.ts"
import { cloud, NangoHost } from "../src/api/NangoHost.ts"

const own = NangoHost.make("https://nango.example.com/api")

describe("the link to Nango's Connect page", () => {
  it("names a server that is not the cloud, since the page would ask the cloud", () => {
    const link = new URL(naming(own, "https://connect.example.com/?session_token=abc"))
    assert.strictEqual(link.origin, "https://connect.example.com")
    assert.deepStrictEqual(
      [...link.searchParams],
      [
        ["session_token", "abc"],
        ["apiURL", own]
      ]
    )
  })

  it("stays as it is for the cloud, when it names a server, and when it is no URL", () => {
    const link = "https://connect.nango.dev/?session_token=abc"
    assert.strictEqual(naming(NangoHost.make(cloud), link), link)
    const named = "https://connect.example.com/?session_token=abc&apiURL=https%3A%2F%2Fapi.example.com"
    assert.strictEqual(naming(own, named), named)
    assert.strictEqual(naming(own, "connect"), "connect")
  })
})
