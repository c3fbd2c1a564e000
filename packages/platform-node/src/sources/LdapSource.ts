/** An LDAP directory, such as OpenLDAP or Active Directory, as a source of people. */
import { readFile } from "node:fs/promises"
import type { PeopleSource, SourceRecord } from "@loom-scim/core/ports/PeopleSource"
import { SourceFailure } from "@loom-scim/core/ports/PeopleSource"
import { Effect, Redacted } from "effect"
import type { Filter } from "ldapts"
import { FilterParser } from "ldapts"
import * as GuardedAgent from "../http/guardedAgent.ts"
import type { LdapAddress } from "./ldapConnection.ts"
import { LdapConnection, LdapConnectionLost } from "./ldapConnection.ts"
import { madeOf, recordOf } from "./ldapEntry.ts"
import { peopleSource } from "./recordStream.ts"

/** Which directory is read, and what of it. */
export interface LdapOptions {
  /** `ldaps://host` or `ldap://host`, with a port if need be. `ldap` without `startTls` sends the password in the clear. */
  readonly url: string
  /** Who asks; without it the server is asked anonymously. */
  readonly bind?: { readonly dn: string; readonly password: Redacted.Redacted }
  /** The subtree with the people. */
  readonly base: string
  /**
   * `(objectClass=person)` by default. In Active Directory computers are persons too:
   * `(&(objectCategory=person)(objectClass=user))` leaves them out.
   */
  readonly filter?: string
  /** Those that people are usually made of by default. What a mapping reads is always asked for, too. */
  readonly attributes?: ReadonlyArray<string>
  /** Encrypts a connection to `ldap://` before anything is said (RFC 4513 §3), or does not read at all. */
  readonly startTls?: boolean
  /** A PEM file with certificates that are trusted beside the system's. */
  readonly caFile?: string
  /**
   * Goes on although the server names other servers that hold a part of the subtree. They are never asked, so this is for
   * those who know that nobody is there.
   */
  readonly ignoreReferrals?: boolean
  /** Entries per page; 500 by default. */
  readonly pageSize?: number
  /** For connecting, and for each further sign of life; 30 000 by default. */
  readonly timeoutMillis?: number
}

const usualAttributes = [
  "c",
  "cn",
  "co",
  "company",
  "department",
  "departmentNumber",
  "displayName",
  "employeeID",
  "employeeNumber",
  "employeeType",
  "entryUUID",
  "givenName",
  "l",
  "mail",
  "manager",
  "mobile",
  "o",
  "objectGUID",
  "ou",
  "physicalDeliveryOfficeName",
  "postalCode",
  "preferredLanguage",
  "proxyAddresses",
  "sAMAccountName",
  "sn",
  "st",
  "street",
  "streetAddress",
  "telephoneNumber",
  "title",
  "uid",
  "userPrincipalName"
]

/** Of no use until a mapping reads them, and those of a group of thousands make long answers. */
const worthKnowing = ["memberOf", "accountExpires"]

// A path into something else is nothing that a directory has, and may end the search there.
const isAttribute = (name: string): boolean => /^[a-z][a-z0-9-]*(?:;[a-z0-9-]+)*$/i.test(name)

/** What is asked for beside what was told: for the fields that are looked at, or all that a mapping may be made of. */
const asked = (fields: ReadonlyArray<string>, told: ReadonlyArray<string> | undefined): ReadonlyArray<string> => {
  const usual = fields.length === 0 ? [...usualAttributes, ...worthKnowing] : usualAttributes
  const looked = fields.flatMap((name) => madeOf.get(name.toLowerCase()) ?? [name])
  const all = [...(told ?? usual), "userAccountControl", ...looked.filter(isAttribute)]
  return [...new Map(all.map((name) => [name.toLowerCase(), name])).values()]
}

/** Empty pages in a row after which a server that promises more is not believed. */
const fruitlessPages = 1000

type Fail = (reason: SourceFailure["reason"], detail: string, next: string) => SourceFailure

const addressOf = (url: string, fail: Fail): Pick<LdapAddress, "host" | "port" | "isSecure"> => {
  const parsed = URL.parse(url)
  if (parsed === null || !/^ldaps?:$/.test(parsed.protocol) || parsed.hostname === "") {
    throw fail("malformed", "the address is not an LDAP URL", "Give it as ldaps://host or ldap://host:port")
  }
  if (parsed.username !== "" || parsed.password !== "" || /[^/]/.test(parsed.pathname + parsed.search + parsed.hash)) {
    throw fail("malformed", "the address has more than host and port", "Give account, base and filter by themselves")
  }
  const isSecure = parsed.protocol === "ldaps:"
  return {
    host: parsed.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: parsed.port === "" ? (isSecure ? 636 : 389) : Number(parsed.port),
    isSecure
  }
}

const filterOf = (text: string, fail: Fail): Filter => {
  const wrong = () =>
    fail("malformed", "the filter is not an LDAP filter", "Give it as in (&(objectClass=person)(mail=*))")
  // The parser closes for itself what was left open, and so might look for others than those who were meant.
  if (text.split("(").length !== text.split(")").length) throw wrong()
  try {
    return FilterParser.parseString(text.trim())
  } catch {
    throw wrong()
  }
}

const authoritiesOf = async (path: string | undefined, fail: Fail): Promise<ReadonlyArray<string> | undefined> => {
  if (path === undefined) return undefined
  const unreadable = () =>
    fail("unreadable", `the CA file ${path} cannot be read`, "Give a PEM file with BEGIN CERTIFICATE blocks")
  const pem = await readFile(path, "utf8").catch(() => {
    throw unreadable()
  })
  return Effect.runPromise(Effect.mapError(GuardedAgent.authorities(pem), unreadable))
}

