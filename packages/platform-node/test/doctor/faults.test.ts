import { assert, describe, it } from "@effect/vitest"
import { failed } from "@loom-scim/core/scim/DoctorFinding"
import type { CheckName, Severity } from "@loom-scim/core/scim/DoctorFinding"
import { Effect } from "effect"
import type { Visit } from "./patient.ts"
import { control, counts, findingOf, sandbox, token, visit } from "./patient.ts"

interface Case {
  readonly title: string
  readonly fault: object
  readonly visit?: Visit
  readonly check: CheckName
  readonly severity: Severity
  readonly evidence: RegExp
  /** A check that is skipped because of it. */
  readonly skips?: CheckName
}

const cases: ReadonlyArray<Case> = [
  {
    title: "pages capped",
    fault: { kind: "cappedPages", max: 1 },
    check: "pagination",
    severity: "info",
    evidence: /shorter than asked/
  },
  {
    title: "pages empty although there are users",
    fault: { kind: "cappedPages", max: 0, match: { pathIncludes: "Users" } },
    check: "listTotals",
    severity: "error",
    evidence: /emptyPageBeforeTotal/
  },
  {
    title: "a total that is too large",
    fault: { kind: "lyingTotal", total: 500 },
    check: "listTotals",
    severity: "error",
    evidence: /7 users.*totalResults 500.*emptyPageBeforeTotal/
  },
  {
    title: "a total that is too small",
    fault: { kind: "lyingTotal", total: 3 },
    check: "listTotals",
    severity: "error",
    evidence: /7 users.*totalResults 3.*totalsDoNotFit/
  },
  {
    title: "members dropped in silence",
    fault: { kind: "droppedMembers" },
    visit: { write: true },
    check: "addMember",
    severity: "error",
    evidence: /said it succeeded, but the group has 0 of two members/,
    skips: "removeMemberByFilter"
  },
  {
    title: "any token accepted",
    fault: { kind: "acceptAnyToken" },
    check: "wrongToken",
    severity: "error",
    evidence: /token/
  },
  {
    title: "lists that are cut off",
    fault: { kind: "garbage", match: { method: "GET", pathIncludes: "/Users" } },
    check: "listUsers",
    severity: "error",
    evidence: /is not JSON/,
    skips: "filterNone"
  },
  {
    title: "a server that asks to wait for an hour",
    fault: { kind: "rateLimit", seconds: 3600 },
    check: "listUsers",
    severity: "error",
    evidence: /asks to slow down \(429\)/,
    skips: "listTotals"
  },
  {
    title: "no discovery",
    fault: { kind: "noDiscovery" },
    check: "serviceProviderConfig",
    severity: "warning",
    evidence: /404/
  },
  {
    title: "another media type",
    fault: { kind: "wrongContentType", contentType: "text/plain" },
    check: "contentTypes",
    severity: "warning",
    evidence: /text\/plain/
  },
  {
    title: "a web page in the place of the groups",
    fault: { kind: "html", match: { pathIncludes: "/Groups" } },
    check: "listGroups",
    severity: "error",
    evidence: /web page/
  },
  {
    title: "a token echoed in an error",
    fault: { kind: "status", status: 403, detail: "no", echoToken: true },
    check: "listUsers",
    severity: "error",
    evidence: /does not allow.*\(the token\)/,
    skips: "unknownId"
  },
  {
    title: "users that cannot be created",
    fault: {
      kind: "status",
      status: 400,
      scimType: "invalidValue",
      detail: "no ada@example.com",
      match: { method: "POST" }
    },
    visit: { write: true },
    check: "createUser",
    severity: "error",
    evidence: /refuses the request.*The server says: no \(e-mail\)/,
    skips: "deleteUser"
  },
  {
    title: "Bulk claimed and not there",
    fault: { kind: "status", status: 404, match: { pathIncludes: "/Bulk" } },
    visit: { write: true },
    check: "bulk",
    severity: "warning",
    evidence: /404/
  },
  {
    title: "members dropped within Bulk",
    fault: { kind: "droppedMembers", match: { pathIncludes: "/Bulk" } },
    visit: { write: true },
    check: "bulk",
    severity: "warning",
    evidence: /does not have the user/
  },
  {
    title: "groups that cannot be replaced",
    fault: { kind: "status", status: 501, match: { method: "PUT", pathIncludes: "/Groups" } },
    visit: { write: true },
    check: "replaceGroup",
    severity: "warning",
    evidence: /501/
  },
  {
    title: "patches refused",
    fault: { kind: "status", status: 501, match: { method: "PATCH" } },
    visit: { write: true },
    check: "deprovision",
    severity: "error",
    evidence: /501/,
    skips: "reactivate"
  }
]

describe("a server with a fault", () => {
  for (const { check, evidence, fault, severity, skips, title, visit: how } of cases) {
    it.live(title, () =>
      Effect.gen(function* () {
        const started = yield* sandbox()
        const before = yield* counts(started)
        yield* control(started, "/faults", fault)
        const findings = yield* visit(started, how)
        const finding = findingOf(findings, check)
        assert.strictEqual(finding.severity, severity, JSON.stringify(finding))
        assert.match(finding.evidence, evidence)
        assert.notStrictEqual(finding.next, "")
        if (skips !== undefined) {
          assert.strictEqual(findingOf(findings, skips).severity, "skipped")
          assert.include(findingOf(findings, skips).evidence, check)
        }
        if (severity === "error") assert.isTrue(failed(findings))
        assert.notInclude(JSON.stringify(findings), token)
        assert.deepStrictEqual(yield* counts(started), before)
      })
    )
  }

  it.live("tells that deactivating deletes", () =>
    Effect.gen(function* () {
      const started = yield* sandbox(3)
      const before = yield* counts(started)
      yield* control(started, "/settings", { softDelete: false })
      const findings = yield* visit(started, { write: true })
      assert.strictEqual(findingOf(findings, "deprovision").severity, "error")
      assert.match(findingOf(findings, "deprovision").evidence, /deleted the user/)
      assert.strictEqual(findingOf(findings, "reactivate").severity, "skipped")
      assert.strictEqual(findingOf(findings, "deleteUser").severity, "info")
      assert.deepStrictEqual(yield* counts(started), before)
    })
  )
})
