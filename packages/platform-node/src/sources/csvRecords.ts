/** CSV text to records: the first row names the columns, and every row has just these. */
import { pipeline, Readable } from "node:stream"
import type { SourceRecord } from "@loom-scim/core/ports/PeopleSource"
import { SourceFailure } from "@loom-scim/core/ports/PeopleSource"
import { foldName } from "@loom-scim/core/provisioning/PersonDigest"
import { refuseMissing } from "@loom-scim/core/provisioning/SourceColumns"
import { CsvError, parse } from "csv-parse"

/** What may stand between two columns. */
const separators = [",", ";", "\t"] as const
export type Separator = (typeof separators)[number]

interface Row {
  readonly line: number
  readonly cells: ReadonlyArray<string>
}

/** Without it a quote that is never closed would take the whole file into memory. */
const longestRow = 16 * 1024 * 1024
const longestHeader = 1024 * 1024
const batchRows = 256

const refuse = (source: string, line: number, detail: string, next: string) =>
  new SourceFailure({ reason: "malformed", source, at: `line ${line}`, detail, next })

/** The header row as it stands; undefined when the text ends within it. */
const headerIn = (text: string): string | undefined => {
  let quoted = false
  for (const { 0: mark, index } of text.matchAll(/["\n]/g)) {
    if (mark === '"') quoted = !quoted
    else if (!quoted && text.slice(0, index).trim() !== "") return text.slice(0, index)
  }
  return undefined
}

const guessSeparator = (header: string): Separator => {
  const bare = header.replaceAll(/"[^"]*"/g, "")
  const counts = separators.map((separator) => ({ separator, count: bare.split(separator).length }))
  return counts.reduce((best, next) => (next.count > best.count ? next : best)).separator
}

/** The separator that a spreadsheet's own first line names, `sep=;`, which is no row. */
const toldIn = (header: string): string | undefined => /^\s*"?sep=(.)"?\s*$/i.exec(header)?.[1]

const isSeparator = (text: string): text is Separator => separators.some((separator) => separator === text)

const linesIn = (cells: ReadonlyArray<string>): number =>
  cells.reduce((sum, cell) => (cell.includes("\n") ? sum + cell.split("\n").length - 1 : sum), 0)

/** Ends each line with a line feed, also within fields: the parser counts CRLF twice there. */
async function* withLineFeeds(text: AsyncIterable<string>): AsyncGenerator<string, void> {
  let held = ""
  for await (const piece of text) {
    const whole = held + piece
    // It may be the first half of a CRLF.
    held = whole.endsWith("\r") ? "\r" : ""
    yield whole.slice(0, whole.length - held.length).replaceAll(/\r\n?/g, "\n")
  }
  yield held.replace("\r", "\n")
}

const failureOf = (cause: unknown, source: string, nextLine: number): unknown => {
  if (!(cause instanceof CsvError)) return cause
  if (cause.code === "CSV_QUOTE_NOT_CLOSED") {
    return new SourceFailure({
      reason: "endedEarly",
      source,
      at: `line ${nextLine}`,
      detail: "the row that begins here has a quote that is not closed before the end",
      next: "If it was cut off, write or copy it again; else close the quote"
    })
  }
  return cause.code === "CSV_MAX_RECORD_SIZE"
    ? refuse(source, nextLine, "the row that begins here is longer than 16 MiB", "Look for a quote that is not closed")
    : refuse(source, nextLine, "a quote stands where none may", 'Quote the whole field, and double each " within it')
}

/** The rows, header included. Rows without any text, as spreadsheets leave them behind, are no rows. */
async function* rowsOf(
  text: AsyncIterable<string>,
  source: string,
  separator: Separator | undefined
): AsyncGenerator<Row, void> {
  const pieces = withLineFeeds(text)
  let head = ""
  let header: string | undefined
  while (header === undefined && head.length < longestHeader) {
    const piece = await pieces.next()
    if (piece.done === true) break
    head += piece.value
    header = headerIn(head)
  }
  const begun = header ?? head
  const told = toldIn(begun)
  if (told !== undefined && !isSeparator(told)) {
    throw refuse(source, 1, `${told} stands between the columns`, "Save it with a comma, a semicolon or a tab there")
  }
  const whole = async function* () {
    // Its line stays, so that the others keep their numbers.
    yield told === undefined ? head : begun.replaceAll(/[^\n]/g, "") + head.slice(begun.length)
    yield* pieces
  }

  let nextLine = 1
  const parser = parse({
    delimiter: separator ?? told ?? guessSeparator(begun),
    record_delimiter: "\n",
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
    max_record_size: longestRow,
    on_record: (cells: Array<string>, { lines }) => {
      nextLine = lines + 1
      if (cells.every((cell) => cell.trim() === "")) return null
      // The line is known only here; it travels as one more cell.
      cells.push(String(lines - linesIn(cells)))
      return cells
    }
  })
  // What goes wrong in either comes out of the loop below.
  pipeline(Readable.from(whole()), parser, () => {})
  try {
    const rows: AsyncIterable<Array<string>> = parser
    for await (const cells of rows) yield { line: Number(cells.pop()), cells }
  } catch (cause) {
    throw failureOf(cause, source, nextLine)
  }
}

const checkedHeader = (source: string, { cells, line }: Row): ReadonlyArray<string> => {
  const names = cells.map((cell) => cell.trim())
  const unnamed = names.indexOf("")
  if (unnamed >= 0) {
    throw refuse(source, line, `column ${unnamed + 1} has no name`, "Give each column a name in the header row")
  }
  const folded = names.map(foldName)
  const again = folded.findIndex((name, index) => folded.indexOf(name) !== index)
  if (again >= 0) {
    // Mappings name a column in any case.
    const both = [names[folded.indexOf(folded[again] ?? "")], names[again]]
    const detail =
      both[0] === both[1]
        ? `two columns are named "${both[0]}"`
        : `"${both.join('" and "')}" are one name in two spellings`
    throw refuse(source, line, detail, "Rename one of them, so that it is clear which is meant")
  }
  return names
}

const noHeader = (source: string) =>
  new SourceFailure({
    reason: "endedEarly",
    source,
    at: null,
    detail: "it is empty, without even a header row",
    next: "Check what writes it; if there really is nobody, keep the header row"
  })

const recordOf = (source: string, names: ReadonlyArray<string>, { cells, line }: Row): SourceRecord => {
  if (cells.length !== names.length) {
    const detail = `the row has ${cells.length} columns, the header has ${names.length}`
    throw refuse(source, line, detail, "Quote what has a separator in it, or say which separator is used")
  }
  return { at: `line ${line}`, fields: Object.fromEntries(names.map((name, index) => [name, cells[index] ?? ""])) }
}

/** The names of the columns. Throws a `SourceFailure`. */
export const csvHeader = async (
  text: AsyncIterable<string>,
  source: string,
  separator?: Separator
): Promise<ReadonlyArray<string>> => {
  for await (const row of rowsOf(text, source, separator)) return checkedHeader(source, row)
  throw noHeader(source)
}

const open =
  "it is the last row, and no line feed ends it as the others; if the file was cut there, its last field is too short"

/** Passes text on, and tells its last character. */
async function* watched(text: AsyncIterable<string>, last: (character: string) => void): AsyncGenerator<string, void> {
  for await (const piece of text) {
    if (piece !== "") last(piece.slice(-1))
    yield piece
  }
}

/**
 * The records in batches, when there is a column for each of the fields. Throws a `SourceFailure`, and never ends before
 * the text does.
 */
export async function* csvRecords(
  text: AsyncIterable<string>,
  source: string,
  fields: ReadonlyArray<string>,
  separator?: Separator
): AsyncGenerator<ReadonlyArray<SourceRecord>, void> {
  let names: ReadonlyArray<string> | undefined
  let batch: Array<SourceRecord> = []
  let end = ""
  const whole = watched(text, (character) => void (end = character))
  for await (const row of rowsOf(whole, source, separator)) {
    if (names === undefined) {
      names = checkedHeader(source, row)
      const missing = refuseMissing(source, names, fields)
      if (missing !== null) throw missing
      continue
    }
    if (batch.length === batchRows) {
      yield batch
      batch = []
    }
    batch.push(recordOf(source, names, row))
  }
  if (names === undefined) throw noHeader(source)
  const last = batch.at(-1)
  // A quote at the end closes the field.
  const isOpen = last !== undefined && !/[\r\n"]/.test(end)
  yield isOpen ? [...batch.slice(0, -1), { ...last, doubt: open }] : batch
}
