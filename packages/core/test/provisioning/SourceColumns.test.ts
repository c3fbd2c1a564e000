import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Stream } from "effect"
import type { PeopleSource } from "../../src/ports/PeopleSource.ts"
import { compile, type Mapping } from "../../src/provisioning/Mapping.ts"
import { recordsFor } from "../../src/provisioning/SourceColumns.ts"

const mapping: Mapping = {
  attributes: { externalId: "ID", userName: "mail", displayName: { template: "${first.name} ${last}" } },
  groups: [{ from: "team" }]
}
const compiled = Result.getOrThrow(compile(mapping))

const table = (columns: ReadonlyArray<string> | null): PeopleSource => ({
  name: "people",
  records: Stream.make({ at: "line 2", fields: { id: "1" } }),
  ...(columns === null ? {} : { columns: Effect.succeed(columns) })
})

describe("recordsFor", () => {
  it.effect("reads nobody of a table without a column that the mapping reads, and names them all", () =>
    Effect.gen(function* () {
      const failure = yield* Effect.flip(Stream.runCollect(recordsFor(table(["id", "mail", "last"]), compiled)))
      assert.strictEqual(
        failure.message,
        'people: the mapping reads "first.name", "team", and there is no such column. Correct the name in the mapping, or what writes the source; the columns are "id", "mail", "last"'
      )
    })
  )

  it.effect("reads one that has them in any case, and a source that has no columns", () =>
    Effect.gen(function* () {
      for (const columns of [["id", "Mail", "first.name", "last", "team", "more"], null]) {
        assert.lengthOf(yield* Stream.runCollect(recordsFor(table(columns), compiled)), 1)
      }
    })
  )
})
