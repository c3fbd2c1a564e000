import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { careful } from "../../src/provisioning/Guard.ts"
import { PolicyText, read } from "../../src/provisioning/PolicyRead.ts"
import { enterpriseUserUrn, rolePath } from "../../src/scim/Schemas.ts"
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

  it("refuses a filter over what no user has, and a percentage that nothing is measured by", () => {
    const faultOf = (value: unknown) => {
      const made = read(value, domains)
      return Result.isFailure(made) ? made.failure.faults : []
    }
    for (const text of ['userTyp eq "Founder"', 'name.givn eq "Ada"', 'active eq true and (x pr or title eq "CEO")']) {
      assert.match(
        faultOf({ protectedFilter: text }).join(),
        /^protectedFilter: users have no attribute (userTyp|name.givn|x)$/
      )
    }
    const known = [
      "emails pr",
      `${rolePath} eq "admin"`,
      "urn:acme:1.0:User:badge pr",
      "groups.display pr",
      "meta.created pr"
    ]
    for (const text of [...known, `${enterpriseUserUrn}:manager.value pr`, 'phoneNumbers[type eq "work"]']) {
      assert.deepStrictEqual(faultOf({ protectedFilter: text }), [], text)
    }
    assert.deepStrictEqual(faultOf({ protectedFilter: `${enterpriseUserUrn}:divison pr` }), [
      `protectedFilter: users have no attribute ${enterpriseUserUrn}:divison`
    ])
    assert.deepStrictEqual(faultOf({ groupDeletions: { count: 1, percent: 5 } }), [
      "groupDeletions.percent: is not known here"
    ])
    // What was kept of earlier policies is still read.
    const kept = { protectedFilter: 'userTyp eq "Founder"', groupDeletions: { count: 1, percent: 5 } }
    assert.deepStrictEqual<unknown>(Schema.decodeUnknownSync(PolicyText)(kept), {
      ...kept,
      groupDeletions: { count: 1 }
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
