/** What the store of jobs must do, whatever database it is on. */
import { assert, describe, it } from "@effect/vitest"
import type { KeptJob } from "@loom-scim/core/ports/Jobs"
import { JobId, Jobs } from "@loom-scim/core/ports/Jobs"
import { DateTime, Effect, Option } from "effect"
import type { Backend } from "./backend.ts"
import { opened } from "./contract.ts"
import { acme, start } from "./sample.ts"

const later = DateTime.add(start, { minutes: 1 })

const running: KeptJob = {
  id: JobId.make("j20261124-193000-a1b2c3"),
  connectionId: acme,
  kind: "plan",
  status: "running",
  begunAt: start,
  endedAt: null,
  seenAt: start,
  by: `key O'Neil "ci"`,
  result: null,
  problem: null
}

const failed: KeptJob = {
  ...running,
  status: "failed",
  endedAt: later,
  seenAt: later,
  problem: { type: "urn:x", status: 502, title: "No", detail: "It's 'so'.", next: "Löse es." }
}

export const jobsContract = (backend: Backend): void => {
  describe(`jobs on ${backend.name}`, () => {
    it.live("are kept as they stand, and forgotten when they are old", () =>
      opened(backend, () =>
        Effect.gen(function* () {
          const jobs = yield* Jobs
          const other = { ...running, id: JobId.make("j20261124-193000-d4e5f6") }
          assert.deepStrictEqual(yield* jobs.find(running.id), Option.none())
          yield* jobs.keep(running)
          yield* jobs.keep(other)
          assert.deepStrictEqual(yield* jobs.find(running.id), Option.some(running))
          yield* jobs.keep(failed)
          assert.deepStrictEqual(yield* jobs.find(running.id), Option.some(failed))
          yield* jobs.prune(later)
          assert.deepStrictEqual(yield* jobs.find(other.id), Option.none())
          assert.deepStrictEqual(yield* jobs.find(running.id), Option.some(failed))
        })
      )
    )
  })
}
