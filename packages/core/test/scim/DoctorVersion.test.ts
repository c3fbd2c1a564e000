import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Fault } from "./DoctorServer.harness.ts"
import { examine, findingOf } from "./DoctorServer.harness.ts"

/** A server with versions, as its fault has it. */
const versioned = (
  fault: "none" | "ignoresIfMatch" | "constant" | "callsFreshStale" | "refusesAndDoes",
  claimed = true
): Fault => {
  const changes = new Map<string, number>()
  return ({ headers, method, path }, rows, serve) => {
    if (path === "/ServiceProviderConfig") return { body: { etag: { supported: claimed }, patch: { supported: true } } }
    const [, type, id] = path.split("/")
    const row = type === "Users" && id !== undefined ? rows.Users.get(id) : undefined
    if (row === undefined || id === undefined) return serve()
    const versionOf = () => `W/"${fault === "constant" ? 0 : (changes.get(id) ?? 0)}"`
    const condition = headers["if-match"]
    const isStale = condition !== undefined && (fault === "callsFreshStale" || condition !== versionOf())
    if (isStale && fault === "refusesAndDoes") serve()
    if (isStale && fault !== "ignoresIfMatch") return { status: 412, body: { detail: "stale" } }
    const answer = serve()
    if (method !== "GET") changes.set(id, (changes.get(id) ?? 0) + 1)
    return typeof answer === "object" ? { ...answer, headers: { etag: versionOf() } } : answer
  }
}

const found = (fault: Fault) => Effect.map(examine(fault), ({ findings }) => findingOf(findings, "etags"))

describe("etags", () => {
  it.effect("are ok when a stale version is refused, claimed or not", () =>
    Effect.gen(function* () {
      for (const claimed of [true, false]) {
        const finding = yield* found(versioned("none", claimed))
        assert.strictEqual(finding.severity, "ok", finding.evidence)
        assert.include(finding.evidence, "refused (412)")
      }
    })
  )
  it.effect("are missing: info without the claim, a warning with it", () =>
    Effect.gen(function* () {
      const unclaimed = yield* found((_seen, _rows, serve) => serve())
      assert.deepStrictEqual([unclaimed.severity, unclaimed.evidence.includes("not claimed")], ["info", true])
      const claimed = yield* found(({ path }, _rows, serve) =>
        path === "/ServiceProviderConfig" ? { body: { etag: { supported: "true" } } } : serve()
      )
      assert.strictEqual(claimed.severity, "warning")
      assert.include(claimed.evidence, "without ETag and meta.version")
    })
  )
  it.effect("that protect nothing are told apart", () =>
    Effect.gen(function* () {
      const ignored = yield* found(versioned("ignoresIfMatch"))
      assert.deepStrictEqual([ignored.severity, ignored.evidence.includes("If-Match is ignored")], ["warning", true])
      const constant = yield* found(versioned("constant"))
      assert.deepStrictEqual([constant.severity, constant.evidence.includes("never changes")], ["warning", true])
      const unclaimed = yield* found(versioned("ignoresIfMatch", false))
      assert.strictEqual(unclaimed.severity, "info")
    })
  )
  it.effect("that refuse their own version, or refuse and do, are errors", () =>
    Effect.gen(function* () {
      const fresh = yield* found(versioned("callsFreshStale"))
      assert.deepStrictEqual([fresh.severity, fresh.evidence.includes("just read")], ["error", true])
      const done = yield* found(versioned("refusesAndDoes"))
      assert.deepStrictEqual([done.severity, done.evidence.includes("all the same")], ["error", true])
    })
  )
})
