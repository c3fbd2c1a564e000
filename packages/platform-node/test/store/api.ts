/** What the stores behind the API must do, whatever database they are on. */
import { assert, describe, it } from "@effect/vitest"
import type { StoredApiKey } from "@loom-scim/core/ports/ApiKeys"
import { ApiKeyId, ApiKeys } from "@loom-scim/core/ports/ApiKeys"
import { Idempotency } from "@loom-scim/core/ports/Idempotency"
import { Journal } from "@loom-scim/core/ports/Journal"
import type { LogPlace } from "@loom-scim/core/ports/Ledger"
import { Ledger } from "@loom-scim/core/ports/Ledger"
import type { Recorded } from "@loom-scim/core/setup/Event"
import { DateTime, Effect, Option } from "effect"
import type { Backend } from "./backend.ts"
import { around, opened } from "./contract.ts"
import { acme, beta, entries, start } from "./sample.ts"

const keyOf = (id: string, change: Partial<StoredApiKey["key"]> = {}): StoredApiKey => ({
  hash: "ab".repeat(32),
  key: {
    id: ApiKeyId.make(id.padEnd(12, "0")),
    name: `O'Neil "${id}"`,
    grants: [
      { verb: "read", connection: "*" },
      { verb: "admin", connection: acme }
    ],
    createdAt: start,
    createdBy: "a test",
    expiresAt: null,
    revokedAt: null,
    lastUsedAt: null,
    ...change
  }
})

const later = DateTime.add(start, { minutes: 1 })
const muchLater = DateTime.add(start, { days: 1 })

const keys = (backend: Backend): void => {
  describe(`API keys on ${backend.name}`, () => {
    it.live("come back as they were stored, in order, page by page", () =>
      opened(backend, () =>
        Effect.gen(function* () {
          const store = yield* ApiKeys
          const second = keyOf("b", { expiresAt: later, lastUsedAt: start })
          const all = [keyOf("a"), second, keyOf("c")]
          yield* Effect.forEach(all.toReversed(), store.insert)
          for (const stored of all) assert.deepStrictEqual(yield* store.find(stored.key.id), Option.some(stored))
          assert.deepStrictEqual(yield* store.find(ApiKeyId.make("unknown00000")), Option.none())
          const first = yield* store.list(null, 2)
          assert.deepStrictEqual(first, [keyOf("a").key, second.key])
          assert.deepStrictEqual(yield* store.list(first[1]?.id ?? null, 2), [keyOf("c").key])
        })
      )
    )

    it.live("keep the moment of the first revocation, and the last use", () =>
      opened(backend, () =>
        Effect.gen(function* () {
          const store = yield* ApiKeys
          const { key } = keyOf("a")
          yield* store.insert(keyOf("a"))
          yield* store.touch(key.id, later)
          assert.isTrue(yield* store.revoke(key.id, later))
          assert.isTrue(yield* store.revoke(key.id, muchLater))
          assert.isFalse(yield* store.revoke(ApiKeyId.make("unknown00000"), later))
          const [found] = yield* store.list(null, 1)
          assert.deepStrictEqual(found, { ...key, lastUsedAt: later, revokedAt: later })
        })
      )
    )

    it.live("are found as they stand now, whoever changed them", () =>
      opened(backend, (store) =>
        Effect.gen(function* () {
          const { find, insert } = yield* ApiKeys
          const { key } = keyOf("a")
          yield* insert(keyOf("a"))
          assert.deepStrictEqual(yield* find(key.id), Option.some(keyOf("a")))
          // Another process revokes it.
          yield* around(store, `UPDATE api_keys SET revoked_at = '${DateTime.formatIso(later)}'`)
          assert.deepStrictEqual(yield* find(key.id), Option.some(keyOf("a", { revokedAt: later })))
          yield* around(store, "DELETE FROM api_keys")
          assert.deepStrictEqual(yield* find(key.id), Option.none())
        })
      )
    )

    it.live("begin with one first key, however many want to make it", () =>
      opened(backend, () =>
        Effect.gen(function* () {
          const store = yield* ApiKeys
          const made = yield* Effect.forEach(["a", "b", "c", "d"], (id) => store.insertFirst(keyOf(id)), {
            concurrency: "unbounded"
          })
          assert.lengthOf(
            made.filter((first) => first),
            1
          )
          assert.lengthOf(yield* store.list(null, 10), 1)
          // Revoked, it was still the first.
          const [first] = yield* store.list(null, 1)
          if (first !== undefined) yield* store.revoke(first.id, later)
          assert.isFalse(yield* store.insertFirst(keyOf("e")))
        })
      )
    )
  })
}

