import { createHash, randomBytes, timingSafeEqual } from "node:crypto"

/** What is kept of the tokens: digests only, so that no file of the sandbox holds a token. */
export interface TokenSnapshot {
  /** SHA-256 digests in hex of the accepted tokens, oldest first. */
  readonly digests: ReadonlyArray<string>
  readonly revoked: boolean
  /** ISO 8601; absent means the token does not expire. */
  readonly expiresAt?: string
}

/** The outcome of looking at an `Authorization` header. */
export type TokenVerdict = "accepted" | "missing" | "wrong" | "expired" | "revoked"

// A restart without a given token adds one; older ones stay valid so that a client that stored
// its token keeps working, but not for ever.
const KEPT_TOKENS = 10

/** A new token of 256 random bits. */
export function newToken(): string {
  return randomBytes(32).toString("base64url")
}

function digest(token: string): Buffer {
  return createHash("sha256").update(token).digest()
}

/** Decides whether a bearer token opens the tenant (RFC 6750 §2.1). */
export class TokenGate {
  #digests: ReadonlyArray<Buffer>
  #revoked: boolean
  #expiresAt: Date | undefined
  readonly #changed: () => void

  /** `changed` is called after every change worth keeping. */
  constructor(snapshot: TokenSnapshot, changed: () => void) {
    this.#digests = snapshot.digests.map((hex) => Buffer.from(hex, "hex"))
    this.#revoked = snapshot.revoked
    this.#expiresAt = snapshot.expiresAt === undefined ? undefined : new Date(snapshot.expiresAt)
    this.#changed = changed
  }

  /** Makes one more token valid. */
  accept(token: string): void {
    const added = digest(token)
    const others = this.#digests.filter((known) => !known.equals(added))
    this.#digests = [...others, added].slice(-KEPT_TOKENS)
    this.#changed()
  }

  /** Judges the value of an `Authorization` header; comparison takes the same time for every token. */
  judge(authorization: string | undefined): TokenVerdict {
    const presented = /^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1]
    if (presented === undefined) return "missing"
    const candidate = digest(presented)
    let known = false
    for (const accepted of this.#digests) {
      if (timingSafeEqual(accepted, candidate)) known = true
    }
    if (!known) return "wrong"
    if (this.#revoked) return "revoked"
    if (this.#expiresAt !== undefined && this.#expiresAt.getTime() <= Date.now()) return "expired"
    return "accepted"
  }

  /** Refuses every token until {@link restore} or {@link rotate}. */
  revoke(): void {
    this.#revoked = true
    this.#changed()
  }

  /** Sets or removes the end of validity. */
  expireAt(at: Date | undefined): void {
    this.#expiresAt = at
    this.#changed()
  }

  /** Undoes revocation and expiry. */
  restore(): void {
    this.#revoked = false
    this.expireAt(undefined)
  }

  /** Replaces all accepted tokens by a new one, which is returned; it is neither revoked nor expired. */
  rotate(): string {
    const token = newToken()
    this.#digests = [digest(token)]
    this.restore()
    return token
  }

  /** The state to keep, without any token. */
  snapshot(): TokenSnapshot {
    return {
      digests: this.#digests.map((known) => known.toString("hex")),
      revoked: this.#revoked,
      ...(this.#expiresAt === undefined ? {} : { expiresAt: this.#expiresAt.toISOString() })
    }
  }
}
