/** Who is in the workspace already, and who of them would be locked out: members outside the verified domains. */
import { Schema } from "effect"
import { DomainName, ofEmail } from "./Domain.ts"

/** The outcome of going through a member list. */
export const MemberReview = Schema.Struct({
  /** Distinct e-mail addresses found. */
  members: Schema.Int,
  /** Members outside every verified domain, sorted, at most {@link limit} of them kept. */
  outside: Schema.Array(Schema.String),
  /** How many there are outside in all. */
  outsideCount: Schema.Int,
  /** The verified domains it was compared with. */
  domains: Schema.Array(DomainName)
})
export type MemberReview = typeof MemberReview.Type

/** How many addresses of people outside are kept in the journal. */
export const limit = 200

/** An apostrophe separates nothing, since it may stand in an address (o'brien@…). */
const separators = /[\s<>",;:()[\]|]+/

/** RFC 5321 §4.5.3.1: 64 for the local part, 255 for the domain. */
const longest = 320

/**
 * Every e-mail address in a text: one per line, a CSV export, or copied from a mail program. Lower case, distinct.
 *
 * The text is split and not searched, so that the time stays proportional to its length whatever is in it.
 */
export const emailsIn = (text: string): ReadonlyArray<string> => {
  const found = new Set<string>()
  for (const token of text.split(separators)) {
    if (token.length > longest || !token.includes("@")) continue
    const email = token.toLowerCase().replace(/^['`‘“]+|['`’”.]+$/g, "")
    if (ofEmail(email) !== undefined) found.add(email)
  }
  return [...found]
}

/** Compares members with the verified domains. A subdomain is not its parent: Loom verifies each on its own. */
export const review = (emails: Iterable<string>, domains: ReadonlyArray<DomainName>): MemberReview => {
  const verified = new Set<string>(domains)
  const distinct = new Set([...emails].map((email) => email.toLowerCase()))
  const outside = [...distinct].filter((email) => !verified.has(ofEmail(email) ?? "")).toSorted()
  return {
    members: distinct.size,
    outside: outside.slice(0, limit),
    outsideCount: outside.length,
    domains: [...domains]
  }
}
