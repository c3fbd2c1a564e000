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
     * Claims a request, or says why not. A claim made before `abandonedBefore` and never answered belongs to a process
     * that died, and is taken over.
     */
    readonly claim: (
      request: IdempotentRequest,
      at: DateTime.Utc,
      abandonedBefore: DateTime.Utc
    ) => Effect.Effect<Claim, JournalFailure>
    /** Keeps the answer of a claimed request. */
    readonly keep: (request: IdempotentRequest, answer: KeptAnswer) => Effect.Effect<void, JournalFailure>
    /** Gives a claim up: nothing has changed, and the same request may come again. */
    readonly release: (request: IdempotentRequest) => Effect.Effect<void, JournalFailure>
    /** Forgets what was claimed before a moment. */
    readonly prune: (before: DateTime.Utc) => Effect.Effect<void, JournalFailure>
  }
>()("@loom-scim/core/ports/Idempotency") {}
