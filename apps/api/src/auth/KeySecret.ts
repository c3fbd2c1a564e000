/** The form of a key, `lsk_<id>_<secret>`, and what of it is stored. */
import { ApiKeyId } from "@loom-scim/core/ports/ApiKeys"
import { Option, Redacted } from "effect"
import { hash, randomBytes, randomInt, timingSafeEqual } from "node:crypto"

const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
const pattern = /^lsk_([a-z0-9]{12})_([A-Za-z0-9_-]{43})$/

/** A key just made. The whole of it is shown once and then known to its owner alone. */
export interface FreshKey {
  readonly id: ApiKeyId
  readonly whole: Redacted.Redacted
  readonly hash: string
}

/** SHA-256 suffices: the secret is 256 random bits, so there is nothing to guess that slow hashing would protect. */
export const hashOf = (secret: string): string => hash("sha256", secret, "hex")

/** Makes one. */
export const make = (): FreshKey => {
  const id = ApiKeyId.make(Array.from({ length: 12 }, () => alphabet[randomInt(alphabet.length)]).join(""))
  const secret = randomBytes(32).toString("base64url")
  return { id, whole: Redacted.make(`lsk_${id}_${secret}`), hash: hashOf(secret) }
}

/** What a credential says: whose it claims to be, and the hash of its secret. */
export interface Given {
  readonly id: ApiKeyId
  readonly hash: string
}

/** Takes a credential apart, without judging it. */
export const parse = (credential: Redacted.Redacted): Option.Option<Given> => {
  const [, id, secret] = pattern.exec(Redacted.value(credential)) ?? []
  return id === undefined || secret === undefined
    ? Option.none()
    : Option.some({ id: ApiKeyId.make(id), hash: hashOf(secret) })
}

/** Compares two hashes, as `hashOf` writes them, in a time that does not tell how much of them agrees. */
export const sameHash = (given: string, stored: string): boolean => {
  const [a, b] = [Buffer.from(given, "latin1"), Buffer.from(stored, "latin1")]
  return a.length === b.length && timingSafeEqual(a, b)
}
