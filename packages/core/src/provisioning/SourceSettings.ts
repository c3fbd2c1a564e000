/** What belongs to a source and is no secret: the `source` section of a mapping file. */
import { Result, Schema } from "effect"
import { parse as parseFilter } from "../scim/FilterParser.ts"

/** The encodings of text that sources are read in; `latin1` is Windows-1252. */
export const encodings = ["utf-8", "utf-16le", "utf-16be", "windows-1252", "latin1"] as const

/** What is asked of an LDAP directory. The password comes from elsewhere. */
export const LdapSettings = Schema.Struct({
  /** The subtree with the people. */
  base: Schema.NonEmptyString,
  /** `(objectClass=person)` without it. */
  filter: Schema.optionalKey(Schema.NonEmptyString),
  /** Those that people are usually made of without it. What the mapping reads is asked for, too. */
  attributes: Schema.optionalKey(Schema.NonEmptyArray(Schema.NonEmptyString)),
  /** Who asks; without it nobody in particular does. */
  bindDn: Schema.optionalKey(Schema.NonEmptyString),
  pageSize: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10_000 }))),
  /** Encrypts a connection to `ldap://` before anything is said. */
  startTls: Schema.optionalKey(Schema.Boolean),
  /** A PEM file with certificates that are trusted beside the system's. */
  caFile: Schema.optionalKey(Schema.NonEmptyString),
  /** Goes on although a part of the subtree is on servers that are not asked. */
  ignoreReferrals: Schema.optionalKey(Schema.Boolean),
  /** Sends the password over `ldap://` as it is. */
  allowCleartext: Schema.optionalKey(Schema.Boolean)
})
export type LdapSettings = typeof LdapSettings.Type

const isLoopback = (url: string): boolean =>
  /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/i.test(/^ldaps?:\/\/(\[[^\]]*\]|[^/:]*)/i.exec(url)?.[1] ?? "")

/** Whether the password would leave this machine as it is, though nobody allowed that. */
export const sendsInClear = (url: string, { allowCleartext, bindDn, startTls }: LdapSettings): boolean =>
  bindDn !== undefined && !/^ldaps:/i.test(url) && startTls !== true && allowCleartext !== true && !isLoopback(url)

/** A SCIM filter that can be read. */
const Filter = Schema.NonEmptyString.check(
  Schema.makeFilter((text: string) => {
    const parsed = parseFilter(text)
    return Result.isSuccess(parsed) || parsed.failure.message
  })
)

/** What is asked of another SCIM server. Its token comes from elsewhere. */
export const ScimSettings = Schema.Struct({
  filter: Schema.optionalKey(Filter)
})
export type ScimSettings = typeof ScimSettings.Type

/** The section. */
export const SourceSettings = Schema.Struct({
  /** What `--source` takes; paths are relative to the mapping file. */
  from: Schema.optionalKey(Schema.NonEmptyString),
  /** Of standard input, and of a file whose name does not tell. */
  format: Schema.optionalKey(Schema.Literals(["csv", "jsonl"])),
  /** Of text without a byte order mark. */
  encoding: Schema.optionalKey(Schema.Literals(encodings)),
  /** Between the columns of CSV. */
  separator: Schema.optionalKey(Schema.Literals([",", ";", "\t"])),
  ldap: Schema.optionalKey(LdapSettings),
  scim: Schema.optionalKey(ScimSettings)
})
export type SourceSettings = typeof SourceSettings.Type

const secretName = /pass(?:word|phrase|wd)?$|^pwd$|secret|token|bearer|credential/i

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null

/** Where in a section somebody wrote a secret, by the names of its keys; what is there is not looked at. */
export const secretsIn = (section: unknown, where: string): ReadonlyArray<string> =>
  isObject(section)
    ? Object.entries(section).flatMap(([name, held]) =>
        secretName.test(name) ? [`${where}.${name}`] : secretsIn(held, `${where}.${name}`)
      )
    : []
