/** Patience with servers that show late what they just created. */
import { Clock, Duration, Effect, Result } from "effect"
import type { Learner } from "./Profile.ts"
import type { ScimError } from "./ScimError.ts"
import type { Answer, Call, Transport } from "./Transport.ts"
import type { ResolvedOptions } from "./TransportOptions.ts"

// A server that shows what was created only later than this has lost it.
const newbornMillis = 10_000
const newbornLooks = 3

/** The resources that were created a moment ago, and were not seen since; by path. */
export class Newborn {
  readonly #born = new Map<string, number>()

  add(path: string, nowMillis: number): void {
    // The oldest come first, so that a look at those who are too old is enough.
    for (const [known, since] of this.#born) {
      if (nowMillis - since <= newbornMillis) break
      this.#born.delete(known)
    }
    this.#born.delete(path)
    this.#born.set(path, nowMillis)
  }

  has(path: string, nowMillis: number): boolean {
    const since = this.#born.get(path)
    return since !== undefined && nowMillis - since <= newbornMillis
  }

  seen(path: string): void {
    this.#born.delete(path)
  }

  get isEmpty(): boolean {
    return this.#born.size === 0
  }
}

/** The transport, but a 404 for what was created a moment ago is asked again before it is believed. */
export const patient = (
  transport: Transport,
  newborn: Newborn,
  learner: Learner,
  { retryDelay }: ResolvedOptions
): Transport => {
  const wait = Effect.fnUntraced(function* (call: Call, path: string): Effect.fn.Return<Answer, ScimError> {
    for (let look = 0; ; look++) {
      const result = yield* Effect.result(transport.call(call))
      if (Result.isSuccess(result)) {
        newborn.seen(path)
        if (look > 0) learner.note("eventualConsistency")
        return result.success
      }
      const isYoung = newborn.has(path, yield* Clock.currentTimeMillis)
      if (result.failure._tag !== "NotFound" || !isYoung || look >= newbornLooks) return yield* result.failure
      yield* Effect.sleep(Duration.toMillis(retryDelay) * 2 ** look)
    }
  })
  return {
    ...transport,
    call: (call) => {
      if (newborn.isEmpty || call.method === "POST") return transport.call(call)
      const [path = ""] = call.path.split("?")
      return wait(call, path)
    }
  }
}
