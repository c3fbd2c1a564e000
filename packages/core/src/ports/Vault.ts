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

/**
 * Sealed secrets, addressed by connection and fingerprint so that a crash between sealing and recording leaves the
 * recorded one readable.
 */
export class Vault extends Context.Service<
  Vault,
  {
    /** Seals a token (AES-256-GCM, connection id as associated data). Sealing the same token again is harmless. */
    readonly seal: (id: ConnectionId, token: Redacted.Redacted) => Effect.Effect<Fingerprint, VaultFailure>
    /** Opens it again. */
    readonly open: (id: ConnectionId, which: Fingerprint) => Effect.Effect<Redacted.Redacted, VaultFailure>
    /** Forgets every token of a connection except the given ones. */
    readonly prune: (id: ConnectionId, keep: ReadonlyArray<Fingerprint>) => Effect.Effect<void, VaultFailure>
  }
>()("@loom-scim/core/ports/Vault") {}
