import { createHash, randomBytes } from "node:crypto"

// No look-alikes (I, L, O, U) and no characters that need URL-encoding.
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

function encode(bytes: Uint8Array): string {
  let text = ""
  for (const byte of bytes) text += ALPHABET.charAt(byte % ALPHABET.length)
  return text
}

/** A random identifier of `length` characters from a 32-letter alphabet (5 bits each). */
export function randomId(length: number): string {
  return encode(randomBytes(length))
}

/** The same identifier every time for the same text; at most 32 characters. */
export function stableId(text: string, length: number): string {
  return encode(createHash("sha256").update(text).digest().subarray(0, length))
}
