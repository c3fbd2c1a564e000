/** Resources as rows: columns for people, CSV for spreadsheets, JSON for scripts. */
import type { JsonObject } from "@loom-scim/core/scim/Json"
import { Predicate } from "effect"

const step = (value: unknown, name: string): unknown => {
  if (Array.isArray(value)) return value.flatMap((each) => step(each, name) ?? [])
  if (!Predicate.isObject(value)) return undefined
  const key = Object.keys(value).find((candidate) => candidate.toLowerCase() === name.toLowerCase())
  return key === undefined ? undefined : Reflect.get(value, key)
}

/** What stands at an attribute path (`name.familyName`, `emails.value`, `urn:…:User:loomMemberRole`), as text. */
export const cell = (resource: JsonObject, path: string): string => {
  const colon = path.startsWith("urn:") ? path.lastIndexOf(":") : -1
  const start = colon < 0 ? resource : step(resource, path.slice(0, colon))
  const value = path
    .slice(colon + 1)
    .split(".")
    .reduce(step, start)
  const texts = (Array.isArray(value) ? value : [value]).filter((each) => each !== undefined && each !== null)
  return texts.map((each) => (Predicate.isObject(each) ? JSON.stringify(each) : String(each))).join(" ")
}

/** How a path is headed: an extension's attribute by its own name, since the URN says nothing to people. */
export const heading = (path: string): string =>
  path.startsWith("urn:") ? path.slice(path.lastIndexOf(":") + 1) : path

/** RFC 4180, and no cell that a spreadsheet would run as a formula. */
export const csvLine = (cells: ReadonlyArray<string>): string =>
  cells
    .map((text) => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text))
    .map((text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text))
    .join(",")

// Control characters of somebody's display name must not reach the terminal.
const printable = (text: string): string => [...text].filter((char) => char >= " " && char !== "\u007F").join("")

/** Columns padded to their widest cell, to `widest` characters at most: a single long cell does not push all others away. */
export const lines = (
  header: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  widest = 44
): ReadonlyArray<string> => {
  const all = [header, ...rows.map((row) => row.map(printable))]
  const widths = header.map((_, column) => Math.min(widest, Math.max(...all.map((row) => (row[column] ?? "").length))))
  return all.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd()
  )
}
