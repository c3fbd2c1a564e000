/** What a caller sent, as a source. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { Readable } from "node:stream"
import * as UploadedSource from "../../src/sources/UploadedSource.ts"
import { fields, trouble } from "./harness.ts"

const kept = (text: string) => UploadedSource.keep("people", () => Readable.from([Buffer.from(text)]))

it.effect("is read as often as wanted, a table only for the columns that it has", () =>
  Effect.gen(function* () {
    const csv = UploadedSource.make("people", yield* kept("id;mail\n1;a@example.com\n2\n"), { format: "csv" })
    assert.include((yield* trouble(csv, ["ID", "mail"])).message, "people, line 3: the row has 1 columns")
    assert.match(
      (yield* trouble(csv, ["mail", "team"])).message,
      /^people: the mapping reads "team", and there is no such/
    )
    const lines = UploadedSource.make("people", yield* kept('{"id": 1}\n'), { format: "jsonl" })
    for (const _ of [1, 2]) assert.deepStrictEqual(yield* fields(lines), [{ id: 1 }])
  }).pipe(Effect.scoped)
)
