/**
 * Tells webhooks what happens, for as long as it runs. Any number of processes may do so on one database: a delivery is
 * leased by one of them at a time, and no transaction is open while it is sent.
 */
import type { DomainResolver } from "@loom-scim/core/ports/DomainResolver"
import { looking } from "@loom-scim/core/ports/Looking"
import type { Journal } from "@loom-scim/core/ports/Journal"
import { Vault } from "@loom-scim/core/ports/Vault"
import { type Claimed, Webhooks } from "@loom-scim/core/ports/Webhooks"
import { next } from "@loom-scim/core/webhooks/Delivery"
import { Cause, DateTime, Duration, Effect, Layer, Option, Random, Scope, Semaphore } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import { randomUUID } from "node:crypto"
import type { CaRejected } from "../http/guardedAgent.ts"
import { deliver, makeSend } from "./deliver.ts"
import { endOverlaps } from "./overlap.ts"
import * as Outbox from "./outbox.ts"
import * as Retire from "./retire.ts"

/** How to work. Everything has a default; times are in milliseconds. */
export interface WorkerOptions {
  /** What failures call the database. */
  readonly place?: string
  /** How many deliveries are sent at a time; 8 by default. */
  readonly concurrency?: number
  /** How often to look for what has happened; 1 000 by default. What is due, four times as often: a person may wait. */
  readonly pollMillis?: number
  /** How long an attempt may take; 15 000 by default. */
  readonly timeoutMillis?: number
  /** Whether webhooks that may lie in a private network are sent there from here; false by default. */
  readonly allowPrivateNetwork?: boolean
  /** After how long a delivery is taken from a process that died with it; 60 000 by default. Longer than an attempt. */
  readonly leaseMillis?: number
}

/** How long the log is kept. */
const kept = Duration.days(30)

/** Between two looks at what is older. */
const cleaning = "1 hour"

// While the store does not answer, asking it more often would not help it.
const resting = "5 seconds"

/** Goes on for ever, told of each failure and rested after it. */
const unceasingly = <E>(what: string, turn: Effect.Effect<void, E>): Effect.Effect<never> =>
  turn.pipe(
    Effect.catchCause((cause) =>
      Cause.hasInterruptsOnly(cause)
        ? Effect.failCause(cause)
        : Effect.andThen(
            Effect.logWarning(`Webhooks: ${what} did not work and is tried again.`, cause),
            Effect.sleep(resting)
          )
    ),
    Effect.forever,
    Effect.orDie
  )

/** Starts the worker in the background, until the layer is closed; what is on its way then is given back. */
export const layer = (
  options: WorkerOptions = {}
): Layer.Layer<never, CaRejected, Webhooks | Journal | Vault | SqlClient | DomainResolver> =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const { allowPrivateNetwork = false, concurrency = 8, leaseMillis = 60_000, place = "The database" } = options
      const { pollMillis = 1000, timeoutMillis = 15_000 } = options
      const webhooks = yield* Webhooks
      const vault = yield* Vault
      const send = yield* makeSend(timeoutMillis)
      const outbox = yield* Outbox.make(place)
      const retire = yield* Retire.make(place)
      const slots = yield* Semaphore.make(concurrency)

      const attempt = Effect.fn("Webhooks.attempt")(function* (claimed: Claimed) {
        const at = yield* DateTime.now
        const outcome = yield* deliver({ send, vault, timeoutMillis, allowPrivateNetwork }, claimed)
        const ended = yield* DateTime.now
        const number = claimed.delivery.attempts + 1
        const recorded = {
          number,
          at,
          millis: DateTime.toEpochMillis(ended) - DateTime.toEpochMillis(at),
          status: outcome._tag === "Answered" ? outcome.status : null,
          reason: outcome._tag === "Unanswered" ? outcome.reason : null
        }
        yield* webhooks.settle(claimed, recorded, next(claimed.delivery.type, number, outcome, yield* Random.next))
      })

      // A failure is ours (the store, the vault), so it is no attempt: the delivery is due again when its lease ends.
      const attended = (claimed: Claimed) =>
        attempt(claimed).pipe(
          Effect.onInterrupt(() => Effect.ignore(webhooks.release(claimed))),
          Effect.catchCause((cause) =>
            Cause.hasInterruptsOnly(cause)
              ? Effect.void
              : Effect.logWarning(`Webhooks: delivery ${claimed.delivery.id} could not be attempted.`, cause)
          )
        )

      const take = Effect.gen(function* () {
        const now = yield* DateTime.now
        return yield* webhooks.claim({ claim: randomUUID(), now, until: DateTime.addDuration(now, leaseMillis) })
      })

      const dispatch = Effect.gen(function* () {
        yield* slots.take(1)
        const claimed = yield* Effect.onError(looking(take), () => slots.release(1))
        if (Option.isNone(claimed)) {
          yield* slots.release(1)
          return yield* Effect.sleep(pollMillis / 4)
        }
        yield* Effect.forkScoped(Effect.ensuring(attended(claimed.value), slots.release(1)))
      })

      const publish = Effect.flatMap(looking(outbox.turn), (isMore) =>
        isMore ? Effect.void : Effect.andThen(looking(retire), Effect.sleep(pollMillis))
      )

      const clean = Effect.gen(function* () {
        const now = yield* DateTime.now
        yield* webhooks.forget(DateTime.subtractDuration(now, kept))
        yield* endOverlaps(webhooks, vault, now)
      })

      const scope = yield* Effect.scope
      yield* Effect.forkScoped(unceasingly("looking for what happened", publish))
      yield* Effect.forkScoped(
        unceasingly("looking for what is due", Effect.provideService(dispatch, Scope.Scope, scope))
      )
      yield* Effect.forkScoped(unceasingly("forgetting what is old", Effect.andThen(clean, Effect.sleep(cleaning))))
    })
  )
