/** How many requests a run sends: as few as the changes need, and none but lists when nothing changed. */
import { assert, describe, it } from "@effect/vitest"
import { RunService } from "@loom-scim/core/runs/RunService"
import { Effect, Schema } from "effect"
import { sqlite } from "../store/backend.ts"
import { sandbox } from "../scim/harness.ts"
import { begun, planned, type Row, rows } from "./people.ts"
import { services } from "./services.ts"

type Sandbox = Effect.Success<ReturnType<typeof sandbox>>

const Log = Schema.Struct({ requests: Schema.Array(Schema.Struct({ method: Schema.String, path: Schema.String })) })

/** Everything that was sent, by method and endpoint; ids are left out. */
const sent = Effect.fnUntraced(function* (server: Sandbox) {
  const { requests } = Schema.decodeUnknownSync(Log)(yield* server.requests)
  const counts: Record<string, number> = {}
  for (const { method, path } of requests) {
    const [, endpoint = "", id = ""] = /\/(Users|Groups)(\/?)/.exec(path) ?? []
    const name = `${method} ${endpoint}${id === "" ? "" : "/{id}"}`
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
})

/** Makes the server equal to some rows, then says what making it equal to others sends besides the lists. */
const difference = (before: ReadonlyArray<Row>, after: ReadonlyArray<Row>) =>
  Effect.gen(function* () {
    const server = yield* sandbox()
    const store = yield* sqlite.fresh
    return yield* Effect.gen(function* () {
      const { follow } = yield* RunService
      yield* Effect.flatMap(begun(before), ({ id }) => follow(id))
      yield* server.forget
      yield* planned(after)
      const lists = yield* sent(server)
      yield* server.forget
      const { id } = yield* begun(after)
      const { status } = yield* follow(id)
      assert.strictEqual(status._tag, "Completed")
      const all = yield* sent(server)
      const writes = Object.fromEntries(
        Object.entries(all).flatMap(([name, count]) => {
          const rest = count - (lists[name] ?? 0)
          return rest === 0 ? [] : [[name, rest] as const]
        })
      )
      return { lists, writes }
    }).pipe(Effect.provide(services(store.open(), server.scimUrl, server.token)))
  }).pipe(Effect.scoped)

const all = rows(200)
const newcomer = rows(201)
  .slice(200)
  .map((row) => ({ ...row, groups: "Team 1" }))
const changed = (edit: (row: Row) => Row) => all.map((row, index) => (index === 0 ? edit(row) : row))

const cases: ReadonlyArray<
  readonly [name: string, after: ReadonlyArray<Row>, writes: Readonly<Record<string, number>>]
> = [
  ["nothing but lists when nothing changed", all, {}],
  [
    "a POST, a PATCH of the group and a look at it for a new person",
    [...all, ...newcomer],
    { "POST Users": 1, "PATCH Groups/{id}": 1, "GET Groups/{id}": 1 }
  ],
  ["a PATCH for a changed attribute", changed((row) => ({ ...row, title: "Head" })), { "PATCH Users/{id}": 1 }],
  [
    "a PATCH, and of the group a PATCH and a look, for somebody who left",
    all.slice(1),
    { "PATCH Users/{id}": 1, "PATCH Groups/{id}": 1, "GET Groups/{id}": 1 }
  ],
  [
    "for each group a PATCH and a look when somebody moves",
    changed((row) => ({ ...row, groups: "Team 1" })),
    { "PATCH Groups/{id}": 2, "GET Groups/{id}": 2 }
  ],
  [
    "a POST, a PATCH and a look for a new group",
    all.map((row, index) => (index < 20 ? { ...row, groups: `${row.groups};Choir` } : row)),
    { "POST Groups": 1, "PATCH Groups/{id}": 1, "GET Groups/{id}": 1 }
  ]
]

describe("a run sends", () => {
  for (const [name, after, writes] of cases) {
    it.live(name, () =>
      Effect.gen(function* () {
        const found = yield* difference(all, after)
        assert.deepStrictEqual(found.lists, { "GET Users": 3, "GET Groups": 2 })
        assert.deepStrictEqual(found.writes, writes)
      })
    )
  }
})