const notReached = (code: string | null, fail: Fail): SourceFailure => {
  const detail = `the server cannot be reached (${code ?? "it hangs up"})`
  return code !== null && /CERT|SELF_SIGNED|VERIFY|ISSUER|ERR_TLS|ERR_SSL/.test(code)
    ? fail("refused", `its certificate is not trusted (${code})`, "Give the CA file of whoever issued it")
    : fail("unreadable", detail, "Check host, port and whether it is ldap or ldaps")
}

const notEncrypted = (code: number, fail: Fail): SourceFailure =>
  fail(
    "refused",
    `the server does not start TLS (code ${code})`,
    "Use ldaps://, or have StartTLS set up there; nothing was sent in the clear"
  )

const readAgain = "Nobody is missing because of that: run again; if it stays, tell whoever runs the directory"

/** What a result code other than success means (RFC 4511 §A.2). */
const answeredBadly = (code: number, fail: Fail): SourceFailure => {
  switch (code) {
    case 3:
    case 4:
    case 11:
      return fail(
        "endedEarly",
        `the server gives no more than a part (${code === 4 ? "size" : code === 3 ? "time" : "administrative"} limit)`,
        "Have the limit for this account lifted, or narrow base and filter"
      )
    case 7:
    case 8:
    case 13:
      return fail("refused", `the server wants another way to log in (code ${code})`, "Use ldaps:// and a simple bind")
    case 10:
      return fail("notFound", "the base is on another server", "Give the address of the server that holds it")
    case 32:
      return fail("notFound", "there is no such base, or it may not be seen", "Check the base and the account's rights")
    case 34:
      return fail(
        "malformed",
        "the base or the account is not a distinguished name",
        "Give it as in ou=people,dc=example"
      )
    case 48:
    case 49:
      return fail("refused", "the server does not accept account and password", "Check both; the account may be locked")
    // Active Directory answers a search without a bind with an operations error.
    case 1:
    case 50:
      return fail("refused", `the account may not read this (code ${code})`, "Give an account that may read the base")
    default:
      return fail("endedEarly", `the server answers with an error (code ${code})`, readAgain)
  }
}

/** Parts of every Active Directory domain in which nobody is. */
const holdsNobody = (reference: string): boolean =>
  /^ldaps?:\/\/[^/]*\/(?:DC=DomainDnsZones|DC=ForestDnsZones|CN=Configuration),/i.test(reference)

async function* batches(
  source: string,
  options: LdapOptions,
  fields: ReadonlyArray<string>
): AsyncGenerator<ReadonlyArray<SourceRecord>, void> {
  const fail: Fail = (reason, detail, next) => new SourceFailure({ reason, source, at: null, detail, next })
  const { bind } = options
  const address = addressOf(options.url, fail)
  const filter = filterOf(options.filter ?? "(objectClass=person)", fail)
  const attributes = asked(fields, options.attributes)
  const nowMillis = Date.now()
  const search = { base: options.base, filter, attributes, pageSize: options.pageSize ?? 500 }
  // A server takes a name without a password for nobody in particular (RFC 4513 §5.1.2), and may show less.
  if (bind !== undefined && (bind.dn === "" || Redacted.value(bind.password) === "")) {
    throw fail("refused", "the account has no name or no password", "Give both, or neither to ask anonymously")
  }
  const ca = await authoritiesOf(options.caFile, fail)
  const reach = { ...address, ca, timeoutMillis: options.timeoutMillis ?? 30_000 }
  const unreached = (cause: unknown) => {
    throw notReached(cause instanceof LdapConnectionLost ? cause.code : null, fail)
  }
  const connection = await LdapConnection.open(reach).catch(unreached)
  try {
    if (options.startTls === true && !address.isSecure) {
      const { code } = await connection.startTls(reach).catch(unreached)
      if (code !== 0) throw notEncrypted(code, fail)
    }
    if (bind !== undefined) {
      const { code } = await connection.bind(bind.dn, Redacted.value(bind.password))
      if (code !== 0) throw answeredBadly(code, fail)
    }
    let cookie: Buffer = Buffer.alloc(0)
    let fruitless = 0
    do {
      const page = await connection.page(search, cookie)
      if (page.code !== 0) throw answeredBadly(page.code, fail)
      const elsewhere = page.references.filter((reference) => !holdsNobody(reference))
      if (elsewhere.length > 0 && options.ignoreReferrals !== true) {
        throw fail(
          "endedEarly",
          "a part of the base is on another server, which is not asked",
          "Read that server by itself and give a base without it, or say that referrals are to be ignored"
        )
      }
      fruitless = page.entries.length === 0 ? fruitless + 1 : 0
      if (fruitless > fruitlessPages) throw fail("endedEarly", "the server gives nothing but empty pages", readAgain)
      yield page.entries.map((entry) => recordOf(source, entry, nowMillis))
      cookie = page.cookie
    } while (cookie.length > 0)
  } catch (cause) {
    if (!(cause instanceof LdapConnectionLost)) throw cause
    throw fail("endedEarly", `the connection broke off (${cause.code ?? "the server hung up"})`, readAgain)
  } finally {
    connection.close()
  }
}

const nameOf = ({ base, url }: LdapOptions): string => {
  const parsed = URL.parse(url)
  return parsed === null ? "LDAP" : `${parsed.protocol}//${parsed.host}/${base}`
}

/**
 * Reads everybody below a base, in pages (RFC 2696). Referrals are not followed. `accountDisabled`, `accountExpired` and
 * `accountActive` are extra fields of the entries of accounts, and `objectGUID` has the form that people know it in.
 */
export const make = (options: LdapOptions): PeopleSource => {
  const name = nameOf(options)
  return peopleSource(name, (fields) => batches(name, options, fields))
}
