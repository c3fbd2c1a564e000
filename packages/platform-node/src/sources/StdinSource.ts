/** What another program writes as a source of people. */
import type { PeopleSource } from "@loom-scim/core/ports/PeopleSource"
import { SourceFailure } from "@loom-scim/core/ports/PeopleSource"
import type { CsvOptions } from "./CsvSource.ts"
import { csvRecords } from "./csvRecords.ts"
import { decodeText } from "./decodeText.ts"
import type { JsonLinesOptions } from "./JsonLinesSource.ts"
import { jsonRecords } from "./jsonLines.ts"
import { peopleSource } from "./recordStream.ts"

/** What is written to it. */
export type StdinOptions = ({ readonly format: "csv" } & CsvOptions) | ({ readonly format: "jsonl" } & JsonLinesOptions)

const source = "stdin"

const failure = (reason: SourceFailure["reason"], detail: string, next: string) =>
  new SourceFailure({ reason, source, at: null, detail, next })

async function* untilItsEnd(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  try {
    yield* bytes
  } catch {
    throw failure("endedEarly", "it broke off before its end", "Check the program that writes it, and run again")
  }
}

/**
 * Reads a byte stream such as `process.stdin`, which must not have been read from. Only once: read again it would be
 * empty, and nobody may be taken for gone because of that.
 */
export const make = (bytes: AsyncIterable<Uint8Array>, options: StdinOptions): PeopleSource => {
  let isRead = false
  const once = async function* () {
    if (isRead) {
      throw failure("unreadable", "it was read already, and cannot be read twice", "Write it to a file, and give that")
    }
    isRead = true
    yield* untilItsEnd(bytes)
  }
  return peopleSource(source, () => {
    const text = decodeText(once(), source, options.encoding)
    return options.format === "csv" ? csvRecords(text, source, options.separator) : jsonRecords(text, source)
  })
}
