/** Lists that lie about themselves: nobody is lost, nobody is taken for another, and the verdict is right. */
import type { JsonObject } from "@loom-scim/core/scim/Json"
import { assert } from "@effect/vitest"
import { idOf } from "@loom-scim/core/scim/ListPage"
import type { Quirk } from "@loom-scim/core/scim/Quirk"
import { Effect } from "effect"
import { person } from "../harness.ts"
import { answered, bare, crowd, scenario, wholeList, type Bench, type Scenario } from "./Scenario.ts"

/** Everybody in pages of ten. */
const whole = scenario((bench) => wholeList(bench, 10))

/** Everybody in pages of ten; that somebody is missing cannot be ruled out, and the client says so. */
const doubted = (reason: string): Scenario =>
  scenario((bench) =>
    Effect.gen(function* () {
      const verdict = yield* wholeList(bench, 10, "Incomplete")
      assert.isTrue(verdict._tag === "Incomplete" && verdict.reason === reason)
    })
  )

/** Looks for one by name. */
const lookUp = (client: Bench["client"], name: string) =>
  client.listAll("Users", {
    filter: `userName eq "${name}@corp.example"`,
    matches: (row: JsonObject) => row["userName"] === `${name}@corp.example`
  })

/** Only the one that was asked for, and nobody in place of one that is not there. */
const found = scenario(({ client, server }) =>
  Effect.gen(function* () {
    const ids = crowd(server, 23)
    const one = yield* lookUp(client, "p007")
    assert.deepStrictEqual([one.resources.map(idOf), one.verdict._tag], [[String(ids[7])], "Complete"])
    const none = yield* lookUp(client, "nobody")
    assert.deepStrictEqual([none.resources, none.verdict._tag], [[], "Complete"])
  })
)

export const lists = {
  totalMissing: whole,
  totalOnFirstPageOnly: whole,
  totalIsPageSize: whole,
  totalTooSmall: doubted("totalsDoNotFit"),
  totalChanged: doubted("totalChanged"),
  emptyPageBeforeTotal: doubted("emptyPageBeforeTotal"),
  zeroBased: whole,
  startIndexEchoedZero: whole,
  countZeroReturnsRows: scenario(({ client, server }) =>
    Effect.gen(function* () {
      crowd(server, 23)
      const { resources, verdict } = yield* client.listAll("Users", { count: 0 })
      assert.deepStrictEqual([resources, verdict.counts.total], [[], 23])
    })
  ),
  countCapped: whole,
  pageTooLong: scenario((bench) => wholeList(bench, 5)),
  duplicates: whole,
  filterIgnored: found,
  idMissing: scenario((bench) =>
    Effect.gen(function* () {
      // All rows are kept; those without an id cannot be told apart, and none is taken for another.
      yield* wholeList(bench, 10)
      const { resources } = yield* bench.client.listAll("Users", { count: 10 })
      const ids = resources.flatMap((row) => idOf(row) ?? [])
      assert.isBelow(ids.length, 23)
      assert.strictEqual(new Set(ids).size, ids.length)
    })
  ),
  pastEndRefused: whole,
  filterCaseSensitive: scenario(({ client, server }) =>
    Effect.gen(function* () {
      const [id = ""] = crowd(server, 3)
      const error = yield* Effect.flip(client.create("Users", { ...person("p000"), userName: "P000@Corp.example" }))
      assert.isTrue(error._tag === "Conflict" && error.resource?.["id"] === id)
      assert.lengthOf(server.users(), 3)
    })
  ),
  typedEmailFilterMisses: scenario(
    ({ client, server }) =>
      Effect.gen(function* () {
        const id = server.seed("Users", { userName: "a.king", emails: [{ value: "ada@corp.example" }], active: true })
        crowd(server, 3)
        const error = yield* Effect.flip(client.create("Users", person("ada")))
        assert.isTrue(error._tag === "Conflict" && error.resource?.["id"] === id)
        const filters = answered(server, "GET").map(({ path }) => decodeURIComponent(path))
        assert.isTrue(filters.every((path) => !path.includes("emails[")))
        const typed = yield* bare(server, `/Users?filter=${encodeURIComponent('emails[type eq "work"] pr')}`)
        assert.notInclude(JSON.stringify(typed.body), id)
      }),
    { server: { uniqueEmails: true } }
  ),
  firstHitUnrelated: scenario(({ client, server }) =>
    Effect.gen(function* () {
      const ids = crowd(server, 5)
      const error = yield* Effect.flip(client.create("Users", person("p003")))
      assert.isTrue(error._tag === "Conflict" && error.resource?.["id"] === ids[3])
      const { resources } = yield* lookUp(client, "p003")
      assert.deepStrictEqual(resources.map(idOf), [String(ids[3])])
      const hits = yield* bare(server, `/Users?filter=${encodeURIComponent('userName eq "p003@corp.example"')}`)
      assert.include(JSON.stringify(hits.body), "p000@corp.example")
    })
  ),
  cursorOnly: whole
} as const satisfies Partial<Record<Quirk, unknown>>
