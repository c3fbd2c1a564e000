import { assert, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import * as JsonLinesSource from "../../src/sources/JsonLinesSource.ts"
import { decodeText } from "../../src/sources/decodeText.ts"
import { jsonRecords } from "../../src/sources/jsonLines.ts"
import { peopleSource } from "../../src/sources/recordStream.ts"
import { textSource } from "../../src/sources/textSource.ts"
import { all, fields, file, pieces, trouble } from "./harness.ts"

const refused = (name: string, content: string | Uint8Array) => trouble(JsonLinesSource.make(file(name, content)))

it.effect("reads one object a line, with or without a last line feed, whatever its fields are", () =>
  Effect.gen(function* () {
    const content = '\uFEFF{"mail":"ada@acme.com","tags":["a",{"b":null}]}\r\n\n  {"__proto__":{"x":1},"n":1.5}'
    const expected = [
      { at: "line 1", fields: JSON.parse('{"mail":"ada@acme.com","tags":["a",{"b":null}]}') },
      { at: "line 3", fields: JSON.parse('{"__proto__":{"x":1},"n":1.5}') }
    ]
    assert.deepStrictEqual(yield* all(JsonLinesSource.make(file("a.jsonl", content))), expected)
    assert.deepStrictEqual(yield* all(JsonLinesSource.make(file("b.jsonl", `${content}\n`))), expected)
    for (const size of [1, 7]) {
      const cut = peopleSource("pieces", () => jsonRecords(decodeText(pieces(content, size), "pieces"), "pieces"))
      assert.deepStrictEqual(yield* all(cut), expected)
    }
  })
)

it.effect("reads UTF-16 by its mark, as PowerShell writes it, and Windows-1252 when told", () =>
  Effect.gen(function* () {
    const wide = file("wide.jsonl", Buffer.from('\uFEFF{"n":"Zoë"}\r\n', "utf16le"))
    assert.deepStrictEqual(yield* fields(JsonLinesSource.make(wide)), [{ n: "Zoë" }])
    const western = file("western.jsonl", Buffer.from('{"n":"Zo\xEB"}', "latin1"))
    assert.deepStrictEqual(yield* fields(JsonLinesSource.make(western, { encoding: "latin1" })), [{ n: "Zoë" }])
    assert.deepInclude(yield* trouble(JsonLinesSource.make(western)), { reason: "malformed", at: "line 1" })
  })
)

it.effect("names the line that is not an object, without quoting it", () =>
  Effect.gen(function* () {
    const broken = yield* refused("broken.jsonl", '{"a":1}\n{"mail":"ada@acme.com",}\n{"a":2}\n')
    assert.deepInclude(broken, { reason: "malformed", at: "line 2" })
    assert.notInclude(broken.message, "ada")
    for (const [index, line] of ["[]", "1", "null", '"text"'].entries()) {
      assert.deepInclude(yield* refused(`other-${index}.jsonl`, `{"a":1}\n\n${line}`), {
        reason: "malformed",
        at: "line 3"
      })
    }
  })
)

it.effect("takes half an object at the end for cut off, and so a file that is empty", () =>
  Effect.gen(function* () {
    assert.deepInclude(yield* refused("half.jsonl", '{"a":1}\n{"a":'), { reason: "endedEarly", at: "line 2" })
    const character = Buffer.from('{"a":1}\n{"a":"ë').subarray(0, -1)
    assert.deepInclude(yield* refused("character.jsonl", character), { reason: "endedEarly", at: "line 2" })
    assert.deepInclude(yield* refused("empty.jsonl", ""), { reason: "endedEarly", at: null })
    assert.deepInclude(yield* refused("blank.jsonl", "\n \n"), { reason: "endedEarly", at: null })
    assert.deepInclude(yield* trouble(JsonLinesSource.make(file("nowhere.jsonl"))), { reason: "notFound" })
  })
)

it.effect("refuses a number that would be rounded, since two people could then share it", () =>
  Effect.gen(function* () {
    for (const [index, number] of ["9007199254740993", "1e300"].entries()) {
      const rounded = yield* refused(`rounded-${index}.jsonl`, `{"a":1}\n{"ids":[{"id":${number}}]}\n`)
      assert.deepInclude(rounded, { reason: "malformed", at: "line 2" })
      assert.include(rounded.message, "Write it as text")
    }
    const exact = file("exact.jsonl", '{"id":9007199254740991,"text":"9007199254740993","exp":1e3}\n')
    assert.deepStrictEqual(yield* fields(JsonLinesSource.make(exact)), [
      { id: 9007199254740991, text: "9007199254740993", exp: 1000 }
    ])
  })
)

it.effect("takes a line of 16 MiB and no longer one", () =>
  Effect.gen(function* () {
    const long = `{"a":"${"x".repeat(16 * 1024 * 1024 - 8)}"}`
    assert.strictEqual((yield* fields(JsonLinesSource.make(file("long.jsonl", `${long}\n`)))).length, 1)
    for (const end of ["x\n", "x"]) {
      const longer = yield* refused("longer.jsonl", `{"a":1}\n${long}${end}`)
      assert.deepInclude(longer, { reason: "malformed", at: "line 2" })
      assert.include(longer.message, "longer than 16 MiB")
    }
  })
)

it.effect("stops reading when nobody wants more", () =>
  Effect.gen(function* () {
    let given = 0
    const endless = async function* () {
      for (;;) yield Buffer.from(`{"n":${given++}}\n`)
    }
    const some = textSource("endless", endless, { format: "jsonl" })
    assert.strictEqual((yield* Stream.runCollect(Stream.take(some.read([]), 3))).length, 3)
    assert.isBelow(given, 10)
  })
)

it.effect("does not take a line without an end into memory", () =>
  Effect.gen(function* () {
    let given = 0
    const endless = async function* () {
      for (; given < 64; given++) yield Buffer.alloc(1024 * 1024, "x")
    }
    const failure = yield* trouble(textSource("endless", endless, { format: "jsonl" }))
    assert.include(failure.message, "longer than 16 MiB")
    assert.strictEqual(given, 16)
  })
)
