import { assert, describe, it } from "@effect/vitest"
import type { Finding } from "@loom-scim/core/scim/DoctorFinding"
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
    const report = DoctorReport.markdown(id, all)
    assert.include(report, "# SCIM doctor: acme")
    assert.include(report, "1 ok, 1 error, 1 skipped.")
    assert.include(report, "### ERROR: `addMember`")
    assert.include(report, "- To do: Tell whoever runs the server.")
    assert.include(report, "| ERROR | `addMember` | 0 of two \\| \\`members\\` \\<b\\> kept |")
    assert.notInclude(report, "### skipped")
  })

  it("has no section of troubles without any", () => {
    assert.notInclude(DoctorReport.markdown(id, [fine]), "To look at")
  })

  it("says in JSON whether it failed", () => {
    assert.deepStrictEqual(DoctorReport.json(id, all), { connection: id, failed: true, findings: all })
    assert.isFalse(DoctorReport.json(id, [fine, unknown]).failed)
  })
})
