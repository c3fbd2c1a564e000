import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as FastCheck from "fast-check"
import { fromJson, summary, toJson, toMarkdown, toText } from "../../src/provisioning/PlanText.ts"
import { make, managing } from "./PlanApply.ts"
import { people, person, user } from "./PersonArbitrary.ts"

const bob = person("bob", { attributes: { title: "New" }, groups: ["Red"] })
const planned = make(
  {
    people: [person("ann"), bob, person("eve")],
    users: [
      user("2", person("bob", { attributes: { title: "Old" } })),
      user("3", person("cid")),
      user("4", person("eve"))
    ]
  },
  { managed: managing([["3", "cid"]]) }
)

describe("toText", () => {
  it("says the sum first, then each action with its reason and what changes", () => {
    assert.strictEqual(
      toText(planned),
      `Plan: 1 update, 1 create, 1 create a group, 1 deactivate; 1 unchanged
3 people in the source; 3 users on the server, 3 of them ours, 0 created by something else.

update (1)
  ~ bob@example.com (row bob): differs from the source
      title: "Old" → "New"

create (1)
  + ann@example.com (row ann): in the source, not on the server

create a group (1)
  + Red: in the source, not on the server
      bob@example.com

deactivate (1)
  - cid@example.com: no longer in the source
      active: true → false
`
    )
  })

  it("says why nobody is taken for gone, and counts what it does not show", () => {
    const many = Array.from({ length: 30 }, (_, index) => person(`p${index}`, { groups: ["All"] }))
    const text = toText(make({ people: many, sourceFailure: "the file is cut" }), { limit: 3 })
    assert.include(text, "Nobody is taken for gone: the source was not read to its end (the file is cut).")
    assert.include(text, "  and 27 more\n")
    assert.include(text, " and 10 more\n")
    assert.strictEqual(summary(make({})), "nothing to do")
  })

  it("names the first of those whom something else created, and how they are taken over", () => {
    const there = Array.from({ length: 12 }, (_, index) => person(`p${String.fromCharCode(97 + index)}`))
    const users = there.map((one, index) => {
      const { externalId: _, ...unclaimed } = user(String(index), one)
      return unclaimed
    })
    const plan = make({ people: there.toReversed(), users })
    assert.strictEqual(summary(plan), "nothing to do; 12 not adopted")
    const first = there.slice(0, 10).map(({ userName }) => userName)
    assert.deepStrictEqual(plan.notAdopted, first)
    const named = `left alone since something else created them: ${first.join(", ")} and 2 more. To take them over: `
    assert.include(toText(plan), `${named}--adopt unclaimed\n`)
    assert.include(toMarkdown(plan), `${named}plan with adopt unclaimed`)
    assert.notInclude(toText(planned), "take them over")
    assert.strictEqual(make({ people: there, users }, { adopt: "unclaimed" }).counts["Adopt"], 12)
  })

  it("says by what the policy protects nobody, and how many of ours have access when not all have", () => {
    const unmatched = [
      { field: "protectedPeople", name: "typo\u001B@example.com" },
      { field: "protectedFilter", name: 'userType eq "Founder"' },
      { field: "protectedGroups", name: "crew" }
    ] as const
    for (const text of [toText({ ...planned, unmatched }), toMarkdown({ ...planned, unmatched })]) {
      assert.include(text, 'The policy protects nobody by "typo')
      assert.include(text, 'by the filter userType eq "Founder": it matches no user of the server.')
      assert.include(text, 'The policy protects no group by "crew": none has that name or key.')
      assert.notInclude(text, "\u001B")
    }
    const asleep = person("bob", { active: false })
    const half = make({ people: [person("ann"), asleep], users: [user("1", person("ann")), user("2", asleep)] })
    assert.include(toText(half), "2 users on the server, 2 of them ours (1 with access), 0 created by something else.")
  })

  it("cuts a long value, and says how long it is", () => {
    const title = "\u{1F600}".repeat(1500)
    const plan = make({ people: [person("ann", { attributes: { title } })], users: [user("1", person("ann"))] })
    for (const text of [toText(plan), toMarkdown(plan)]) {
      const line = text.split("\n").find((one) => one.includes("title: ")) ?? ""
      assert.isBelow(line.length, 260)
      assert.include(line, "\u{1F600}… (3002 characters)")
      assert.isTrue(line.isWellFormed())
    }
  })

  it("names members in the order of their names, whatever their ids", () => {
    const users = ["c", "a", "b"].map((name, at) => user(String(at), person(name)))
    const inGroup = ["c", "a", "b"].map((name) => person(name, { groups: ["Red"] }))
    assert.include(toText(make({ people: inGroup, users })), "\n      a@example.com, b@example.com, c@example.com\n")
    const full = {
      id: "g",
      externalId: "Red",
      displayName: "Red",
      members: [{ value: "0" }, { value: "1" }, { value: "2" }]
    }
    const managed = managing([], ["g"])
    const text = toText(
      make({ people: [person("a"), person("b"), person("c")], users, actualGroups: [full] }, { managed })
    )
    assert.include(text, "remove members (1)")
    assert.include(text, "\n      a@example.com, b@example.com, c@example.com\n")
  })

  it("lets nothing from a directory reach the terminal or break out of a line", () => {
    const hostile = FastCheck.string({
      unit: FastCheck.constantFrom("\u001B", "[", "2", "J", "\n", "\r", "\u202E", "|", "`", "<", "a")
    })
    FastCheck.assert(
      FastCheck.property(hostile, hostile, (label, title) => {
        const before = user("1", person("ann"), { title, userName: `x${label}` })
        const plan = make({ people: [person("ann", { attributes: { title: `${title}!` } })], users: [before] })
        const gone = make({ users: [before] }, { managed: managing([["1", "ann"]]) })
        for (const shown of [toText(plan), toText(gone), toMarkdown(plan), toMarkdown(gone)]) {
          assert.notMatch(shown.replaceAll("\n", ""), /[\p{Cc}\p{Cf}]/u)
        }
        assert.lengthOf(toText(gone).split("\n"), toText(gone).match(/^/gmu)?.length ?? 0)
        for (const line of toMarkdown(gone)
          .split("\n")
          .filter((one) => one.startsWith("- "))) {
          assert.lengthOf(line.split("`"), 3)
        }
      })
    )
  })
})

describe("toMarkdown", () => {
  it("has a table of counts and a section for each kind", () => {
    const text = toMarkdown(planned)
    assert.match(text, /^## Provisioning plan\n/)
    for (const line of [
      "| update | 1 |",
      "| left alone: unchanged | 1 |",
      "<details><summary>update (1)</summary>",
      "- `bob@example.com` `(row bob)`: differs from the source",
      '  - `title: "Old" → "New"`'
    ]) {
      assert.include(text.split("\n"), line)
    }
    assert.strictEqual(text.split("<details>").length, text.split("</details>").length)
    assert.include(toMarkdown(make({ sourceFailure: "cut" })), "> **`Nobody is taken for gone")
  })
})

describe("toJson", () => {
  it("is read back as the same plan", () => {
    FastCheck.assert(
      FastCheck.property(people, people, (desired, there) => {
        const plan = make({ people: desired, users: there.map((one) => user(one.key, one)) })
        assert.deepStrictEqual(Result.getOrThrow(fromJson(toJson(plan))), plan)
      })
    )
  })

  it("refuses what is no plan", () => {
    for (const text of ["", "{}", "[]", toJson(planned).replace('"version":1', '"version":2')]) {
      assert.isTrue(Result.isFailure(fromJson(text)))
    }
  })
})
