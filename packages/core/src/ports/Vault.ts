/** The port that keeps bearer tokens sealed. */
import { Context, Schema } from "effect"
import type { Effect, Redacted } from "effect"
import { ConnectionId } from "../setup/ConnectionId.ts"

/** The first 12 hex digits of the SHA-256 of a token: enough to tell two tokens apart, useless to an attacker. */
export const Fingerprint = Schema.String.check(Schema.isPattern(/^[0-9a-f]{12}$/)).pipe(Schema.brand("Fingerprint"))
export type Fingerprint = typeof Fingerprint.Type

/** A secret cannot be sealed or opened. */
export class VaultFailure extends Schema.TaggedError<VaultFailure>()("VaultFailure", {
  reason: Schema.Literals(["missing", "wrongKey", "tampered", "keyUnreadable", "storage"]),
  connectionId: ConnectionId,
  detail: Schema.String,
  next: Schema.String
}) {
  override get message(): string {
    return `${this.detail}. ${this.next}`
  }
}

/** What becomes of the tokens of a connection. */
export interface TokenChange {
  /** One to seal. */
  readonly seal?: Redacted.Redacted
  /** Those that stay beside it; every other one is forgotten. */
  readonly keep: ReadonlyArray<Fingerprint>
}

/** Sealed secrets, addressed by connection and fingerprint. */
export class Vault extends Context.Service<
  Vault,
  {
    /** Tells tokens apart. */
    readonly fingerprintOf: (token: Redacted.Redacted) => Effect.Effect<Fingerprint>
    /** Seals a token (AES-256-GCM, connection id as associated data). Sealing the same token again is harmless. */
    readonly seal: (id: ConnectionId, token: Redacted.Redacted) => Effect.Effect<Fingerprint, VaultFailure>
    /** Opens it again. */
    readonly open: (id: ConnectionId, which: Fingerprint) => Effect.Effect<Redacted.Redacted, VaultFailure>
    /**
     * Carries out what records a change of tokens, and the change, in one transaction: whatever fails or crashes, what is
     * recorded and what is sealed agree. `recording` comes first, and is what decides between two that come at once: the
     * later one must fail, or have seen the earlier one.
     */
    readonly change: <A, E, R>(
      id: ConnectionId,
      change: TokenChange,
      recording: Effect.Effect<A, E, R>
    ) => Effect.Effect<A, E | VaultFailure, R>
  }
>()("@loom-scim/core/ports/Vault") {}
