import { assert, describe, it } from "@effect/vitest"
import { careful } from "@loom-scim/core/provisioning/Guard"
import { read } from "@loom-scim/core/provisioning/PolicyRead"
import { DomainName } from "@loom-scim/core/setup/Domain"
import { Result } from "effect"
import { policyText } from "../src/remote/policyText.ts"

describe("a policy on its way to a server", () => {
  it("is one that the server reads, and arrives as it was", () => {
    const domains = [DomainName.make("example.com")]
    const policy = { ...careful, deletions: { count: 0, percent: null }, minAdmins: 2, domains }
    const sent: unknown = JSON.parse(JSON.stringify(policyText(policy)))
    assert.notProperty(sent, "domains")
    assert.deepStrictEqual(Result.getOrThrow(read(sent, domains)), policy)
  })
})
