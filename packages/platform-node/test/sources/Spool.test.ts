/** What is kept to be read twice leaves nothing open, however keeping it ends. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { readdirSync, readlinkSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import * as Spool from "../../src/sources/Spool.ts"

/** The files of spools that this process has open. */
const openNow = (): number =>
  readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return /\/loom-scim-[0-9a-f-]{36} \(deleted\)$/.test(readlinkSync(`/proc/self/fd/${fd}`))
    } catch {
      return false
    }
  }).length

const piece = new Uint8Array(10_000)

const endless = async function* (begun: () => void) {
  yield piece
  begun()
  for (;;) {
    await sleep(1)
    yield piece
  }
}

const kept = async (bytes: () => AsyncIterable<Uint8Array>): Promise<number> => {
  const before = openNow()
  await Effect.runPromise(
    Effect.scoped(
      Effect.flatMap(Spool.make("people.csv", bytes), () =>
        Effect.sync(() => assert.strictEqual(openNow(), before + 1))
      )
    )
  )
  return openNow() - before
}

describe.runIf(process.platform === "linux")("a spool", () => {
  it("is gone with its scope", async () => {
    const some = async function* () {
      yield piece
    }
    const none = async function* () {
      yield* []
    }
    assert.strictEqual(await kept(some), 0)
    assert.strictEqual(await kept(none), 0)
  })

  it("is gone when keeping it is given up, at whichever moment", async () => {
    const before = openNow()
    for (let turn = 0; turn < 40; turn++) {
      const begun = Promise.withResolvers<void>()
      const fiber = Effect.runFork(Effect.scoped(Spool.make("people.csv", () => endless(begun.resolve))))
      // Some while the file is being opened, some while it is written.
      if (turn % 2 === 0) await begun.promise
      else await new Promise(setImmediate)
      await Effect.runPromise(Fiber.interrupt(fiber))
    }
    for (let turns = 0; turns < 200 && openNow() > before; turns++) await sleep(10)
    assert.strictEqual(openNow(), before)
  })
})