const idempotency = (backend: Backend): void => {
  const request = { owner: "k1", key: "once", fingerprint: "f1" }
  const answer = { status: 201, headers: { etag: '"1"' }, body: '{"name":"Löwe"}' }

  describe(`remembered answers on ${backend.name}`, () => {
    it.live("are claimed by one, then kept for whoever asks again", () =>
      opened(backend, () =>
        Effect.gen(function* () {
          const store = yield* Idempotency
          const claim = store.claim(request, start, start)
          const claims = yield* Effect.all(
            Array.from({ length: 5 }, () => claim),
            { concurrency: "unbounded" }
          )
          const tags = claims.map(({ _tag }) => _tag).toSorted()
          assert.deepStrictEqual(tags, ["Claimed", "Running", "Running", "Running", "Running"])
          yield* store.keep(request, answer)
          assert.deepStrictEqual(yield* claim, { _tag: "Answered", answer })
          assert.deepStrictEqual(yield* store.claim({ ...request, fingerprint: "f2" }, start, start), {
            _tag: "OtherRequest"
          })
          assert.deepStrictEqual(yield* store.claim({ ...request, owner: "k2" }, start, start), { _tag: "Claimed" })
          // An answer is no claim that could be given up.
          yield* store.release(request)
          assert.deepStrictEqual(yield* claim, { _tag: "Answered", answer })
        })
      )
    )

    it.live("free their key when given up, and are taken over from a process that died", () =>
      opened(backend, () =>
        Effect.gen(function* () {
          const store = yield* Idempotency
          yield* store.claim(request, start, start)
          yield* store.release(request)
          assert.deepStrictEqual(yield* store.claim(request, start, start), { _tag: "Claimed" })
          assert.deepStrictEqual(yield* store.claim(request, later, start), { _tag: "Running" })
          const other = { ...request, fingerprint: "f2" }
          assert.deepStrictEqual(yield* store.claim(other, muchLater, later), { _tag: "OtherRequest" })
          assert.deepStrictEqual(yield* store.claim(request, muchLater, later), { _tag: "Claimed" })
          assert.deepStrictEqual(yield* store.claim(request, muchLater, later), { _tag: "Running" })
        })
      )
    )

    it.live("are not taken over while their claim is renewed, and say whether they are being given", () =>
      opened(backend, () =>
        Effect.gen(function* () {
          const store = yield* Idempotency
          assert.isFalse(yield* store.isRunning(request, start))
          yield* store.claim(request, start, start)
          assert.isTrue(yield* store.isRunning(request, start))
          assert.isFalse(yield* store.isRunning(request, later))
          assert.isFalse(yield* store.isRunning({ ...request, owner: "k2" }, start))
          yield* store.renew(request, later)
          assert.isTrue(yield* store.isRunning(request, later))
          assert.deepStrictEqual(yield* store.claim(request, muchLater, later), { _tag: "Running" })
          yield* store.keep(request, answer)
          assert.isFalse(yield* store.isRunning(request, start))
          // What was answered grows old from its claim on, whoever renews late.
          yield* store.renew(request, muchLater)
          yield* store.prune(muchLater)
          assert.deepStrictEqual(yield* store.claim(request, muchLater, later), { _tag: "Claimed" })
        })
      )
    )

    it.live("are forgotten when they are old", () =>
      opened(backend, () =>
        Effect.gen(function* () {
          const store = yield* Idempotency
          yield* store.claim(request, start, start)
          yield* store.keep(request, answer)
          yield* store.prune(start)
          assert.strictEqual((yield* store.claim(request, later, start))._tag, "Answered")
          yield* store.prune(later)
          assert.strictEqual((yield* store.claim(request, later, start))._tag, "Claimed")
        })
      )
    )
  })
}

const ledger = (backend: Backend): void => {
  describe(`lists across connections on ${backend.name}`, () => {
    it.live("are read page by page, and narrowed to some connections", () =>
      opened(backend, () =>
        Effect.gen(function* () {
          const journal = yield* Journal
          const store = yield* Ledger
          yield* journal.append(beta, 0, entries(beta, 1, 3))
          yield* journal.append(acme, 0, entries(acme, 1, 4))
          const first = yield* store.connections({ of: null, after: 0, limit: 1 })
          assert.deepStrictEqual(
            first.map(({ id }) => id),
            [beta]
          )
          const rest = yield* store.connections({ of: null, after: first[0]?.position ?? 0, limit: 5 })
          assert.deepStrictEqual(
            rest.map(({ id }) => id),
            [acme]
          )
          const [only, ...none] = yield* store.connections({ of: [acme], after: 0, limit: 5 })
          assert.strictEqual(only?.id, acme)
          assert.lengthOf(none, 0)

          const all = yield* store.events({ of: null, before: null, limit: 50 })
          assert.lengthOf(all, 7)
          const expected = [...entries(beta, 1, 3), ...entries(acme, 1, 4)].toSorted(
            (a, b) =>
              DateTime.toEpochMillis(b.at) - DateTime.toEpochMillis(a.at) ||
              (a.connectionId < b.connectionId ? 1 : a.connectionId > b.connectionId ? -1 : b.sequence - a.sequence)
          )
          assert.deepStrictEqual([...all], expected)
          const paged: Array<Recorded> = []
          for (let before: LogPlace | null = null; paged.length < all.length;) {
            const page: ReadonlyArray<Recorded> = yield* store.events({ of: null, before, limit: 2 })
            assert.isAbove(page.length, 0)
            for (const { at, connectionId, sequence } of page) {
              before = { at: DateTime.formatIso(at), connection: connectionId, sequence }
            }
            paged.push(...page)
          }
          assert.deepStrictEqual(paged, expected)
          assert.deepStrictEqual([...(yield* store.log(acme, 1, 2))], entries(acme, 1, 4).slice(1, 3))
          assert.deepStrictEqual(yield* store.log(acme, 4, 2), [])
          const acmes = yield* store.events({ of: [acme], before: null, limit: 50 })
          assert.deepStrictEqual([...acmes], [...entries(acme, 1, 4)].toReversed())
        })
      )
    )
  })
}

export const apiContract = (backend: Backend): void => {
  keys(backend)
  idempotency(backend)
  ledger(backend)
}
