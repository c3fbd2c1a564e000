/** The port that remembers answers, so that a request sent twice is carried out once. */
import { Context } from "effect"
import type { DateTime, Effect } from "effect"
import type { JournalFailure } from "./Journal.ts"

/** An answer as it was given, without anything secret. */
export interface KeptAnswer {
  readonly status: number
  /** Only those that belong to the answer itself, such as `etag`. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Which request: the keys of one caller never meet another's. */
export interface IdempotentRequest {
  /** The caller. */
  readonly owner: string
  /** The value of the Idempotency-Key header. */
  readonly key: string
  /** A hash over method, path and body: the same key with another one is a mistake of the caller. */
  readonly fingerprint: string
}

/** What is known of a request. `Claimed` means: carry it out, then `keep` or `release`. */
export type Claim =
  | { readonly _tag: "Claimed" }
  | { readonly _tag: "Answered"; readonly answer: KeptAnswer }
  | { readonly _tag: "Running" }
  | { readonly _tag: "OtherRequest" }

/** Answers by caller and key. */
export class Idempotency extends Context.Service<
  Idempotency,
  {
    /**
     * Claims a request, or says why not. A claim made or renewed before `abandonedBefore` and never answered belongs to
     * a process that died, and is taken over.
     */
    readonly claim: (
      request: IdempotentRequest,
      at: DateTime.Utc,
      abandonedBefore: DateTime.Utc
    ) => Effect.Effect<Claim, JournalFailure>
    /** Says that a claimed request is still being carried out, so that nobody takes it for abandoned. */
    readonly renew: (request: IdempotentRequest, at: DateTime.Utc) => Effect.Effect<void, JournalFailure>
    /**
     * Whether a request with this caller and key is being carried out, whatever its fingerprint. Claims nothing: for a
     * body that would have to be read to its end before its fingerprint is known.
     */
    readonly isRunning: (
      request: Pick<IdempotentRequest, "owner" | "key">,
      abandonedBefore: DateTime.Utc
    ) => Effect.Effect<boolean, JournalFailure>
    /** Keeps the answer of a claimed request. */
    readonly keep: (request: IdempotentRequest, answer: KeptAnswer) => Effect.Effect<void, JournalFailure>
    /** Gives a claim up: nothing has changed, and the same request may come again. */
    readonly release: (request: IdempotentRequest) => Effect.Effect<void, JournalFailure>
    /** Forgets what was claimed before a moment. */
    readonly prune: (before: DateTime.Utc) => Effect.Effect<void, JournalFailure>
  }
>()("@loom-scim/core/ports/Idempotency") {}
