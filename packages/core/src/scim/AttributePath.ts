/** Attribute notation, `[URN ":"] name ["." sub]` (RFC 7644 §3.10), shared by filters, PATCH paths and projections. */

/**
 * One attribute, perhaps of an extension, perhaps one of its sub-attributes.
 *
 * The URN of a whole extension has the same form (`…:2.0:User` reads as `User` of `…:2.0`); {@link fullName} gives it back.
 */
export interface AttributePath {
  /** The URN that qualifies the name, or null. */
  readonly schema: string | null
  readonly name: string
  readonly sub: string | null
}

/** Why a filter, a path or an attribute name cannot be read: where, what could have stood there, and what did. */
export class SyntaxFault {
  readonly _tag = "SyntaxFault"
  /** Offset in UTF-16 units from the start of the text. */
  readonly position: number
  readonly expected: string
  /** At most 20 characters from `position` on, or `the end`. */
  readonly found: string

  constructor(text: string, position: number, expected: string) {
    this.position = position
    this.expected = expected
    this.found = position >= text.length ? "the end" : JSON.stringify(text.slice(position, position + 20))
  }

  /** One line for people. */
  get message(): string {
    return `At position ${this.position}: expected ${this.expected}, found ${this.found}.`
  }
}

/** RFC 7643 §2.1 `nameChar`, looked up by char code; 1 for a letter or `$`, which may begin a name, 2 for the others. */
const nameChars = new Uint8Array(128)
for (const char of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz$") nameChars[char.charCodeAt(0)] = 1
for (const char of "0123456789-_") nameChars[char.charCodeAt(0)] = 2

const isEnd = (code: number): boolean =>
  code <= 32 || code === 34 || code === 40 || code === 41 || code === 91 || code === 93

const isName = (code: number): boolean => code < 128 && nameChars[code] !== 0
const beginsName = (code: number): boolean => code < 128 && nameChars[code] === 1

/** Reads the path that begins at `from` and ends before a space, quote, bracket or the end. {@link lengthOf} tells how far. */
export const scan = (text: string, from: number): AttributePath | SyntaxFault => {
  let firstColon = -1
  let colon = -1
  let dot = -1
  let wrong = -1
  let end = from
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end)
    if (isName(code)) continue
    if (isEnd(code)) break
    if (code === 58) {
      if (firstColon < 0) firstColon = end
      colon = end
      dot = -1
      wrong = -1
    } else if (code === 46 && dot < 0) dot = end
    else if (wrong < 0) wrong = end
  }
  const nameFrom = colon < 0 ? from : colon + 1
  if (!beginsName(nameFrom < end ? text.charCodeAt(nameFrom) : 0)) {
    return new SyntaxFault(text, nameFrom, "an attribute name")
  }
  if (wrong >= 0) {
    const expected = text.charCodeAt(wrong) === 46 ? "at most one sub-attribute" : "a character of an attribute name"
    return new SyntaxFault(text, wrong, expected)
  }
  if (colon >= 0 && (firstColon === colon || !beginsName(text.charCodeAt(from)))) {
    return new SyntaxFault(text, from, "a URN before the attribute name")
  }
  const schema = colon < 0 ? null : text.slice(from, colon)
  if (dot < 0) return { schema, name: text.slice(nameFrom, end), sub: null }
  if (!beginsName(dot + 1 < end ? text.charCodeAt(dot + 1) : 0)) {
    return new SyntaxFault(text, dot + 1, "a sub-attribute name")
  }
  return { schema, name: text.slice(nameFrom, dot), sub: text.slice(dot + 1, end) }
}

/** Reads a sub-attribute name alone, as it follows `attr[filter].`. */
export const scanName = (text: string, from: number): string | SyntaxFault => {
  let end = from
  while (end < text.length && isName(text.charCodeAt(end))) end++
  return beginsName(end > from ? text.charCodeAt(from) : 0)
    ? text.slice(from, end)
    : new SyntaxFault(text, from, "a sub-attribute name")
}

/** The number of characters a path takes in text. */
export const lengthOf = ({ name, schema, sub }: AttributePath): number =>
  (schema === null ? 0 : schema.length + 1) + name.length + (sub === null ? 0 : sub.length + 1)

/** URN and name without the sub-attribute: the key of an extension when the path means a whole one. */
export const fullName = ({ name, schema }: AttributePath): string => (schema === null ? name : `${schema}:${name}`)

/** The text of a path; `parse` of it gives the same path. */
export const print = (path: AttributePath): string =>
  path.sub === null ? fullName(path) : `${fullName(path)}.${path.sub}`

/** Reads a whole text as a path. */
export const parse = (text: string): AttributePath | SyntaxFault => {
  const path = scan(text, 0)
  if (path instanceof SyntaxFault) return path
  const end = lengthOf(path)
  return end === text.length ? path : new SyntaxFault(text, end, "the end of the attribute path")
}

/**
 * The path of a literal in code, `of("name.givenName")`.
 *
 * Throws a TypeError for text that is no path, as a mistake in the program. Text from outside goes through {@link parse}.
 */
export const of = (path: string | AttributePath): AttributePath => {
  const parsed = typeof path === "string" ? parse(path) : path
  if (parsed instanceof SyntaxFault) throw new TypeError(`not an attribute path: ${path}. ${parsed.message}`)
  return parsed
}
