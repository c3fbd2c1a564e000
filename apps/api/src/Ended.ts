/** How the server ends when it cannot start: documented exit codes, the same as the terminal app's. */
import { Schema } from "effect"

/** Exit codes, for supervisors. */
export const codes = {
  /** Stopped as it was asked to. */
  ok: 0,
  /** A defect of ours. */
  unexpected: 1,
  /** Wrong flags, or an address it may not listen on. */
  usage: 2,
  /** Data directory, database, key or vault. */
  storage: 5,
  /** The address is taken or not ours. */
  listen: 8
} as const

/** Ends the program with a message and a code. */
export class Ended extends Schema.TaggedError<Ended>()("Ended", {
  code: Schema.Literals(Object.values(codes)),
  detail: Schema.String
}) {
  override get message(): string {
    return this.detail
  }
}
