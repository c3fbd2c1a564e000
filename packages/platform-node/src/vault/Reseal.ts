/** The middle step of a rotation: everything under older keys is sealed anew under the current one. */
import { Effect, Option } from "effect"
import type * as Aead from "effect/crypto/Aead"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { KeyFailure } from "./KeyFailure.ts"
import * as Keys from "./Keys.ts"
import * as Seal from "./Seal.ts"
import * as SecretsTable from "./SecretsTable.ts"
import type { SealingKey } from "./SealingKey.ts"

const unopenable = (detail: string, id?: ConnectionId) =>
  new KeyFailure({
    reason: "unopenable",
    detail,
    next:
      id === undefined
        ? "Restore the database from a backup, then rotate again; nothing was changed."
        : `Save the token of ${id} again, or remove that connection, then rotate again; no token was changed.`
  })

/**
 * Seals every token that is under another key with `to` and answers how many there were. All or nothing: run it in a
 * transaction. The first token that cannot be opened ends it with `unopenable`, naming the connection.
 */
export const reseal = Effect.fn("Vault.reseal")(function* (
  to: SealingKey
): Effect.fn.Return<number, KeyFailure | SqlError, SqlClient | Keys.Keys | Aead.Aead> {
  const table = yield* SecretsTable.make
  const keys = yield* Keys.Keys
  const rows = yield* table
    .notUnder(to.id)
    .pipe(
      Effect.catchTag("SchemaError", () =>
        Effect.fail(unopenable("The table of sealed tokens holds a row that nobody sealed"))
      )
    )
  for (const row of rows) {
    const id = row.connection_id
    const key = yield* Keys.find(keys, row.key_id)
    if (Option.isNone(key)) {
      return yield* unopenable(`The token of ${id} was sealed with key ${row.key_id}, which is not here`, id)
    }
    const token = yield* Seal.open(key.value, row).pipe(
      Effect.catchTag("CryptoError", () => Effect.fail(unopenable(`A token of ${id} is not what was once sealed`, id)))
    )
    yield* table.put(yield* Effect.orDie(Seal.seal(to, id, row.fingerprint, token)))
  }
  return rows.length
})
