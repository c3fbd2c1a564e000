/** The log of a connection as it grows. */
import type { SetupStreamEvent } from "@loom-scim/contract/Setup"
import { Ledger } from "@loom-scim/core/ports/Ledger"
import { looking } from "@loom-scim/core/ports/Looking"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { Effect, Ref, Stream } from "effect"
import { Changes } from "../Changes.ts"
import { Readiness } from "../Readiness.ts"

/** Another process may have appended: this often it is looked for, and every eighth look is also a beat. */
const lookEvery = "2 seconds"
const beatEvery = 8

/** A listener comes back after this long with `Last-Event-ID`, and its key is asked for again. */
const longest = "15 minutes"

/** Rows read at once. */
const batch = 100

const beat: SetupStreamEvent = { event: "beat", data: "{}" }

/** Follows from behind `after`. A store that fails ends the stream; the listener comes back. */
export const follow = Effect.fnUntraced(function* (id: ConnectionId, after: number) {
  const ledger = yield* Ledger
  const changes = yield* Changes
  const readiness = yield* Readiness
  const seen = yield* Ref.make(after)

  const fresh = Effect.gen(function* () {
    const found: Array<SetupStreamEvent> = []
    for (;;) {
      const rows = yield* ledger.log(id, yield* Ref.get(seen), batch)
      found.push(...rows.map((data): SetupStreamEvent => ({ id: String(data.sequence), event: "setup", data })))
      const last = rows.at(-1)
      if (last !== undefined) yield* Ref.set(seen, last.sequence)
      if (rows.length < batch) return found
    }
  })

  const looks = Stream.map(Stream.zipWithIndex(Stream.tick(lookEvery)), ([, index]) => index % beatEvery === 0)
  const wakes = changes.all.pipe(
    Stream.filter((changed) => changed === id),
    Stream.map(() => false)
  )
  return Stream.merge(wakes, looks).pipe(
    Stream.mapEffect((isBeat) =>
      Effect.map(looking(fresh), (found): ReadonlyArray<SetupStreamEvent> =>
        found.length === 0 && isBeat ? [beat] : found
      )
    ),
    Stream.flatMap(Stream.fromIterable),
    Stream.interruptWhen(Effect.race(readiness.stopped, Effect.sleep(longest))),
    Stream.catch((failure) => Stream.fromEffectDrain(Effect.logError("a listener lost the store", failure.reason)))
  )
})
