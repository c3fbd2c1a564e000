/** What every vault and key ring must do, whatever database they are on. */
import { assert, describe, it } from "@effect/vitest"
import { Fingerprint, Vault, VaultFailure } from "@loom-scim/core/ports/Vault"
import { Journal } from "@loom-scim/core/ports/Journal"
import { Effect, Layer, Option, Redacted } from "effect"
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { SqlClient } from "effect/sql/SqlClient"
import { readFileSync } from "node:fs"
import { keyFileIn } from "../../src/store/DataDirectory.ts"
import { KeyFailure } from "../../src/vault/KeyFailure.ts"
import { KeyRing } from "../../src/vault/KeyRing.ts"
import * as Keys from "../../src/vault/Keys.ts"
import { reseal } from "../../src/vault/Reseal.ts"
import { environment } from "../store/backend.ts"
import type { Backend, Store } from "../store/backend.ts"
import { around, opened } from "../store/contract.ts"
import { acme, beta, entries, shown, token } from "../store/sample.ts"

const keyA = "a1".repeat(32)
const keyB = Buffer.from("b2".repeat(32), "hex").toString("base64")

const reasonOf = (error: VaultFailure): VaultFailure["reason"] => error.reason

/** How many keys the file holds. */
const keysIn = (store: Store): number => readFileSync(keyFileIn(store.directory), "utf8").trim().split("\n").length

/** The steps of a rotation that a crash may fall between, with the keys of the store's file. */
const steps = (store: Store) =>
  Layer.mergeAll(
    store.around,
    NodeCrypto.layerAead,
    Keys.layer({ file: keyFileIn(store.directory), besideData: true }).pipe(Layer.provide(environment({})))
  )

