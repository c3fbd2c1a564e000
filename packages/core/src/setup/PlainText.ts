/**
 * Texts that somebody gives and everybody reads: names, descriptions, notes. What is kept of them reaches terminals,
 * databases and strict readers of JSON, so they are whole characters of Unicode, and nothing that steers.
 */
import { Schema } from "effect"

// A half of a surrogate pair is no character (Cs), and U+0000 is none to PostgreSQL; the controls (Cc) steer terminals.
const line = /^[^\p{Cc}\p{Cs}]*$/u
const lines = /^(?:[^\p{Cc}\p{Cs}]|[\t\n\r])*$/u

/** What is wrong with a text that is no {@link line}, after what it is. */
export const notALine = "must be one line of whole characters, without control characters"

const notLines = "must be whole characters, without control characters other than tabs and line breaks"

/** The check of a name or another text of one line. */
export const isLine = Schema.isPattern(line, { message: notALine })

/** The check of a note or another text that may have several lines. */
export const isLines = Schema.isPattern(lines, { message: notLines })

/** Why a name is refused, in one sentence; undefined when it may be kept. `what` begins the sentence. */
export const refuseLine = (what: string, text: string): string | undefined =>
  line.test(text) ? undefined : `${what} ${notALine}.`

/** The same of a text that may have several lines. */
export const refuseLines = (what: string, text: string): string | undefined =>
  lines.test(text) ? undefined : `${what} ${notLines}.`
