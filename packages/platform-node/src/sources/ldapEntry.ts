/** An LDAP entry as a record: text where it is text, and the two things of Active Directory that are not. */
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

const isDisabled = (control: string | ReadonlyArray<string> | undefined): boolean | undefined =>
  typeof control === "string" && /^-?\d+$/.test(control) ? (Number(control) & disabledFlag) !== 0 : undefined

/**
 * The record of an entry, found by its distinguished name. One value is text, several are a list, other bytes are base64;
 * `accountDisabled` is there when the entry has a `userAccountControl`. Throws a `SourceFailure` for an attribute that the
 * server gives in part only, as Active Directory does with very many values.
 */
export const recordOf = (source: string, entry: SearchEntry): SourceRecord => {
  const fields: Record<string, string | ReadonlyArray<string> | boolean> = {}
  let accountDisabled: boolean | undefined
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
    if (first === undefined) continue
    fields[type] = rest.length === 0 ? first : [first, ...rest]
    if (type.toLowerCase() === "useraccountcontrol") accountDisabled = isDisabled(fields[type])
  }
  return { at: entry.name, fields: accountDisabled === undefined ? fields : { ...fields, accountDisabled } }
}
