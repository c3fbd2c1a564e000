import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { readdirSync } from "node:fs"
import { tmpdir } from "node:os"
import { PassThrough, Readable } from "node:stream"
import * as StdinSource from "../../src/sources/StdinSource.ts"
import type { TextOptions } from "../../src/sources/textSource.ts"
import { all, fields, pieces, trouble } from "./harness.ts"

const whole = (bytes: AsyncIterable<Uint8Array>, options: TextOptions) =>
  Effect.map(StdinSource.kept(bytes, options), ({ source }) => source)

const spools = () => readdirSync(tmpdir()).filter((name) => /^loom-scim-[\da-f]{8}-/.test(name))

it.effect("reads either format from bytes, and is named stdin", () =>
  Effect.gen(function* () {
    const csv = yield* whole(pieces("a;b\n1;2,3\n", 3), { format: "csv" })
    assert.strictEqual(csv.name, "stdin")
    assert.deepStrictEqual(yield* all(csv), [{ at: "line 2", fields: { a: "1", b: "2,3" } }])
    const told = yield* whole(pieces(Buffer.from("a;b,c\n\xEB;2\n", "latin1"), 3), {
      format: "csv",
      encoding: "latin1",
      separator: ","
    })
    assert.deepInclude(yield* trouble(told), { reason: "malformed", at: "line 2" })
    const western = Buffer.from('{"a":"\xEB"}\n', "latin1")
    const lines = yield* whole(Readable.from([western]), { format: "jsonl", encoding: "latin1" })
    assert.deepStrictEqual(yield* fields(lines), [{ a: "ë" }])
  }).pipe(Effect.scoped)
)

it.effect("reads from a process", () =>
  Effect.gen(function* () {
    const script = "for (let i = 0; i < 20000; i++) console.log(JSON.stringify({ id: i }))"
    const { stdout } = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] })
    const records = yield* all(yield* whole(stdout, { format: "jsonl" }))
    assert.strictEqual(records.length, 20_000)
    assert.deepStrictEqual(records.at(-1), { at: "line 20000", fields: { id: 19_999 } })
  }).pipe(Effect.scoped)
)

it.effect("takes a stream that breaks off for ended early, at whatever point it does", () =>
  Effect.gen(function* () {
    const beginnings = [
      ["csv", ""],
      ["csv", "a\n"],
      ["csv", "a\n1\n"],
      ["jsonl", ""],
      ["jsonl", '{"a":1}\n']
    ] as const
    for (const [format, before] of beginnings) {
      const stream = new PassThrough()
      stream.write(before)
      setImmediate(() => stream.destroy(new Error("secret of the producer")))
      const failure = yield* Effect.flip(StdinSource.kept(stream, { format }))
      assert.deepInclude(failure, { reason: "endedEarly", source: "stdin", at: null })
      assert.include(failure.message, "broke off")
      assert.notInclude(failure.message, "secret")
    }
  }).pipe(Effect.scoped)
)

it.effect("takes nothing at all for ended early, as a program that failed writes nothing", () =>
  Effect.gen(function* () {
    for (const format of ["csv", "jsonl"] as const) {
      assert.deepInclude(yield* trouble(yield* whole(Readable.from([]), { format })), { reason: "endedEarly" })
    }
  }).pipe(Effect.scoped)
)

it.effect("is kept as a whole when it is to be read twice, and only as long as that", () =>
  Effect.gen(function* () {
    const before = spools()
    yield* Effect.gen(function* () {
      const { headers, source } = yield* StdinSource.kept(pieces("a;b\n1;2\n3;4\n", 3), { format: "csv" })
      assert.strictEqual(source.name, "stdin")
      const first = yield* all(source)
      assert.deepStrictEqual(first, [
        { at: "line 2", fields: { a: "1", b: "2" } },
        { at: "line 3", fields: { a: "3", b: "4" } }
      ])
      assert.deepStrictEqual(yield* all(source), first)
      assert.deepStrictEqual(headers === null ? null : yield* headers, ["a", "b"])
      assert.deepInclude(yield* trouble(source, ["a", "c"]), { reason: "malformed", at: null })
      // Its file has no name, so that nothing stays behind even when this process is killed.
      assert.deepStrictEqual(spools(), before)
      const lines = yield* StdinSource.kept(Readable.from([Buffer.from('{"a":"\xEB"}\n', "latin1")]), {
        format: "jsonl",
        encoding: "latin1"
      })
      assert.isNull(lines.headers)
      assert.deepStrictEqual(yield* fields(lines.source), [{ a: "ë" }])
    }).pipe(Effect.scoped)
    const { source } = yield* Effect.scoped(StdinSource.kept(pieces("a\n1\n", 3), { format: "csv" }))
    assert.strictEqual((yield* trouble(source)).reason, "endedEarly")
  })
)
