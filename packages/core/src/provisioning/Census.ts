/** What a plan counted, and what it did not conclude. */
import { Schema } from "effect"

/** Why nobody is taken for gone. */
export const Withheld = Schema.Struct({
  /**
   * `sourceFailed`: the source was not read to its end. `keysUnreadable`: records have no readable key, so whom they
   * mean is unknown. `usersIncomplete`: the server's list is not whole.
   */
  reason: Schema.Literals(["sourceFailed", "keysUnreadable", "usersIncomplete"]),
  detail: Schema.String
})
export type Withheld = typeof Withheld.Type

/** What was counted on the way. */
export const Census = Schema.Struct({
  /** People in the source, each key once. */
  people: Schema.Int,
  /** Records that said again what another had said. */
  duplicates: Schema.Int,
  /** Users on the server. */
  users: Schema.Int,
  /** Users that are ours: by external id, or by what was managed before. */
  managed: Schema.Int,
  /** Those of them who have access. Absent when it is not known, as where a plan is about one user alone. */
  active: Schema.optionalKey(Schema.Int),
  /** Users that are not ours and match nobody. */
  unmanaged: Schema.Int,
  /** Active users whose role the server shows as admin, ours or not. */
  admins: Schema.Int
})
export type Census = typeof Census.Type