export const vaultContract = (backend: Backend): void => {
  describe(`the vault on ${backend.name}`, () => {
    it.live("opens what it sealed, also twice, and nothing for anyone else", () =>
      opened(backend, () =>
        Effect.gen(function* () {
          const vault = yield* Vault
          const first = yield* vault.seal(acme, token("sk_live_één"))
          const second = yield* vault.seal(acme, token("\uFEFFsecond"))
          assert.strictEqual(yield* vault.seal(acme, token("sk_live_één")), first)
          assert.notStrictEqual(first, second)
          assert.strictEqual(Redacted.value(yield* vault.open(acme, first)), "sk_live_één")
          assert.strictEqual(Redacted.value(yield* vault.open(acme, second)), "\uFEFFsecond")
          assert.strictEqual(yield* Effect.flip(vault.open(beta, first)).pipe(Effect.map(reasonOf)), "missing")
          const never = Fingerprint.make("0123456789ab")
          assert.strictEqual(yield* Effect.flip(vault.open(acme, never)).pipe(Effect.map(reasonOf)), "missing")
        })
      )
    )

    it.live("forgets all but the tokens to keep, of that connection only", () =>
      opened(backend, () =>
        Effect.gen(function* () {
          const vault = yield* Vault
          const [one, two, three] = yield* Effect.all([
            vault.seal(acme, token("one")),
            vault.seal(acme, token("two")),
            vault.seal(acme, token("three"))
          ])
          const other = yield* vault.seal(beta, token("one"))
          yield* vault.change(acme, { keep: [one, three] }, Effect.void)
          assert.strictEqual(yield* Effect.flip(vault.open(acme, two)).pipe(Effect.map(reasonOf)), "missing")
          assert.strictEqual(Redacted.value(yield* vault.open(acme, three)), "three")
          yield* vault.change(acme, { keep: [] }, Effect.void)
          assert.strictEqual(yield* Effect.flip(vault.open(acme, one)).pipe(Effect.map(reasonOf)), "missing")
          assert.strictEqual(Redacted.value(yield* vault.open(beta, other)), "one")
        })
      )
    )

    it.live("seals and forgets together with what records it, or does neither", () =>
      opened(backend, () =>
        Effect.gen(function* () {
          const vault = yield* Vault
          const journal = yield* Journal
          const one = yield* vault.seal(acme, token("one"))
          const seal = token("two")
          const two = yield* vault.fingerprintOf(seal)
          const recording = journal.append(acme, 0, entries(acme, 1, 2))
          const failing = vault.change(acme, { seal, keep: [] }, Effect.andThen(recording, Effect.fail("no" as const)))
          assert.strictEqual(yield* Effect.flip(failing), "no")
          assert.deepStrictEqual(yield* journal.load(acme), [])
          assert.strictEqual(Redacted.value(yield* vault.open(acme, one)), "one")
          assert.strictEqual(yield* Effect.flip(vault.open(acme, two)).pipe(Effect.map(reasonOf)), "missing")
          yield* vault.change(acme, { seal, keep: [] }, recording)
          assert.lengthOf(yield* journal.load(acme), 2)
          assert.strictEqual(Redacted.value(yield* vault.open(acme, two)), "two")
          assert.strictEqual(yield* Effect.flip(vault.open(acme, one)).pipe(Effect.map(reasonOf)), "missing")
        })
      )
    )

    it.live("notices every kind of tampering", () =>
      opened(backend, (store) =>
        Effect.gen(function* () {
          const vault = yield* Vault
          const which = yield* vault.seal(acme, token("genuine"))
          yield* vault.seal(acme, token("other"))
          const rows = yield* around(store, "SELECT fingerprint, sealed, nonce FROM secrets")
          const genuine = rows.find((row) => row["fingerprint"] === which)
          const other = rows.find((row) => row["fingerprint"] !== which)
          const at = backend.name === "SQLite" ? "?" : "$1"
          const set = (column: string, value: unknown) =>
            around(store, `UPDATE secrets SET ${column} = ${at} WHERE fingerprint = '${which}'`, [value])
          const flipped = (value: unknown) => {
            assert.instanceOf(value, Uint8Array)
            return value.map((byte, index) => (index === 0 ? byte ^ 1 : byte))
          }
          const refused = Effect.gen(function* () {
            const error = yield* Effect.flip(vault.open(acme, which))
            assert.strictEqual(error.reason, "tampered")
            assert.notInclude(shown(error), "genuine")
          })

          for (const column of ["sealed", "nonce"]) {
            yield* set(column, flipped(genuine?.[column]))
            yield* refused
            yield* set(column, genuine?.[column])
          }
          yield* set("sealed", new Uint8Array(3))
          yield* refused
          yield* set("nonce", other?.["nonce"])
          yield* set("sealed", other?.["sealed"])
          yield* refused
          yield* set("nonce", genuine?.["nonce"])
          yield* set("sealed", genuine?.["sealed"])
          assert.strictEqual(Redacted.value(yield* vault.open(acme, which)), "genuine")

          // Given to another connection, it is worth nothing there.
          yield* set("connection_id", beta)
          assert.strictEqual(yield* Effect.flip(vault.open(beta, which)).pipe(Effect.map(reasonOf)), "tampered")
        })
      )
    )

    it.live("says that a key is the wrong one, and opens again with the right one", () =>
      Effect.gen(function* () {
        const store = yield* backend.fresh
        const under = (variables: Record<string, string>) => Effect.provide(store.open(variables))
        const which = yield* Effect.flatMap(Vault, (vault) => vault.seal(acme, token("precious"))).pipe(
          under({ LOOM_SCIM_KEY: keyA })
        )
        const open = Effect.flatMap(Vault, (vault) => vault.open(acme, which))
        const error = yield* open.pipe(under({ LOOM_SCIM_KEY: keyB }), Effect.flip)
        assert.instanceOf(error, VaultFailure)
        assert.strictEqual(error.reason, "wrongKey")
        assert.notInclude(shown(error), keyB)
        for (const variables of [{ LOOM_SCIM_KEY: keyA }, { LOOM_SCIM_KEY: keyB, LOOM_SCIM_KEY_PREVIOUS: keyA }]) {
          assert.strictEqual(Redacted.value(yield* open.pipe(under(variables))), "precious")
        }
      }).pipe(Effect.scoped)
    )

    it.live("refuses what is not a key at once", () =>
      Effect.gen(function* () {
        const store = yield* backend.fresh
        for (const variables of [
          { LOOM_SCIM_KEY: "hunter2hunter2" },
          { LOOM_SCIM_KEY: keyA.slice(1) },
          { LOOM_SCIM_KEY: keyA, LOOM_SCIM_KEY_PREVIOUS: "hunter2hunter2" },
          { LOOM_SCIM_KEY_PREVIOUS: keyA }
        ]) {
          const error = yield* Effect.flip(Effect.provide(Effect.service(Vault), store.open(variables)))
          assert.instanceOf(error, KeyFailure)
          assert.strictEqual(error.reason, "malformed")
          assert.notInclude(shown(error), "hunter2")
          assert.notInclude(shown(error), keyA.slice(1))
        }
      }).pipe(Effect.scoped)
    )

    it.live("rotates a key file: new key, same tokens, old key gone", () =>
      opened(backend, (store) =>
        Effect.gen(function* () {
          const vault = yield* Vault
          const ring = yield* KeyRing
          assert.deepStrictEqual(yield* ring.status, { current: Option.none(), retiring: [] })
          const which = yield* vault.seal(acme, token("kept"))
          yield* vault.seal(beta, token("kept too"))
          const before = yield* ring.status
          const rotated = yield* ring.rotate
          assert.deepStrictEqual(Option.some(rotated.from), before.current)
          assert.strictEqual(rotated.resealed, 2)
          assert.deepStrictEqual(yield* ring.status, { current: Option.some(rotated.to), retiring: [] })
          assert.notStrictEqual(rotated.from, rotated.to)
          assert.strictEqual(keysIn(store), 1)
          assert.strictEqual(Redacted.value(yield* vault.open(acme, which)), "kept")
          const again = yield* ring.rotate
          assert.strictEqual(again.from, rotated.to)
          assert.strictEqual(Redacted.value(yield* vault.open(acme, which)), "kept")
        })
      )
    )

    it.live("rotates from the previous key of the environment to the current one", () =>
      Effect.gen(function* () {
        const store = yield* backend.fresh
        const under = (variables: Record<string, string>) => Effect.provide(store.open(variables))
        const which = yield* Effect.flatMap(Vault, (vault) => vault.seal(acme, token("kept"))).pipe(
          under({ LOOM_SCIM_KEY: keyA })
        )
        const rotate = Effect.flatMap(KeyRing, (ring) => ring.rotate)
        const alone = yield* rotate.pipe(under({ LOOM_SCIM_KEY: keyA }), Effect.flip)
        assert.instanceOf(alone, KeyFailure)
        assert.strictEqual(alone.reason, "nothingToRotate")
        const rotated = yield* rotate.pipe(under({ LOOM_SCIM_KEY: keyB, LOOM_SCIM_KEY_PREVIOUS: keyA }))
        assert.strictEqual(rotated.resealed, 1)
        const opened = yield* Effect.flatMap(Vault, (vault) => vault.open(acme, which)).pipe(
          under({ LOOM_SCIM_KEY: keyB })
        )
        assert.strictEqual(Redacted.value(opened), "kept")
      }).pipe(Effect.scoped)
    )

    const crashes = {
      "after the new key was written": Effect.flatMap(Keys.Keys, (keys) => keys.stage),
      "in the middle of sealing anew": Effect.gen(function* () {
        const { current } = yield* (yield* Keys.Keys).stage
        const sql = yield* SqlClient
        return yield* sql.withTransaction(Effect.andThen(reseal(current), Effect.fail("crash")))
      }).pipe(Effect.ignore),
      "before the old key was dropped": Effect.gen(function* () {
        const { current } = yield* (yield* Keys.Keys).stage
        const sql = yield* SqlClient
        return yield* sql.withTransaction(reseal(current))
      })
    }
    for (const [moment, crash] of Object.entries(crashes)) {
      it.live(`loses nothing when a rotation dies ${moment}, and finishes it later`, () =>
        Effect.gen(function* () {
          const store = yield* backend.fresh
          const open = Effect.provide(store.open())
          const [one, two] = yield* Effect.flatMap(Vault, (vault) =>
            Effect.all([vault.seal(acme, token("one")), vault.seal(beta, token("two"))])
          ).pipe(open)
          yield* crash.pipe(Effect.provide(Layer.fresh(steps(store))))
          assert.strictEqual(keysIn(store), 2)
          yield* Effect.gen(function* () {
            const vault = yield* Vault
            const ring = yield* KeyRing
            const status = yield* ring.status
            assert.strictEqual(status.retiring.length, 1)
            assert.strictEqual(Redacted.value(yield* vault.open(acme, one)), "one")
            const three = yield* vault.seal(acme, token("three"))
            const rotated = yield* ring.rotate
            // It goes on with the key that was already there.
            assert.deepStrictEqual(Option.some(rotated.to), status.current)
            assert.deepStrictEqual([rotated.from], status.retiring)
            assert.strictEqual(rotated.resealed, moment === "before the old key was dropped" ? 0 : 2)
            assert.strictEqual(keysIn(store), 1)
            assert.strictEqual(Redacted.value(yield* vault.open(acme, one)), "one")
            assert.strictEqual(Redacted.value(yield* vault.open(beta, two)), "two")
            assert.strictEqual(Redacted.value(yield* vault.open(acme, three)), "three")
          }).pipe(open)
        }).pipe(Effect.scoped)
      )
    }

    it.live("stops a rotation at a token that cannot be opened, and changes none", () =>
      opened(backend, (store) =>
        Effect.gen(function* () {
          const vault = yield* Vault
          const ring = yield* KeyRing
          const good = yield* vault.seal(acme, token("good"))
          yield* vault.seal(beta, token("bad"))
          const before = yield* around(store, "SELECT * FROM secrets WHERE connection_id = 'acme'")
          yield* around(store, "UPDATE secrets SET nonce = sealed WHERE connection_id = 'beta'")
          const error = yield* Effect.flip(ring.rotate)
          assert.strictEqual(error.reason, "unopenable")
          assert.include(error.message, "beta")
          assert.deepStrictEqual(yield* around(store, "SELECT * FROM secrets WHERE connection_id = 'acme'"), before)
          assert.strictEqual(Redacted.value(yield* vault.open(acme, good)), "good")
          yield* vault.change(beta, { keep: [] }, Effect.void)
          assert.strictEqual((yield* ring.rotate).resealed, 1)
          assert.strictEqual(Redacted.value(yield* vault.open(acme, good)), "good")
        })
      )
    )

    it.live("loses no token sealed while a rotation runs", () =>
      opened(backend, (store) =>
        Effect.gen(function* () {
          const vault = yield* Vault
          const ring = yield* KeyRing
          for (let round = 0; round < 5; round++) {
            const texts = Array.from({ length: 8 }, (_, index) => `token ${round} ${index}`)
            const seals = texts.map((text) => vault.seal(acme, token(text)))
            const [prints] = yield* Effect.all([Effect.all(seals, { concurrency: "unbounded" }), ring.rotate], {
              concurrency: "unbounded"
            })
            const found = yield* Effect.forEach(prints, (which) => vault.open(acme, which))
            assert.deepStrictEqual(found.map(Redacted.value), texts)
            assert.strictEqual(keysIn(store), 1)
          }
        })
      )
    )
  })
}
