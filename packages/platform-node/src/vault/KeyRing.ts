/** The sealing keys as a person sees them: which there are, where they live, and how to replace them. */
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { Array as Arr, Context, Effect, Layer, Option } from "effect"
import type * as Aead from "effect/crypto/Aead"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { fromSql } from "../store/StoreFailure.ts"
import { KeyFailure } from "./KeyFailure.ts"
import { Keys } from "./Keys.ts"
import type { KeyLocation } from "./Keys.ts"
import { reseal } from "./Reseal.ts"
import * as SecretsTable from "./SecretsTable.ts"
import type { KeyId } from "./SealingKey.ts"

/** What there is. `retiring` is not empty after an interrupted rotation, or while a previous key is given. */
export interface KeyStatus {
  readonly current: Option.Option<KeyId>
  readonly retiring: ReadonlyArray<KeyId>
}

/** The keys that something in the store is sealed with: those that are here, and those that are not. */
export interface SealedUnder {
  readonly present: ReadonlyArray<string>
  readonly missing: ReadonlyArray<string>
}

/** A finished rotation. */
export interface Rotated {
  readonly from: KeyId
  readonly to: KeyId
  /** How many tokens were sealed anew. */
  readonly resealed: number
}

/** The sealing keys of this installation. */
export class KeyRing extends Context.Service<
  KeyRing,
  {
    readonly location: KeyLocation
    /** Looks without making a key. */
    readonly status: Effect.Effect<KeyStatus, KeyFailure>
    /** Compares the store with the keys at hand; a rotation that goes on meanwhile does not disturb it. */
    readonly sealedUnder: Effect.Effect<SealedUnder, KeyFailure>
    /**
     * Replaces the current key: new key beside the old one → every token sealed anew in one transaction → old key
     * dropped. A crash between the steps loses nothing, and the next rotation finishes the interrupted one. Keys from
     * the environment are not made here: it moves everything from `LOOM_SCIM_KEY_PREVIOUS` to `LOOM_SCIM_KEY`, or
     * fails with `nothingToRotate`.
     */
    readonly rotate: Effect.Effect<Rotated, KeyFailure>
  }
>()("@loom-scim/platform-node/vault/KeyRing") {
  /** Over the context's `Keys` and the `secrets` table of its `SqlClient`; `place` is what failures call the database. */
  static readonly layer = (place: string): Layer.Layer<KeyRing, never, SqlClient | Keys> =>
    Layer.effect(
      KeyRing,
      Effect.gen(function* () {
        const keys = yield* Keys
        const table = yield* SecretsTable.make
        const context = yield* Effect.context<SqlClient | Keys | Aead.Aead>()

        const move = Effect.gen(function* () {
          const { current, retiring } = yield* keys.stage
          return { current, retiring, resealed: yield* reseal(current) }
        })

        const refused = (error: SqlError) => {
          const { detail, next } = fromSql(place)(error)
          return Effect.fail(new KeyFailure({ reason: "storage", detail, next }))
        }

        const compared = Effect.gen(function* () {
          const rows = yield* table.keyIds().pipe(Effect.catchTag("SchemaError", (error) => Effect.die(error)))
          const here = new Set<string>((yield* keys.all).map((key) => key.id))
          const ids = rows.map((row) => row.key_id)
          return { present: ids.filter((id) => here.has(id)), missing: ids.filter((id) => !here.has(id)) }
        })

        const sealedUnder = table
          .sealing(compared)
          .pipe(
            Effect.catchTag("SqlError", refused),
            Effect.provideContext(context),
            Effect.withSpan("KeyRing.sealedUnder")
          )

        const rotate = Effect.gen(function* () {
          const { current, retiring, resealed } = yield* table.rotating(move)
          // Only now is it certain that the new seals are on the disk.
          yield* table.rotating(keys.retire(retiring.map((key) => key.id)))
          return { from: Arr.lastNonEmpty(retiring).id, to: current.id, resealed }
        }).pipe(Effect.catchTag("SqlError", refused), Effect.provideContext(context), Effect.withSpan("KeyRing.rotate"))

        const status = Effect.map(keys.all, (all): KeyStatus => ({
          current: Option.map(Arr.last(all), (key) => key.id),
          retiring: all.slice(0, -1).map((key) => key.id)
        }))

        return KeyRing.of({ location: keys.location, status, sealedUnder, rotate })
      })
    ).pipe(Layer.provide(NodeCrypto.layerAead))
}
