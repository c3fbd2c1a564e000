/** JSON Lines text to records: one object a line. */
import type { SourceRecord } from "@loom-scim/core/ports/PeopleSource"
import { SourceFailure } from "@loom-scim/core/ports/PeopleSource"
import { isJsonObject } from "@loom-scim/core/scim/Json"

const longestLine = 16 * 1024 * 1024

const failure = (source: string, line: number, reason: SourceFailure["reason"], detail: string, next: string) =>
  new SourceFailure({ reason, source, at: `line ${line}`, detail, next })

const tooLong = (source: string, line: number) =>
  failure(source, line, "malformed", "the line is longer than 16 MiB", "Write one object a line, each about one person")

/** A number that cannot be held exactly; two people could share what it is rounded to. */
class RoundedNumber extends Error {}

const refuseRounded = (_key: string, value: unknown): unknown => {
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) throw new RoundedNumber()
  return value
}

const parse = (line: string): unknown => {
  // Looking at every value takes several times as long, and hardly a line has such digits.
  const value: unknown = /\d{16}|\d[eE]/.test(line) ? JSON.parse(line, refuseRounded) : JSON.parse(line)
  return value
}

const recordOf = (source: string, line: number, text: string, isCut: boolean): SourceRecord => {
  let value: unknown
  try {
    value = parse(text)
  } catch (cause) {
    if (cause instanceof RoundedNumber) {
      const detail = "a number is too long to be kept exactly"
      throw failure(source, line, "malformed", detail, "Write it as text, within quotes")
    }
    throw isCut
      ? failure(
          source,
          line,
          "endedEarly",
          "it ends in the middle of an object",
          "It was cut off: write or copy it again"
        )
      : failure(source, line, "malformed", "the line is not JSON", "Write one JSON object a line")
  }
  if (isJsonObject(value)) return { at: `line ${line}`, fields: value }
  throw failure(source, line, "malformed", "the line is not a JSON object", "Write one JSON object a line")
}

/** The records in batches. Throws a `SourceFailure`; also when there is not one, which a failed export looks like. */
export async function* jsonRecords(
  text: AsyncIterable<string>,
  source: string
): AsyncGenerator<ReadonlyArray<SourceRecord>, void> {
  let line = 1
  let isEmpty = true
  let pending: Array<string> = []
  let length = 0
  const toRecord = (content: string, isCut: boolean): ReadonlyArray<SourceRecord> => {
    if (content.length > longestLine) throw tooLong(source, line)
    if (content.trim() === "") return []
    isEmpty = false
    return [recordOf(source, line, content, isCut)]
  }

  for await (const piece of text) {
    const batch: Array<SourceRecord> = []
    let start = 0
    for (let end = piece.indexOf("\n"); end >= 0; end = piece.indexOf("\n", start)) {
      batch.push(...toRecord(pending.join("") + piece.slice(start, end), false))
      pending = []
      length = 0
      line++
      start = end + 1
    }
    pending.push(piece.slice(start))
    length += piece.length - start
    if (length > longestLine) throw tooLong(source, line)
    yield batch
  }

  yield toRecord(pending.join(""), true)
  if (isEmpty) {
    throw new SourceFailure({
      reason: "endedEarly",
      source,
      at: null,
      detail: "it is empty, without even one object",
      next: "Check what writes it: an export that failed looks just like this"
    })
  }
}
