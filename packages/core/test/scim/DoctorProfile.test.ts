import { assert, describe, it } from "@effect/vitest"
import type { CheckName, Finding, Severity } from "../../src/scim/DoctorFinding.ts"
import { learnt } from "../../src/scim/DoctorProfile.ts"

const findings = (severities: Partial<Record<CheckName, Severity>>): ReadonlyArray<Finding> => {
  const names: ReadonlyArray<CheckName> = [
    "patchPath",
    "patchPathless",
    "etags",
    "removeMemberByFilter",
    "removeMemberByValue",
    "bulk"
  ]
  return names.flatMap((check) => {
    const severity = severities[check]
    return severity === undefined ? [] : [{ check, severity, evidence: "", meaning: "", next: "" }]
  })
}

describe("what the doctor teaches the profile", () => {
  it("is nothing without findings, and nothing when no form worked", () => {
    assert.deepStrictEqual(learnt([]), {})
    assert.deepStrictEqual(learnt(findings({ removeMemberByFilter: "error", removeMemberByValue: "error" })), {})
    assert.deepStrictEqual(learnt(findings({ patchPath: "skipped", patchPathless: "skipped" })), {})
    assert.deepStrictEqual(learnt(findings({ patchPath: "error", patchPathless: "warning" })), {})
  })
  it("is the form of removal that works, the RFC's first", () => {
    const byValue = findings({ removeMemberByFilter: "warning", removeMemberByValue: "ok" })
    assert.deepStrictEqual(learnt(byValue), { memberRemoval: "valueList" })
    const both = findings({ removeMemberByFilter: "ok", removeMemberByValue: "ok" })
    assert.deepStrictEqual(learnt(both), { memberRemoval: "eachFilter" })
  })
  it("is whether a path may be left out", () => {
    assert.deepStrictEqual(learnt(findings({ patchPath: "ok", patchPathless: "ok" })), { pathless: true })
    assert.deepStrictEqual(learnt(findings({ patchPath: "ok", patchPathless: "warning" })), { pathless: false })
  })
  it("is whether versions and Bulk may be relied on; what is only not there changes nothing", () => {
    assert.deepStrictEqual(learnt(findings({ etags: "ok", bulk: "ok" })), { conditions: true, bulk: true })
    assert.deepStrictEqual(learnt(findings({ etags: "warning", bulk: "error" })), { conditions: false, bulk: false })
    assert.deepStrictEqual(learnt(findings({ etags: "info", bulk: "skipped" })), {})
  })
})
