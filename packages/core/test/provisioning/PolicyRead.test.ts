import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { careful } from "../../src/provisioning/Guard.ts"
import { read } from "../../src/provisioning/PolicyRead.ts"
import { DomainName } from "../../src/setup/Domain.ts"

const domains = [DomainName.make("example.com")]

describe("a policy file", () => {
  it("is careful in all that it leaves out, and has the verified domains", () => {
    for (const empty of [null, {}]) {
      assert.deepStrictEqual(Result.getOrThrow(read(empty, domains)), { ...careful, domains })
    }
    const given = {
      losses: { count: 50 },
      deletions: { percent: null },
      protectedPeople: ["ceo@example.com"],
      protectedFilter: 'userType eq "Founder"',
      protectedGroups: ["Admins"],
      minAdmins: 2,
      tolerated: 0
    }
    assert.deepStrictEqual<unknown>(Result.getOrThrow(read(given, domains)), {
      ...careful,
      ...given,
      losses: { count: 50, percent: 10 },
      deletions: { count: 5, percent: null },
      domains
    })
  })

  it("says all that is wrong, and lets nobody set the domains", () => {
    const wrong = read(
      {
        losses: { percent: 101, count: -1 },
        protectedFilter: "userType is x",
        domains: ["elsewhere.test"],
        minAdmins: "two",
        deletions: 5
      },
      domains
    )
    const faults = Result.isFailure(wrong) ? wrong.failure.faults : []
    assert.deepStrictEqual(faults.map((fault) => fault.slice(0, fault.indexOf(":"))).toSorted(), [
      "deletions",
      "domains",
      "losses.count",
      "losses.percent",
      "minAdmins",
      "protectedFilter"
    ])
    assert.include(faults, "domains: is not known here")
    assert.isTrue(Result.isFailure(read("careful", domains)))
    assert.isTrue(Result.isFailure(read([], domains)))
  })
})
