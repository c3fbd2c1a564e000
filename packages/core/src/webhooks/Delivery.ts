/** What becomes of a webhook delivery after an attempt: pure, so that every node decides the same. */
import type { EventType } from "./WebhookEvent.ts"

/** Waits before each attempt in milliseconds, as the Standard Webhooks specification recommends them. */
export const waits: ReadonlyArray<number> = [
  0,
  5_000,
  5 * 60_000,
  30 * 60_000,
  2 * 3_600_000,
  5 * 3_600_000,
  10 * 3_600_000,
  14 * 3_600_000,
  20 * 3_600_000,
  24 * 3_600_000
]

/** The longest that chance adds to a wait, as a part of it: many failed together and must not come back together. */
export const maxJitter = 0.1

/** How an attempt ended: with an answer, or without one and why. */
export type Outcome =
  | { readonly _tag: "Answered"; readonly status: number }
  | { readonly _tag: "Unanswered"; readonly reason: string }

/** What is next. `Fail` ends this delivery alone, `Disable` this one and everything else for its endpoint. */
export type Next =
  | { readonly _tag: "Delivered" }
  | { readonly _tag: "Retry"; readonly afterMillis: number }
  | { readonly _tag: "Fail" }
  | { readonly _tag: "Disable"; readonly because: "gone" | "failing" }

/**
 * Decides after the attempt of this number, 1 for the first. `random` is from 0 to 1. Only 2xx is success: a redirect is
 * a failure like any other. 410 says that nobody wants to hear more; after the last attempt the endpoint is failing.
 *
 * What a person asked for has one attempt and says nothing about the endpoint, whatever the answer: a test, and whatever
 * is sent once more after its last attempt.
 */
export const next = (type: EventType, attempt: number, outcome: Outcome, random: number): Next => {
  const status = outcome._tag === "Answered" ? outcome.status : null
  if (status !== null && status >= 200 && status < 300) return { _tag: "Delivered" }
  if (type === "webhook.test" || attempt > waits.length) return { _tag: "Fail" }
  if (status === 410) return { _tag: "Disable", because: "gone" }
  const wait = waits[attempt]
  if (wait === undefined) return { _tag: "Disable", because: "failing" }
  return { _tag: "Retry", afterMillis: Math.round(wait * (1 + maxJitter * random)) }
}
