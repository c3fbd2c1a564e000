/** Why the sealing keys cannot be used or rotated. */
import { Schema } from "effect"

/**
 * - `unreadable`: the key file cannot be read or written
 * - `exposed`: other users of the machine can read the key file
 * - `malformed`: what is there is not a key
 * - `nothingToRotate`: the keys come from the environment and no previous one is given
 * - `unopenable`: a token was sealed with a key that is not here, or was tampered with, so it cannot be sealed anew
 * - `storage`: the database refused
 *
 * In every case the keys and tokens are as they were, and can still be opened.
 */
export class KeyFailure extends Schema.TaggedError<KeyFailure>()("KeyFailure", {
  reason: Schema.Literals(["unreadable", "exposed", "malformed", "nothingToRotate", "unopenable", "storage"]),
  detail: Schema.String,
  next: Schema.String
}) {
  override get message(): string {
    return `${this.detail}. ${this.next}`
  }
}
