import { assert, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { appendFileSync } from "node:fs"
import * as CsvSource from "../../src/sources/CsvSource.ts"
import { csvRecords } from "../../src/sources/csvRecords.ts"
import { decodeText } from "../../src/sources/decodeText.ts"
import { peopleSource } from "../../src/sources/recordStream.ts"
import { all, fields, file, pieces, trouble } from "./harness.ts"

const read = (name: string, content: string | Uint8Array, options: CsvSource.CsvOptions = {}) =>
  fields(CsvSource.make(file(name, content), options))
const refused = (name: string, content: string | Uint8Array, options: CsvSource.CsvOptions = {}) =>
  trouble(CsvSource.make(file(name, content), options))

it.effect("reads rows by the names of the header, with quotes, CRLF, a byte order mark and empty lines", () =>
  Effect.gen(function* () {
    const content =
      '\uFEFF\r\nEmail,"Full name", Note \r\nada@acme.com,"Lovelace, ""Ada""",\r\n\r\n,,\r\nbob@acme.com,Bob,x\r\n'
    assert.deepStrictEqual(yield* read("plain.csv", content), [
      { Email: "ada@acme.com", "Full name": 'Lovelace, "Ada"', Note: "" },
      { Email: "bob@acme.com", "Full name": "Bob", Note: "x" }
    ])
  })
)

it.effect("says the line each record begins on, whatever ends a line and however long a field is", () =>
  Effect.gen(function* () {
    const content = 'a,b\n1,"two\r\nlines"\r\n\n3,"three\n\nlines"\n5,\r6,x\n'
    const records = yield* all(CsvSource.make(file("lines.csv", content)))
    assert.deepStrictEqual(records, [
      { at: "line 2", fields: { a: "1", b: "two\nlines" } },
      { at: "line 5", fields: { a: "3", b: "three\n\nlines" } },
      { at: "line 8", fields: { a: "5", b: "" } },
      { at: "line 9", fields: { a: "6", b: "x" } }
    ])
  })
)

it.effect("doubts a last row that no line feed ends, unless a quote does", () =>
  Effect.gen(function* () {
    const doubted = (content: string) =>
      Effect.map(all(CsvSource.make(file("cut.csv", content))), (records) =>
        records.filter(({ doubt }) => doubt?.includes("no line feed ends it") === true).map(({ at }) => at)
      )
    assert.deepStrictEqual(yield* doubted("id,groups\n1,Crew\n2,Cr"), ["line 3"])
    for (const whole of ["id,groups\n1,Crew\n", "id,groups\r\n1,Crew\r\n\r\n", 'id,groups\n1,"Crew"', "id,groups"]) {
      assert.deepStrictEqual(yield* doubted(whole), [], whole)
    }
    const many = Array.from({ length: 256 }, (_, index) => `${index},Crew`).join("\n")
    assert.deepStrictEqual(yield* doubted(`id,groups\n${many}`), ["line 257"])
  })
)

it.effect("guesses the separator from the header, not counting what is quoted, and takes the one it is told", () =>
  Effect.gen(function* () {
    assert.deepStrictEqual(yield* read("semicolon.csv", '"a,b,c,d";e\n1,5;2\n'), [{ "a,b,c,d": "1,5", e: "2" }])
    assert.deepStrictEqual(yield* read("broken.csv", '"first\nname";mail\nAda;a@acme.com\n'), [
      { "first\nname": "Ada", mail: "a@acme.com" }
    ])
    assert.deepStrictEqual(yield* read("tab.csv", "a\tb\tc;d\n1\t2\t3\n"), [{ a: "1", b: "2", "c;d": "3" }])
    assert.deepStrictEqual(yield* read("one.csv", "email\nada@acme.com"), [{ email: "ada@acme.com" }])
    assert.deepStrictEqual(yield* read("told.csv", "a,b,c;d\n1;2\n", { separator: ";" }), [{ "a,b,c": "1", d: "2" }])
  })
)

it.effect("takes the separator from a spreadsheet's own first line, which is no row", () =>
  Effect.gen(function* () {
    for (const line of ["sep=;", '"SEP=;"', "\uFEFFsep=; "]) {
      const source = CsvSource.make(file("sep.csv", `${line}\r\na,b;mail\r\n1,5;2\r\n`))
      assert.deepStrictEqual(yield* all(source), [{ at: "line 3", fields: { "a,b": "1,5", mail: "2" } }], line)
    }
    assert.deepStrictEqual(yield* CsvSource.headers(file("sep-tab.csv", "\nsep=\t\na\tb;c\n")), ["a", "b;c"])
    const other = yield* refused("sep-bar.csv", "sep=|\na|b\n")
    assert.deepInclude(other, { reason: "malformed", at: "line 1" })
    assert.include(other.message, "| stands between the columns")
  })
)

it.effect("reads UTF-16 by its mark, and Windows-1252 when told", () =>
  Effect.gen(function* () {
    const text = "\uFEFFname,pay\nZoë 🦀,€\n"
    const expected = [{ name: "Zoë 🦀", pay: "€" }]
    const little = Buffer.from(text, "utf16le")
    assert.deepStrictEqual(yield* read("le.csv", little), expected)
    assert.deepStrictEqual(yield* read("be.csv", Buffer.from(little).swap16()), expected)
    assert.deepStrictEqual(yield* read("told-le.csv", little.subarray(2), { encoding: "utf-16le" }), expected)
    const western = Buffer.from("name,pay\nZo\xEB,\x80\n", "latin1")
    for (const encoding of ["windows-1252", "latin1"] as const) {
      assert.deepStrictEqual(yield* read("western.csv", western, { encoding }), [{ name: "Zoë", pay: "€" }])
    }
    // A mark is surer than a mapping file that was written for last year's export.
    assert.deepStrictEqual(yield* read("marked.csv", text, { encoding: "latin1" }), expected)
  })
)

it.effect("names the line of bytes that are no text", () =>
  Effect.gen(function* () {
    const western = Buffer.from("name\nAda\nZo\xEB\nBob\n", "latin1")
    const invalid = yield* refused("invalid.csv", western)
    assert.deepInclude(invalid, { reason: "malformed", at: "line 3" })
    assert.include(invalid.message, "is not UTF-8. Save it as UTF-8, or say its encoding")
    const late = Buffer.concat([Buffer.from("name\n" + "Ada Lovelace\n".repeat(20_000)), western])
    assert.deepInclude(yield* refused("late.csv", late), { reason: "malformed", at: "line 20004" })
    const unmarked = yield* refused("unmarked.csv", Buffer.from("name\nAda\n", "utf16le"))
    assert.deepInclude(unmarked, { reason: "malformed", at: "line 1" })
    assert.include(unmarked.message, "utf-16le")
    const half = yield* refused("half.csv", Buffer.from("name\nZoë").subarray(0, -1))
    assert.deepInclude(half, { reason: "endedEarly", at: "line 2" })
  })
)

it.effect("refuses a row that is not as wide as the header, with its line", () =>
  Effect.gen(function* () {
    const few = yield* refused("few.csv", "a,b,c\n1,2,3\n\n4,5\n")
    assert.deepInclude(few, { reason: "malformed", at: "line 4" })
    assert.include(few.message, "the row has 2 columns, the header has 3")
    const many = yield* refused("many.csv", 'a,b\n"1\n1",2\n3,4,5\n')
    assert.deepInclude(many, { reason: "malformed", at: "line 4" })
    assert.include(many.message, "the row has 3 columns, the header has 2")
    const stray = yield* refused("stray.csv", 'a,b\n1,2\n3,4"5\n')
    assert.deepInclude(stray, { reason: "malformed", at: "line 3" })
  })
)

it.effect("refuses a header that is missing, empty or ambiguous", () =>
  Effect.gen(function* () {
    assert.deepInclude(yield* refused("empty.csv", ""), { reason: "endedEarly", at: null })
    assert.deepInclude(yield* refused("blank.csv", "\n\r\n  \n"), { reason: "endedEarly", at: null })
    const twice = yield* refused("twice.csv", "\nmail,name, mail\n1,2,3\n")
    assert.deepInclude(twice, { reason: "malformed", at: "line 2" })
    assert.include(twice.message, 'two columns are named "mail"')
    const cased = yield* refused("cased.csv", "mail,name,MAIL\n")
    assert.include(cased.message, '"mail" and "MAIL" are one name in two spellings')
    const unnamed = yield* refused("unnamed.csv", "mail,,name\n")
    assert.include(unnamed.message, "column 2 has no name")
    assert.deepStrictEqual(yield* read("nobody.csv", "mail,name\n"), [])
  })
)

it.effect("takes a file that ends within quotes for cut off", () =>
  Effect.gen(function* () {
    const rows = 'a,b\n1,"x\ny"\n'
    const cut = yield* refused("cut.csv", `${rows}2,"never\nclosed\n3,4\n`)
    assert.deepInclude(cut, { reason: "endedEarly", at: "line 4" })
    const endless = yield* refused("endless.csv", `${rows}2,"${"x".repeat(17 * 1024 * 1024)}`)
    assert.deepInclude(endless, { reason: "malformed", at: "line 4" })
    assert.include(endless.message, "longer than 16 MiB")
  })
)

it.effect("takes a file that changes while it is read for cut off", () =>
  Effect.gen(function* () {
    const path = file("changing.csv", "mail\n" + "somebody@acme.com\n".repeat(50_000))
    let seen = 0
    const change = Stream.tap(CsvSource.make(path).read([]), () =>
      Effect.sync(() => {
        if (++seen === 1) appendFileSync(path, "late@acme.com\n")
      })
    )
    const failure = yield* Effect.flip(Stream.runDrain(change))
    assert.strictEqual(failure.reason, "endedEarly")
    assert.include(failure.message, "changed while it was read")
    assert.strictEqual((yield* all(CsvSource.make(path))).length, 50_001)
  })
)

it.effect("says what is wrong with a path", () =>
  Effect.gen(function* () {
    assert.deepInclude(yield* trouble(CsvSource.make(file("nowhere.csv"))), { reason: "notFound" })
    assert.include((yield* trouble(CsvSource.make(file(".")))).message, "is not a file")
    const impossible = yield* trouble(CsvSource.make(file("x".repeat(300))))
    assert.deepInclude(impossible, { reason: "unreadable" })
    assert.include(impossible.message, "ENAMETOOLONG")
  })
)

it.effect("gives nobody of a file without a column that is looked at", () =>
  Effect.gen(function* () {
    const source = CsvSource.make(file("renamed.csv", "id,e-mail\n1,a@acme.com\n"))
    const failure = yield* trouble(source, ["id", "mail"])
    assert.include(failure.message, 'the mapping reads "mail", and there is no such column')
    assert.lengthOf(yield* Stream.runCollect(source.read(["E-Mail"])), 1)
  })
)

it.effect("gives the header without reading on", () =>
  Effect.gen(function* () {
    const path = file("headers.csv", 'Email;"Full; name"\n"' + "x".repeat(1_000_000))
    assert.deepStrictEqual(yield* CsvSource.headers(path), ["Email", "Full; name"])
    const failure = yield* Effect.flip(CsvSource.headers(file("headless.csv", "")))
    assert.strictEqual(failure.reason, "endedEarly")
  })
)

it.effect("reads the same however the bytes are cut into pieces", () =>
  Effect.gen(function* () {
    const content = '\uFEFFa;b\r\n"é\r\n🦀";"x"";"\r\n\r\n1;2\r\n'
    for (const size of [1, 2, 3, 5, 64]) {
      const batches = csvRecords(decodeText(pieces(content, size), "pieces"), "pieces", [])
      const records = yield* all(peopleSource("pieces", () => batches))
      assert.deepStrictEqual(records, [
        { at: "line 2", fields: { a: "é\n🦀", b: 'x";' } },
        { at: "line 5", fields: { a: "1", b: "2" } }
      ])
    }
  })
)
