import { assert, describe, it } from "@effect/vitest"
import { failed, readChecks, writeChecks } from "@loom-scim/core/scim/DoctorFinding"
import type { Finding } from "@loom-scim/core/scim/DoctorFinding"
import { Effect } from "effect"
import { control, counts, findingOf, sandbox, severities, token, visit } from "./patient.ts"

// SCIMMY compares user names with case although RFC 7643 §4.1.1 says that case does not matter, and has no versions.
const allOk = (names: ReadonlyArray<string>) => ({
  ...Object.fromEntries(names.map((name) => [name, name === "etags" ? "info" : "ok"])),
  filterCase: "warning"
})

describe("a healthy server", () => {
  it.live("passes every read-only check, and nothing is written", () =>
    Effect.gen(function* () {
      const started = yield* sandbox()
      const findings = yield* visit(started)
      assert.deepStrictEqual(severities(findings), allOk(readChecks))
      assert.deepStrictEqual(
        findings.map(({ check }) => check),
        [...readChecks]
      )
      const { requests } = yield* control(started, "/requests")
      assert.isArray(requests)
      const written = JSON.stringify(requests).match(/"(?:PUT|PATCH|DELETE)"|"POST","path":"[^"]*(?<!\.search)"/g)
      assert.isNull(written)
    })
  )

  it.live("passes every check that writes, and is left as it was", () =>
    Effect.gen(function* () {
      const started = yield* sandbox()
      const before = yield* counts(started)
      const streamed: Array<Finding> = []
      const findings = yield* visit(started, {
        write: true,
        onFinding: (finding) => Effect.sync(() => void streamed.push(finding))
      })
      assert.deepStrictEqual(severities(findings), allOk([...readChecks, ...writeChecks]), JSON.stringify(findings))
      assert.deepStrictEqual(streamed, [...findings])
      assert.deepStrictEqual(yield* counts(started), before)
      assert.notInclude(JSON.stringify(findings), token)
      assert.isFalse(failed(findings))
      assert.include(findingOf(findings, "bulk").evidence, "became the user's id")
    })
  )

  it.live("deletes instead of deactivating when that is the policy", () =>
    Effect.gen(function* () {
      const started = yield* sandbox(3)
      const before = yield* counts(started)
      const findings = yield* visit(started, { write: true, policy: "delete" })
      assert.strictEqual(findingOf(findings, "deprovision").severity, "ok")
      assert.include(findingOf(findings, "deprovision").evidence, "404")
      assert.strictEqual(findingOf(findings, "reactivate").severity, "skipped")
      assert.strictEqual(findingOf(findings, "cleanup").severity, "ok")
      assert.deepStrictEqual(yield* counts(started), before)
    })
  )

  it.live("writes nothing without a verified domain", () =>
    Effect.gen(function* () {
      const started = yield* sandbox(3)
      const findings = yield* visit(started, { write: true, domain: null })
      for (const name of writeChecks) assert.strictEqual(findingOf(findings, name).severity, "skipped")
    })
  )

  it.live("takes an empty directory for what it is", () =>
    Effect.gen(function* () {
      const findings = yield* visit(yield* sandbox(0))
      assert.isFalse(failed(findings))
      assert.strictEqual(findingOf(findings, "listUsers").severity, "ok")
      assert.strictEqual(findingOf(findings, "filterUserName").severity, "skipped")
    })
  )
})
