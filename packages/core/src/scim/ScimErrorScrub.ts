/** Takes secrets and personal data out of what a server sent, before any of it becomes part of an error. */
import { Predicate, Redacted, type Schema } from "effect"

/** What stands in the place of a token. */
export const tokenMark = "(the token)"

// A server may show only the beginning of a token, so this many characters of it are enough to be recognised.
const seedLength = 8

const htmlEscaped = (text: string): string =>
  text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;").replace(/'/g, "&#39;")

// Letters of ASCII only, which is what tokens have: others may change their length in lower case, and positions with it.
const folded = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())

/** The token within base64 at each of the three places where it may begin; the edges that depend on others are left. */
const inBase64 = (token: string): ReadonlyArray<string> =>
  [0, 1, 2].map((before) => {
    const bytes = new TextEncoder().encode("\0".repeat(before) + token)
    const text = btoa(Array.from(bytes, (byte) => String.fromCodePoint(byte)).join(""))
    return text.slice(Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6))
  })

/** The ways in which a token may be written in an answer. */
const spellings = (token: string): ReadonlyArray<string> => {
  const json = JSON.stringify(token).slice(1, -1)
  const all = [
    token,
    encodeURIComponent(token),
    encodeURI(token),
    json,
    json.replaceAll("/", "\\/"),
    htmlEscaped(token)
  ]
  const encoded = inBase64(token)
    .flatMap((text) => [text, text.replaceAll("+", "-").replaceAll("/", "_")])
    .flatMap((text) => [text, encodeURIComponent(text), text.replaceAll("/", "\\/")])
    // A few characters would be found by chance.
    .filter((text) => text.length >= seedLength)
  return [...new Set([...all, ...encoded].map(folded))]
}

const scrubSpelling = (text: string, spelling: string): string => {
  const searched = folded(text)
  const seed = spelling.slice(0, seedLength)
  let result = ""
  let from = 0
  for (let at = searched.indexOf(seed); at >= 0; at = searched.indexOf(seed, from)) {
    let end = at + seed.length
    while (end - at < spelling.length && searched[end] === spelling[end - at]) end++
    result += text.slice(from, at) + tokenMark
    from = end
  }
  return result + text.slice(from)
}

// A value with a digit, or a long one: `Bearer token` and `bearer scheme` are words.
const afterBearer = /\bBearer(?:\s|%20|\+)+(?!\(the token\))(?=[^\s"'<>,;)]{0,200}\d|[^\s"'<>,;)]{16})[^\s"'<>,;)]+/gi

/**
 * A function that takes the token out of a text: in any case, percent-encoded, as in JSON or HTML, and also its
 * beginning alone. What looks like a token after the word Bearer goes as well, since a server may have changed it.
 */
export const scrubber = (token: Redacted.Redacted): ((text: string) => string) => {
  const value = Redacted.value(token)
  // Most clients never have anything to scrub.
  let known: ReadonlyArray<string> | undefined
  return (text) => {
    known ??= value === "" ? [] : spellings(value)
    return known.reduce(scrubSpelling, text).replace(afterBearer, `Bearer ${tokenMark}`)
  }
}

// No attribute of SCIM is nested as deep; a server's nesting must not exhaust the stack.
const deepestJson = 50

const isArray = (value: Schema.Json): value is Schema.JsonArray => Array.isArray(value)

/** A JSON value with every text in it scrubbed, names of attributes included; null in the place of what is too deep. */
export const scrubJson = (value: Schema.Json, scrub: (text: string) => string, depth = 0): Schema.Json => {
  if (Predicate.isString(value)) return scrub(value)
  // 1e999 is read as Infinity, which is no JSON.
  if (Predicate.isNumber(value) && !Number.isFinite(value)) return null
  if (value === null || typeof value !== "object") return value
  if (depth > deepestJson) return null
  const inner = (entry: Schema.Json): Schema.Json => scrubJson(entry, scrub, depth + 1)
  if (isArray(value)) return value.map(inner)
  const entries = Object.entries(value).map(([key, entry]) => [scrub(key), inner(entry)] as const)
  return Object.fromEntries(entries)
}

/** Removes control characters, folds white space, and cuts to `limit` characters. */
export const oneLine = (text: string, limit: number): string => {
  // oxlint-disable-next-line no-control-regex -- terminal escapes of a server are what is taken out here
  const folded = text.replace(/[\u0000-\u001f\u007f-\u009f\s]+/g, " ").trim()
  return folded.length <= limit ? folded : `${folded.slice(0, limit)}…`
}

/** How long an excerpt may be, in characters. */
export const excerptLimit = 200

// Only this much of a body is looked at, so that a huge one costs nothing.
const excerptWindow = 4000

/**
 * The beginning of a body for an error message: without the token, without e-mail addresses and, in JSON, without the
 * texts (names and addresses of people), so that its shape remains.
 */
export const excerpt = (body: string, scrub: (text: string) => string): string => {
  const safe = scrub(body.slice(0, excerptWindow))
  const shape = /^\s*[[{]/.test(safe) ? safe.replace(/([:[,]\s*)"(?:[^"\\]|\\.)*(?:"(?!\s*:)|$)/g, '$1"…"') : safe
  return oneLine(shape.replace(/[^\s"'<>()@,;:]+@[^\s"'<>()@,;:]+/g, "(e-mail)"), excerptLimit)
}
