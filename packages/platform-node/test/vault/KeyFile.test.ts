/** The key file: private, complete or absent, and never in a message. */
import { assert, describe, it } from "@effect/vitest"
import { Vault } from "@loom-scim/core/ports/Vault"
import { Effect, Option, Redacted } from "effect"
import { execFile } from "node:child_process"
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { keyFileIn } from "../../src/store/DataDirectory.ts"
import * as KeyFile from "../../src/vault/KeyFile.ts"
import { KeyRing } from "../../src/vault/KeyRing.ts"
import * as SealingKey from "../../src/vault/SealingKey.ts"
import { sqlite, temporaryDirectory } from "../store/backend.ts"
import { acme, shown, token } from "../store/sample.ts"
import { scopedTest } from "../store/used.ts"

const run = promisify(execFile)
const script = fileURLToPath(new URL("key.child.ts", import.meta.url))

describe("the key file", () => {
  scopedTest(
    "is made when the first token is sealed, for its owner only",
    Effect.gen(function* () {
      const store = yield* sqlite.fresh
      const path = keyFileIn(store.directory)
      yield* Effect.gen(function* () {
        const ring = yield* KeyRing
        assert.deepStrictEqual(ring.location, { kind: "file", path, besideData: true })
        assert.isFalse(existsSync(path))
        yield* (yield* Vault).seal(acme, token("t"))
      }).pipe(Effect.provide(store.open()))
      assert.strictEqual(statSync(path).mode & 0o777, 0o600)
      assert.match(readFileSync(path, "utf8"), /^[0-9a-f]{8}:[A-Za-z0-9+/]{43}=\n$/)
    })
  )

  scopedTest(
    "is not asked for when the environment has the key",
    Effect.gen(function* () {
      const store = yield* sqlite.fresh
      yield* Effect.gen(function* () {
        assert.deepStrictEqual((yield* KeyRing).location, { kind: "environment" })
        yield* (yield* Vault).seal(acme, token("t"))
      }).pipe(Effect.provide(store.open({ LOOM_SCIM_KEY: "0f".repeat(32), LOOM_SCIM_KEY_PREVIOUS: "" })))
      assert.isFalse(existsSync(keyFileIn(store.directory)))
    })
  )

  scopedTest(
    "is refused when others can read it, and taken again when they cannot",
    Effect.gen(function* () {
      const store = yield* sqlite.fresh
      const path = keyFileIn(store.directory)
      const which = yield* Effect.flatMap(Vault, (vault) => vault.seal(acme, token("t"))).pipe(
        Effect.provide(store.open())
      )
      const open = Effect.flatMap(Vault, (vault) => vault.open(acme, which)).pipe(Effect.provide(store.open()))
      for (const mode of [0o640, 0o604]) {
        chmodSync(path, mode)
        const error = yield* Effect.flip(open)
        assert.strictEqual(error.reason, "keyUnreadable")
        assert.include(error.message, `chmod 600 ${path}`)
        const seal = Effect.flatMap(Vault, (vault) => vault.seal(acme, token("u"))).pipe(Effect.provide(store.open()))
        assert.strictEqual((yield* Effect.flip(seal)).reason, "keyUnreadable")
      }
      chmodSync(path, 0o600)
      assert.strictEqual(Redacted.value(yield* open), "t")
    })
  )

  scopedTest(
    "is refused when damaged, and never shown or replaced",
    Effect.gen(function* () {
      const path = join(yield* temporaryDirectory, "key")
      const [key] = yield* KeyFile.ensure(path)
      assert.isDefined(key)
      const text = readFileSync(path, "utf8")
      const base64 = text.trim().slice(9)
      for (const damaged of [
        "",
        "\n",
        base64,
        text.slice(0, 30),
        text.replace(/:./, (first) => (first === ":A" ? ":B" : ":A")),
        `${text}00000000:${base64}\n`
      ]) {
        writeFileSync(path, damaged)
        for (const use of [KeyFile.read(path), KeyFile.ensure(path)]) {
          const error = yield* Effect.flip(use)
          assert.strictEqual(error.reason, "malformed")
          assert.notInclude(shown(error), base64.slice(0, 20))
        }
        assert.strictEqual(readFileSync(path, "utf8"), damaged)
      }
    })
  )

  scopedTest(
    "is made once, however many need it first",
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const moment = String(Date.now() + 1500)
      const processes = Array.from({ length: 2 }, () =>
        Effect.promise(() => run(process.execPath, ["--no-warnings", script, directory, moment]))
      )
      const [one, two] = yield* Effect.all(processes, { concurrency: "unbounded" })
      assert.strictEqual(one?.stdout.split(",").length, 100)
      assert.strictEqual(one?.stdout, two?.stdout)
      assert.strictEqual(readdirSync(directory).length, 100, "no draft is left")
    })
  )

  scopedTest(
    "is replaced as a whole, or not at all",
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const path = join(directory, "key")
      const keys = yield* KeyFile.ensure(path)
      const before = readFileSync(path, "utf8")
      // Something stands where the draft would go.
      mkdirSync(`${path}.${process.pid}.new`)
      const error = yield* Effect.flip(KeyFile.replace(path, [...keys, SealingKey.generate()]))
      assert.strictEqual(error.reason, "unreadable")
      assert.strictEqual(readFileSync(path, "utf8"), before)
    })
  )
})

describe("a sealing key", () => {
  it("is read in hex and both base64 alphabets, and shows itself in none", () => {
    const hex = "fbff".repeat(16)
    const standard = Buffer.from(hex, "hex").toString("base64")
    const url = Buffer.from(hex, "hex").toString("base64url")
    const ids = [hex, hex.toUpperCase(), standard, url, `${standard}\n`].map((text) => {
      const key = SealingKey.parse(Redacted.make(text))
      for (const secret of [hex, standard, url]) assert.notInclude(shown(key), secret)
      return Option.match(key, { onNone: () => "", onSome: ({ id }) => id })
    })
    assert.strictEqual(new Set(ids).size, 1)
    assert.match(ids[0] ?? "", /^[0-9a-f]{8}$/)
  })
})
