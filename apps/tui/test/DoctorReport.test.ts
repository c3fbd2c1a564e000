import { assert, describe, it } from "@effect/vitest"
import type { Finding } from "@loom-scim/core/scim/DoctorFinding"
import { type Profile, unknown as unknownProfile } from "@loom-scim/core/scim/Profile"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import * as DoctorReport from "../src/plain/DoctorReport.ts"
import * as Glyphs from "../src/plain/Glyphs.ts"

const id = ConnectionId.make("acme")
const glyphs = Glyphs.of({ LANG: "C" })
const fine: Finding = { check: "listUsers", severity: "ok", evidence: "7 rows.", meaning: "Readable.", next: "" }
const wrong: Finding = {
  check: "addMember",
  severity: "error",
  evidence: "0 of two | `members` <b>\nkept",
  meaning: "Roles by group do not work.",
  next: "Tell whoever runs the server."
}
const unknown: Finding = {
  check: "removeMemberByFilter",
  severity: "skipped",
  evidence: "addMember did not succeed.",
  meaning: "Not known, as it was not checked.",
  next: "Solve addMember, then run again."
}
const learnt: Profile = { ...unknownProfile, quirks: { countCapped: 2, totalMissing: 5 } }
const all = [fine, wrong, unknown]

describe("DoctorReport", () => {
  it("is one line for what is fine, and says what to do about the rest", () => {
    const lines = DoctorReport.plain([fine, { ...wrong, evidence: "0 of two members." }, unknown], glyphs).split("\n")
    const indent = " ".repeat(33)
    assert.deepStrictEqual(lines, [
      "+ ok       listUsers             7 rows.",
      "X ERROR    addMember             0 of two members.",
      `${indent}Roles by group do not work.`,
      `${indent}Tell whoever runs the server.`,
      ". skipped  removeMemberByFilter  addMember did not succeed.",
      `${indent}Solve addMember, then run again.`,
      "",
      "1 ok, 1 error, 1 skipped"
    ])
  })

  it("keeps a server's words out of the Markdown", () => {
    const report = DoctorReport.markdown(id, all, learnt)
    assert.include(report, "# SCIM doctor: acme")
    assert.include(report, "1 ok, 1 error, 1 skipped.")
    assert.include(report, "### ERROR: `addMember`")
    assert.include(report, "- To do: Tell whoever runs the server.")
    assert.include(report, "| ERROR | `addMember` | 0 of two \\| \\`members\\` \\<b\\> kept |")
    assert.notInclude(report, "### skipped")
  })

  it("tells what the server does differently, the most frequent first", () => {
    assert.strictEqual(
      DoctorReport.differences(learnt, glyphs),
      [
        "What the server does differently, and how it is dealt with:",
        "- totalMissing: the server does not say totalResults; loom-scim reads until a page is empty",
        "- countCapped: the server sends shorter pages than asked; loom-scim goes on from the last row",
        "",
        ""
      ].join("\n")
    )
    assert.include(DoctorReport.markdown(id, all, learnt), "| `countCapped` | sends shorter pages than asked |")
    assert.strictEqual(DoctorReport.differences(unknownProfile, glyphs), "")
  })

  it("has no section of troubles without any", () => {
    assert.notInclude(DoctorReport.markdown(id, [fine], unknownProfile), "To look at")
  })

  it("says in JSON whether it failed", () => {
    assert.deepStrictEqual(DoctorReport.json(id, all, learnt), {
      connection: id,
      failed: true,
      findings: all,
      profile: learnt
    })
    assert.isFalse(DoctorReport.json(id, [fine, unknown], unknownProfile).failed)
  })
})
