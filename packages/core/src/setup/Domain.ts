/** Domains a workspace claims, and how a DNS answer is judged. */
import { Result, Schema } from "effect"
import type { DnsFailure } from "../ports/DomainResolver.ts"

const label = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
const pattern = new RegExp(`^(?=.{4,253}$)(?:${label}\\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{2,59})$`)

/** A DNS domain in lower case and punycode, at least two labels, no trailing dot. */
export const DomainName = Schema.String.check(
  Schema.isPattern(pattern, { message: "a domain such as example.com" })
).pipe(Schema.brand("DomainName"))
export type DomainName = typeof DomainName.Type

const isDomainName = Schema.is(DomainName)

/** How a domain is proven: a mail to an address in it, or a TXT record. */
export const VerificationMethod = Schema.Literals(["email", "dnsTxt"])
export type VerificationMethod = typeof VerificationMethod.Type

/** Takes what a person typed (`Acme.com`, `@acme.com`, `https://acme.com/`, `bücher.de`) or says what is wrong with it. */
export const parse = (input: string): Result.Result<DomainName, string> => {
  const trimmed = input.trim().replace(/^@/, "").replace(/\.$/, "")
  if (trimmed === "") return Result.fail("Type a domain, for example example.com.")
  if (/^[^/@\s]+@[^/@\s]+$/.test(trimmed)) {
    return Result.fail(`That is an e-mail address. The domain is ${trimmed.slice(trimmed.lastIndexOf("@") + 1)}.`)
  }
  const url = trimmed.includes("://") ? trimmed : `https://${trimmed}`
  if (!URL.canParse(url)) return Result.fail(`"${trimmed}" is not a domain. Example: example.com.`)
  const { hostname } = new URL(url)
  return isDomainName(hostname)
    ? Result.succeed(hostname)
    : Result.fail(`"${trimmed}" is not a domain. Example: example.com.`)
}

/** The domain of an e-mail address, or undefined when it has none that DNS could hold. */
export const ofEmail = (email: string): DomainName | undefined => {
  const at = email.lastIndexOf("@")
  if (at < 1) return undefined
  const domain = parse(email.slice(at + 1))
  return Result.isSuccess(domain) ? domain.success : undefined
}

const txtForm = /^(?:loom-site-verification|verification_token)=\S{8,200}$/

/**
 * Takes the TXT value as it was copied from the admin screen: Loom's `loom-site-verification=<32 hex>` or WorkOS's
 * `verification_token=…`, quotes and spaces around it removed.
 */
export const parseExpectedTxt = (input: string): Result.Result<string, string> => {
  const value = input
    .trim()
    .replace(/^"(.*)"$/, "$1")
    .trim()
  if (/^[0-9a-f]{32}$/i.test(value)) return Result.succeed(`loom-site-verification=${value.toLowerCase()}`)
  return txtForm.test(value)
    ? Result.succeed(value)
    : Result.fail("Copy the whole TXT value, for example loom-site-verification= and 32 characters.")
}

/** Where the record may stand: the apex first, then the name older WorkOS documentation used. */
export const lookupNames = (domain: DomainName): ReadonlyArray<string> => [domain, `_acme-challenge.${domain}`]

/** The answer to one look-up. */
export interface Lookup {
  readonly name: string
  readonly answer: Result.Result<ReadonlyArray<string>, DnsFailure>
}

/** What the look-ups of one domain amount to. */
export interface Verdict {
  readonly verified: boolean
  /** False when DNS itself failed, which says nothing about a domain that was verified before. */
  readonly conclusive: boolean
  /** One line of what was seen, for evidence or for the person who has to mend it. */
  readonly saw: string
  /** What to do when it is not verified; empty when it is. */
  readonly next: string
}

const isVerification = (value: string) => /^(?:loom-site-verification|verification_token)=/.test(value)

const failureText: Record<DnsFailure["kind"], readonly [string, string]> = {
  nxdomain: ["does not exist (NXDOMAIN)", "Check the spelling of the domain and that it is registered."],
  nodata: [
    "has no TXT record",
    "Add the TXT record at the apex (host @) and check again; it can take minutes to hours."
  ],
  servfail: [
    "cannot be answered by its name servers (SERVFAIL)",
    "The zone is broken, often by DNSSEC or a dead name server. Ask whoever runs the DNS, or try other servers with --dns-server."
  ],
  refused: ["was refused by the DNS server", "Ask another DNS server with --dns-server, for example 1.1.1.1."],
  timeout: ["got no answer in time", "Check the network and try again, or ask another server with --dns-server."],
  unreachable: [
    "could not be asked: the DNS server is unreachable",
    "Check the network, or choose another server with --dns-server."
  ]
}

/** Judges the look-ups of {@link lookupNames} against the expected value. Values are compared exactly. */
export const judge = (expected: string, lookups: ReadonlyArray<Lookup>): Verdict => {
  for (const { answer, name } of lookups) {
    if (Result.isSuccess(answer) && answer.success.includes(expected)) {
      return { verified: true, conclusive: true, saw: `TXT ${name} holds ${expected}`, next: "" }
    }
  }
  const apex = lookups[0]
  if (apex === undefined) return { verified: false, conclusive: false, saw: "nothing was asked", next: "Check again." }
  // The record may stand at any of the names, so its absence is known only when each of them was answered.
  const conclusive = lookups.every(
    ({ answer }) => Result.isSuccess(answer) || answer.failure.kind === "nxdomain" || answer.failure.kind === "nodata"
  )
  for (const { answer, name } of lookups) {
    const similar = Result.isSuccess(answer) ? answer.success.filter(isVerification) : []
    if (similar.length > 0) {
      return {
        verified: false,
        conclusive,
        saw: `TXT ${name} holds ${similar.join(", ")} instead of ${expected}`,
        next: "Replace the old value: it belongs to another workspace or an earlier attempt."
      }
    }
  }
  if (Result.isSuccess(apex.answer)) {
    const values = apex.answer.success
    const shown = values.slice(0, 5).map((value) => JSON.stringify(value.slice(0, 80)))
    return {
      verified: false,
      conclusive,
      saw: `TXT ${apex.name} has ${values.length} other record(s): ${shown.join(", ")}`,
      next: `Add ${expected} as one more TXT record at the apex (host @), beside the others.`
    }
  }
  const { kind, server } = apex.answer.failure
  const [what, next] = failureText[kind]
  return { verified: false, conclusive, saw: `${apex.name} ${what}, asked through ${server}`, next }
}
