/** A page of connections costs the same wherever it stands: counted in statements and rows, and asked of SQLite's planner. */
import { assert, describe, it } from "@effect/vitest"
import { Journal } from "@loom-scim/core/ports/Journal"
import { Ledger } from "@loom-scim/core/ports/Ledger"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { Effect } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { CurrentTransformer } from "effect/sql/Statement"
import { sqlite } from "./backend.ts"
import { opened } from "./contract.ts"
import { entries } from "./sample.ts"

const connections = 90
const pageSize = 15
const eventsEach = 3

interface Said {
  readonly text: string
  readonly values: ReadonlyArray<unknown>
}

describe("pages of connections", () => {
  it.live("take as many statements and rows each, and no statement walks a table", () =>
    opened(sqlite, () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const ledger = yield* Ledger
        const sql = yield* SqlClient
        for (let n = 0; n < connections; n++) {
          const id = ConnectionId.make(`c-${n}`)
          yield* journal.append(id, 0, entries(id, 1, eventsEach))
        }
        const statements: Array<Said> = []
        const pages: Array<{ readonly statements: number; readonly ids: number; readonly events: number }> = []
        const listed = Effect.gen(function* () {
          for (let after = 0; ;) {
            const before = statements.length
            const page = yield* ledger.connections({ of: null, after, limit: pageSize })
            const last = page.at(-1)
            if (last === undefined) return
            const found = yield* journal.loadEach(page.map(({ id }) => ({ id, after: 0 })))
            const events = [...found.values()].flat().length
            pages.push({ statements: statements.length - before, ids: found.size, events })
            after = last.position
          }
        })
        yield* Effect.provideService(listed, CurrentTransformer, (statement) =>
          Effect.sync(() => {
            const [text, values] = statement.compile()
            statements.push({ text, values })
            return statement
          })
        )
        const whole = { statements: 2, ids: pageSize, events: pageSize * eventsEach }
        assert.deepStrictEqual(
          pages,
          Array.from({ length: connections / pageSize }, () => whole)
        )
        for (const { text, values } of statements.slice(0, 2)) {
          const plan = yield* sql.unsafe<{ readonly detail: string }>(`EXPLAIN QUERY PLAN ${text}`, values)
          const details = plan.map(({ detail }) => detail)
          assert.isTrue(
            details.some((detail) => detail.startsWith("SEARCH")),
            details.join("; ")
          )
          assert.deepStrictEqual(
            details.filter((detail) => /^SCAN (?!json_each)/.test(detail)),
            []
          )
        }
      })
    )
  )
})
