import { assert, it } from "@effect/vitest"
import { Cause, Effect, Exit, Stream } from "effect"
import type { SourceRecord } from "../../src/ports/PeopleSource.ts"
import { SourceFailure } from "../../src/ports/PeopleSource.ts"
import * as ScimSource from "../../src/provisioning/ScimSource.ts"
import type { Behaviour, Seen } from "../scim/ScimClient.harness.ts"
import { list, played, token, withClient } from "../scim/ScimClient.harness.ts"

/** Reads to the end or the failure, and gives what was seen until then. */
const read = (handler: (seen: Seen, index: number) => Behaviour, query?: ScimSource.ScimSourceQuery) =>
  Effect.gen(function* () {
    const records: Array<SourceRecord> = []
    const { exit } = yield* played(
      withClient(handler, (client) =>
        Stream.runForEach(ScimSource.make("https://hr.example.com", client, query).read([]), (record) =>
          Effect.sync(() => records.push(record))
        )
      )
    )
    return { records, exit }
  })

const refused = (handler: (seen: Seen, index: number) => Behaviour) =>
  Effect.gen(function* () {
    const { exit, records } = yield* read(handler)
    const failure = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
    if (!(failure instanceof SourceFailure)) throw new Error("it did not fail as a source")
    assert.strictEqual(failure.source, "https://hr.example.com")
    assert.notMatch(failure.message, /\.\./)
    assert.notInclude(failure.message, token)
    return { reason: failure.reason, message: failure.message, seen: records.length }
  })

const page = (total: number, ...Resources: ReadonlyArray<object>): Behaviour => ({
  body: { totalResults: total, Resources }
})

it.effect("gives every user as the server has it, page by page", () =>
  Effect.gen(function* () {
    const paths: Array<string> = []
    const ada = { id: "1", userName: "ada", name: { familyName: "Lovelace" } }
    const { exit, records } = yield* read(
      ({ method, path, query }) => {
        paths.push(`${method} ${path} ${query.get("filter")}`)
        const start = Number(query.get("startIndex") ?? 1)
        return start === 1 ? page(2, ada) : start === 2 ? page(2, { id: 2, userName: "bob" }) : page(2)
      },
      { filter: "active eq true" }
    )
    assert.isTrue(Exit.isSuccess(exit))
    assert.deepStrictEqual(records, [
      { at: "1", fields: ada },
      { at: "2", fields: { id: 2, userName: "bob" } }
    ])
    assert.deepStrictEqual([...new Set(paths)], ["GET /Users active eq true"])
  })
)

it.effect("says which user it is also without an id", () =>
  Effect.gen(function* () {
    const { records } = yield* read(({ query }) =>
      query.has("startIndex") ? list() : list({ id: "1" }, { userName: "bob" })
    )
    assert.deepStrictEqual(
      records.map(({ at }) => at),
      ["1", "user 2"]
    )
  })
)

it.effect("takes a list that the client cannot vouch for as ended early, with its reason", () =>
  Effect.gen(function* () {
    const failure = yield* refused(({ query }) =>
      query.has("startIndex") ? page(5) : page(5, { id: "1" }, { id: "2" })
    )
    assert.deepInclude(failure, { reason: "endedEarly", seen: 2 })
    assert.include(failure.message, "2 of 5 were seen (emptyPageBeforeTotal)")
    assert.include(failure.message, "Do not take those that are missing for gone")
    const none = yield* refused(() => page(5))
    assert.deepInclude(none, { reason: "endedEarly", seen: 0 })
  })
)

it.effect("takes any failure after the first user as ended early", () =>
  Effect.gen(function* () {
    for (const later of [{ status: 401 }, { status: 500 }, { body: "<html>" }, "ECONNRESET"] as const) {
      const failure = yield* refused(({ query }) => (query.has("startIndex") ? later : page(5, { id: "1" })))
      assert.deepInclude(failure, { reason: "endedEarly", seen: 1 })
    }
  })
)

it.effect("tells a refusal from a server that is missing, broken or silent", () =>
  Effect.gen(function* () {
    const reasons = [
      [{ status: 401 }, "refused"],
      [{ status: 403 }, "refused"],
      [{ status: 302, headers: { location: "https://elsewhere.example.com" } }, "refused"],
      [{ status: 404 }, "notFound"],
      [{ body: "<html>" }, "malformed"],
      [{ status: 503 }, "unreadable"],
      ["ECONNREFUSED", "unreadable"]
    ] as const
    for (const [behaviour, reason] of reasons) {
      assert.deepInclude(yield* refused(() => behaviour), { reason, seen: 0 })
    }
  })
)
