/** An LDAP entry as a record: text where it is text, and the things of Active Directory that are not. */
import { isUtf8 } from "node:buffer"
import type { SourceRecord } from "@loom-scim/core/ports/PeopleSource"
import { SourceFailure } from "@loom-scim/core/ports/PeopleSource"
import type { SearchEntry } from "ldapts"

/** ACCOUNTDISABLE of `userAccountControl`. */
const disabledFlag = 0x2

/** The first three groups are written with the least significant byte first ([MS-DTYP] §2.3.4.2). */
const guidOf = (bytes: Buffer): string => {
  const ordered = Buffer.concat([
    Buffer.from(bytes.subarray(0, 4)).swap32(),
    Buffer.from(bytes.subarray(4, 8)).swap16(),
    bytes.subarray(8)
  ])
  return ordered.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")
}

const textOf = (name: string, bytes: Buffer): string => {
  if (name.toLowerCase() === "objectguid" && bytes.length === 16) return guidOf(bytes)
  return isUtf8(bytes) ? bytes.toString("utf8") : bytes.toString("base64")
}

type Held = string | ReadonlyArray<string> | undefined

const isDisabled = (control: Held): boolean | undefined =>
  typeof control === "string" && /^-?\d+$/.test(control) ? (Number(control) & disabledFlag) !== 0 : undefined

/** 1970 in what `accountExpires` counts: units of 100 ns since 1601. */
const epoch = 116_444_736_000_000_000n
/** Two ways to say that an account does not expire. */
const never: ReadonlySet<bigint> = new Set([0n, 9_223_372_036_854_775_807n])

const isExpired = (expires: Held, nowMillis: number): boolean | undefined => {
  if (typeof expires !== "string" || !/^\d+$/.test(expires)) return undefined
  const at = BigInt(expires)
  return !never.has(at) && at <= BigInt(nowMillis) * 10_000n + epoch
}

/** Fields that are made of attributes, and of which. */
export const madeOf: ReadonlyMap<string, ReadonlyArray<string>> = new Map([
  ["accountdisabled", ["userAccountControl"]],
  ["accountexpired", ["accountExpires"]],
  ["accountactive", ["userAccountControl", "accountExpires"]]
])

const accountOf = (fields: Record<string, Held>, nowMillis: number): Record<string, boolean> => {
  const held = (name: string) => fields[Object.keys(fields).find((key) => key.toLowerCase() === name) ?? ""]
  const accountDisabled = isDisabled(held("useraccountcontrol"))
  const accountExpired = isExpired(held("accountexpires"), nowMillis)
  return {
    ...(accountDisabled === undefined
      ? {}
      : { accountDisabled, accountActive: !accountDisabled && accountExpired !== true }),
    ...(accountExpired === undefined ? {} : { accountExpired })
  }
}

/**
 * The record of an entry, found by its distinguished name. One value is text, several are a list, other bytes are base64;
 * `accountDisabled` and `accountActive` are there when the entry has a `userAccountControl`, `accountExpired` when it has
 * `accountExpires`. Throws a `SourceFailure` for an attribute that the server gives in part only, as Active Directory does
 * with very many values.
 */
export const recordOf = (source: string, entry: SearchEntry, nowMillis: number): SourceRecord => {
  const fields: Record<string, string | ReadonlyArray<string>> = {}
  for (const { parsedBuffers, type } of entry.attributes) {
    if (/;range=/i.test(type)) {
      throw new SourceFailure({
        reason: "endedEarly",
        source,
        at: entry.name,
        detail: `the server gives only a part of the values of ${type.replace(/;.*$/, "")}`,
        next: "Leave that attribute out of those that are read"
      })
    }
    const [first, ...rest] = parsedBuffers.map((bytes) => textOf(type, bytes))
    if (first !== undefined) fields[type] = rest.length === 0 ? first : [first, ...rest]
  }
  return { at: entry.name, fields: { ...fields, ...accountOf(fields, nowMillis) } }
}
