/** How the program ends: documented exit codes, and one way to say what went wrong. */
import { Schema } from "effect"

/** Exit codes, for scripts. */
export const codes = {
  ok: 0,
  /** A defect of ours. */
  unexpected: 1,
  /** Wrong flags or arguments, or an answers file that does not fit. */
  usage: 2,
  /** The journey said no, or is not finished. */
  refused: 3,
  /** A check failed, or some of what was to be done was not. */
  checkFailed: 4,
  /** Data directory, database, key or vault; or output that cannot be written. */
  storage: 5,
  /** A run waits for somebody to allow or reject what the guard holds. */
  waiting: 6,
  /** A run stopped before its end and can go on. */
  paused: 7,
  /** Interrupted by Ctrl-C, TERM, or the end of the terminal. */
  interrupted: 130
} as const

/** One of the codes. */
export type Code = (typeof codes)[keyof typeof codes]

/** Ends a command with a message for people and a code for scripts. */
export class Ended extends Schema.TaggedError<Ended>()("Ended", {
  code: Schema.Literals(Object.values(codes)),
  reason: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return this.detail
  }
}

/** What is said on standard error, for people or for scripts. */
export const errorText = ({ code, detail, reason }: Ended, json: boolean): string =>
  json ? `${JSON.stringify({ error: { reason, detail, code } })}\n` : `loom-scim: ${detail}\n`

const storage = new Set(["JournalFailure", "KeyFailure", "VaultFailure", "SequenceConflict"])

/** Puts any of core's errors into that form, with the next step that each of them has, in its message or beside it. */
export const fromError = (error: { readonly _tag: string; readonly message: string }): Ended => {
  if (error instanceof Ended) return error
  const code = storage.has(error._tag)
    ? codes.storage
    : error._tag === "DnsServerRejected"
      ? codes.usage
      : codes.refused
  const parts = [error.message]
  for (const key of ["detail", "next"] as const) {
    const part: unknown = Reflect.get(error, key)
    if (typeof part === "string" && part !== "" && !error.message.includes(part)) parts.push(part)
  }
  return new Ended({ code, reason: error._tag, detail: parts.join(" ") })
}
