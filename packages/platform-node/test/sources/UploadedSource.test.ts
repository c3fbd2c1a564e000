/** What a caller sent, as a source. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { Readable } from "node:stream"
import * as UploadedSource from "../../src/sources/UploadedSource.ts"
import { fields, trouble } from "./harness.ts"

const kept = (text: string) => UploadedSource.keep("people", () => Readable.from([Buffer.from(text)]))

it.effect("is read as often as wanted, and tells the columns of a table without its rows", () =>
  Effect.gen(function* () {
    const csv = UploadedSource.make("people", yield* kept("id;mail\n1;a@example.com\n2\n"), { format: "csv" })
    assert.deepStrictEqual(csv.columns === undefined ? null : yield* csv.columns, ["id", "mail"])
    assert.include((yield* trouble(csv)).message, "people, line 3: the row has 1 columns")
    const lines = UploadedSource.make("people", yield* kept('{"id": 1}\n'), { format: "jsonl" })
    assert.isUndefined(lines.columns)
    for (const _ of [1, 2]) assert.deepStrictEqual(yield* fields(lines), [{ id: 1 }])
  }).pipe(Effect.scoped)
)
