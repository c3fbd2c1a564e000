import { assert, describe, it } from "@effect/vitest"
import { BridgeUrl } from "../../src/setup/BridgeUrl.ts"
import { isServerOf } from "../../src/setup/SameServer.ts"
import { initial } from "../../src/setup/State.ts"

const state = { ...initial, endpoint: BridgeUrl.make("https://scim.example.com/v2/Key") }

describe("a connection's own server", () => {
  it("is known however its address is written", () => {
    for (const address of ["https://scim.example.com/v2/Key", " HTTPS://SCIM.example.com:443/v2/Key/"]) {
      assert.isTrue(isServerOf(state, address), address)
    }
  })

  it("is no other, and none when there is no address yet", () => {
    for (const address of ["https://scim.example.com/v2/key", "https://example.com/v2/Key", "acme", ""]) {
      assert.isFalse(isServerOf(state, address), address)
    }
    assert.isFalse(isServerOf(initial, "https://scim.example.com/v2/Key"))
  })
})
