/** What the store of the last reports must do, whatever database it is on. */
import { assert, describe, it } from "@effect/vitest"
import type { KeptExamination } from "@loom-scim/core/ports/Reports"
import { Reports } from "@loom-scim/core/ports/Reports"
import { DateTime, Effect, Option } from "effect"
import type { Backend } from "./backend.ts"
import { around, opened } from "./contract.ts"
import { acme, beta, start } from "./sample.ts"

const later = DateTime.add(start, { minutes: 1 })

const running: KeptExamination = {
  status: "running",
  begunAt: start,
  endedAt: null,
  seenAt: start,
  by: `key O'Neil "ci"`,
  write: true,
  findings: []
}

const done: KeptExamination = {
  ...running,
  status: "done",
  endedAt: later,
  seenAt: later,
  findings: [{ check: "listUsers", severity: "ok", evidence: "'3' users", meaning: "All are seen.", next: "" }]
}

export const reportsContract = (backend: Backend): void => {
  describe(`the last reports on ${backend.name}`, () => {
    it.live("are kept per connection and kind, the new one in place of the old", () =>
      opened(backend, () =>
        Effect.gen(function* () {
          const reports = yield* Reports
          assert.deepStrictEqual(yield* reports.checks(acme), Option.none())
          const checks = { at: start, by: "key ci", results: [] }
          yield* reports.keepChecks(acme, checks)
          yield* reports.keepExamination(acme, done)
          yield* reports.keepChecks(acme, { ...checks, at: later })
          assert.deepStrictEqual(yield* reports.checks(acme), Option.some({ ...checks, at: later }))
          assert.deepStrictEqual(yield* reports.examination(acme), Option.some(done))
          assert.deepStrictEqual(yield* reports.examination(beta), Option.none())
        })
      )
    )

    it.live(
      "let one examination of a connection run at a time, of however many processes, until it is done or dead",
      () =>
        opened(backend, (store) =>
          Effect.gen(function* () {
            const reports = yield* Reports
            const begun = yield* Effect.forEach([1, 2, 3, 4], () => reports.begin(acme, running, start), {
              concurrency: "unbounded"
            })
            assert.deepStrictEqual(begun.filter(Boolean), [true])
            assert.isTrue(yield* reports.begin(beta, running, start))
            assert.isFalse(yield* reports.begin(acme, running, start))
            assert.isTrue(yield* reports.begin(acme, { ...running, seenAt: later }, later))
            assert.isFalse(yield* reports.begin(acme, running, later))
            yield* reports.keepExamination(acme, done)
            assert.isTrue(yield* reports.begin(acme, running, start))
            yield* around(store, "UPDATE reports SET report = 'of another program'")
            assert.deepStrictEqual(yield* reports.examination(acme), Option.none())
          })
        )
    )
  })
}
