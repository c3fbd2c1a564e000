/** The pure parts of letting somebody in. */
import { assert, describe, it } from "@effect/vitest"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { Option, Redacted, Result } from "effect"
import { admit } from "../src/auth/Admit.ts"
import * as KeySecret from "../src/auth/KeySecret.ts"
import { take } from "../src/auth/RateLimit.ts"
import { mayListen } from "../src/Settings.ts"

const acme = ConnectionId.make("acme")

describe("a key", () => {
  it("is taken apart into id and hash, and nothing that only looks like one is", () => {
    const { hash, id, whole } = KeySecret.make()
    assert.deepStrictEqual(KeySecret.parse(whole), Option.some({ id, hash }))
    const text = Redacted.value(whole)
    for (const wrong of ["", text.slice(1), `${text}a`, text.slice(0, -1), text.toUpperCase(), `Bearer ${text}`]) {
      assert.isTrue(Option.isNone(KeySecret.parse(Redacted.make(wrong))), wrong)
    }
    assert.isTrue(KeySecret.sameHash(hash, hash))
    assert.isFalse(KeySecret.sameHash(hash, KeySecret.make().hash))
    assert.isFalse(KeySecret.sameHash("", hash))
  })
})

describe("admission", () => {
  it("refuses everybody where an endpoint does not say what it needs", () => {
    assert.isTrue(Result.isFailure(admit([{ verb: "admin", connection: "*" }], Option.none(), "acme")))
  })

  it("takes a higher verb for a lower one, and one connection for none but itself", () => {
    const need = Option.some({ verb: "operate", over: "connection" } as const)
    const tagOf = (verb: "read" | "operate" | "admin", connection: ConnectionId | "*", path: string) => {
      const result = admit([{ verb, connection }], need, path)
      return Result.isFailure(result) ? result.failure._tag : "admitted"
    }
    assert.strictEqual(tagOf("admin", acme, "acme"), "admitted")
    assert.strictEqual(tagOf("operate", "*", "acme"), "admitted")
    assert.strictEqual(tagOf("read", acme, "acme"), "NotAllowedProblem")
    assert.strictEqual(tagOf("admin", acme, "beta"), "NotFoundProblem")
    assert.strictEqual(tagOf("admin", "*", "Not An Id"), "NotFoundProblem")
  })
})

describe("a bucket", () => {
  it("gives twice the rate at once, then the rate", () => {
    let bucket: Parameters<typeof take>[0]
    const waits = Array.from({ length: 5 }, () => {
      const taken = take(bucket, 1000, 2)
      bucket = taken.bucket
      return taken.waitMillis
    })
    assert.deepStrictEqual(waits, [0, 0, 0, 0, 500])
    assert.strictEqual(take(bucket, 1250, 2).waitMillis, 250)
    assert.strictEqual(take(bucket, 1500, 2).waitMillis, 0)
    // A clock that goes back neither fills nor empties it.
    assert.strictEqual(take(bucket, 0, 2).waitMillis, 500)
  })
})

describe("where the server may listen", () => {
  it("is this machine, unless TLS is here or in front", () => {
    const may = (host: string, more: Partial<Parameters<typeof mayListen>[0]> = {}) =>
      Result.isSuccess(mayListen({ host, behindProxy: false, tls: null, ...more }))
    for (const host of ["127.0.0.1", "127.8.9.1", "::1", "[::1]", "localhost"]) assert.isTrue(may(host), host)
    for (const host of ["0.0.0.0", "::", "10.0.0.1", "127.0.0.1.example.com", "example.com", ""]) {
      assert.isFalse(may(host), host)
      assert.isTrue(may(host, { behindProxy: true }), host)
      assert.isTrue(may(host, { tls: { certificate: "c", key: "k" } }), host)
    }
  })
})
