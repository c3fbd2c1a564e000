import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "fast-check"
import type { ManagedResource } from "../../src/ports/Runs.ts"
import { Digests, goneDigest, isAsSent, personDigest, withDigests } from "../../src/provisioning/PersonDigest.ts"
import { valuesOf } from "../../src/provisioning/Person.ts"
import { canonical } from "../../src/provisioning/Fingerprint.ts"
import { doubted, settled } from "../../src/provisioning/SubsetKeep.ts"
import { make } from "./PlanApply.ts"
import { person, personOf } from "./PersonArbitrary.ts"

const managed = (key: string, more: Partial<ManagedResource> = {}): ManagedResource => ({
  endpoint: "Users",
  id: `id-${key}`,
  key,
  digest: null,
  groups: [],
  ...more
})

describe("personDigest", () => {
  it("is the same exactly when all that is sent is the same", () => {
    const contentOf = (one: ReturnType<typeof person>) =>
      JSON.stringify([valuesOf(one).map(([path, value]) => [path, canonical(value)]), one.groups.toSorted()])
    FastCheck.assert(
      FastCheck.property(personOf("ann"), personOf("ann"), (one, other) => {
        assert.strictEqual(personDigest(one) === personDigest(other), contentOf(one) === contentOf(other))
      }),
      { numRuns: 2000 }
    )
  })
  it("does not depend on the place, on the order of groups or of addresses", () => {
    const [red, blue] = ["Red", "Blue"]
    const emails = [
      { value: "ann@example.com", type: "work", primary: true },
      { value: "ann@home.example", type: "home", primary: false }
    ]
    const one = person("ann", { groups: [red, blue], emails, at: "row 1" })
    const other = person("ann", { groups: [blue, red], emails: emails.toReversed(), at: "row 9" })
    assert.strictEqual(personDigest(one), personDigest(other))
    assert.match(personDigest(one), /^[0-9a-f]{14}$/)
  })
})

describe("isAsSent", () => {
  it("needs both the digest and the groups", () => {
    const ann = person("ann", { groups: ["Red"] })
    const digest = personDigest(ann)
    assert.isTrue(isAsSent(ann, { digest, groups: [" red"] }))
    assert.isFalse(isAsSent(ann, { digest, groups: [] }))
    assert.isFalse(isAsSent(ann, { digest: null, groups: ["Red"] }))
    assert.isFalse(isAsSent(ann, { digest: goneDigest, groups: ["Red"] }))
    assert.isFalse(isAsSent(ann, { digest, groups: ["Red", "Blue"] }))
  })
})

describe("Digests", () => {
  it("keeps equal lists of groups once", () => {
    const digests = new Digests()
    for (const key of ["ann", "bob"]) digests.take(person(key, { groups: ["Red"] }))
    assert.strictEqual(digests.of("ann")?.groups, digests.of("bob")?.groups)
    assert.isNull(digests.of("cid"))
  })
  it("tells who is gone only when the source was read whole and nobody is withheld", () => {
    const users = ["ann", "bob", "cid"].map((key) => managed(key))
    const withheld = [{ reason: "usersIncomplete", detail: "" }] as const
    const digestsOf = (note: (digests: Digests) => void, isWithheld = false) => {
      const digests = new Digests()
      digests.take(person("ann"))
      digests.unreadable("bob")
      note(digests)
      digests.leaveOthers(users, { withheld: isWithheld ? withheld : [] })
      return withDigests(users, digests).map(({ digest }) => digest)
    }
    const ann = personDigest(person("ann"))
    assert.match(ann, /^[0-9a-f]{14}$/)
    assert.deepStrictEqual(
      digestsOf(() => undefined),
      [ann, null, goneDigest]
    )
    assert.deepStrictEqual(
      digestsOf((digests) => digests.cut()),
      [ann, null, null]
    )
    assert.deepStrictEqual(
      digestsOf((digests) => digests.unreadable(null)),
      [ann, null, null]
    )
    assert.deepStrictEqual(
      digestsOf(() => undefined, true),
      [ann, null, null]
    )
  })
})

describe("what is kept of a run", () => {
  const ann = person("ann", { groups: ["Red"] })
  const bob = person("bob", { groups: ["Blue"] })
  const { actions } = make({ people: [ann, bob] })
  const digests = new Digests()
  for (const one of [ann, bob]) digests.take(one)
  const sent = { digest: personDigest(ann), groups: ["Red"] }

  it("is the digest of whoever is as the source has them", () => {
    const users = [managed("ann"), managed("bob"), managed("cid"), managed("Red", { endpoint: "Groups" })]
    const open = actions.filter(({ key }) => key === "bob")
    assert.deepStrictEqual(settled(users, digests, open), [{ _tag: "Keep", resource: managed("ann", sent) }])
    assert.deepStrictEqual(settled([managed("ann", sent)], digests, []), [])
  })
  it("is no digest where a membership is open", () => {
    const open = actions.filter(({ _tag, label }) => _tag === "GroupCreate" && label === "Red")
    assert.deepStrictEqual(settled([managed("ann", sent)], digests, open), [
      { _tag: "Keep", resource: managed("ann", { groups: ["Red"] }) }
    ])
    const conflict = {
      _tag: "Conflict",
      endpoint: "Groups",
      key: "red",
      label: "red",
      at: null,
      reason: "severalMatch",
      ids: [],
      detail: ""
    } as const
    assert.deepStrictEqual(
      settled([managed("ann"), managed("bob")], digests, [conflict]).map(({ _tag }) => _tag),
      ["Keep"]
    )
  })
  it("is put in doubt before the run begins", () => {
    const users = [managed("ann", sent), managed("cid", { digest: "00000000000000" })]
    assert.deepStrictEqual(doubted(users, actions), [{ _tag: "Keep", resource: managed("ann", { groups: ["Red"] }) }])
  })
})
