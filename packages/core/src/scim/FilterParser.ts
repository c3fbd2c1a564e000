/** From text to a filter (RFC 7644 §3.4.2.2, figure 1). Hand-written over char codes, in time linear in the text. */
import { Result } from "effect"
import { type AttributePath, lengthOf, scan, SyntaxFault } from "./AttributePath.ts"
import type { CompareOperator, CompareValue, Filter } from "./Filter.ts"

/** How deep parentheses may nest unless said otherwise. */
export const defaultMaxDepth = 64

/** No limit may go beyond this, since the parser recurses. */
const hardMaxDepth = 1000

/** Options of {@link parse}. */
export interface ParseOptions {
  /** How deep parentheses and brackets may nest; at most 1000. */
  readonly maxDepth?: number
}

const space = 32
const quote = 34
const open = 40
const close = 41
const bracket = 91
const closeBracket = 93

const operators = new Map<number, CompareOperator | "pr">(
  (["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr"] as const).map((name) => [
    (name.charCodeAt(0) << 8) | name.charCodeAt(1),
    name
  ])
)

/** JSON's number (RFC 8259 §6), from `lastIndex` on. */
const numberForm = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y

/** A cursor over the text. PATCH paths are read with it too; others use {@link parse}. */
export class Parser {
  readonly text: string
  readonly maxDepth: number
  position: number
  private insideBrackets = false

  constructor(text: string, options: ParseOptions, position = 0) {
    this.text = text
    this.maxDepth = Math.min(options.maxDepth ?? defaultMaxDepth, hardMaxDepth)
    this.position = position
  }

  fault(expected: string, position = this.position): SyntaxFault {
    return new SyntaxFault(this.text, position, expected)
  }

  /** The char code at the cursor; NaN at the end, which equals nothing. */
  code(): number {
    return this.text.charCodeAt(this.position)
  }

  skipSpaces(): void {
    let code = this.code()
    while (code === space || code === 9 || code === 10 || code === 13) {
      this.position++
      code = this.code()
    }
  }

  /** True when a token has ended, so that the next one may begin. */
  private atBoundary(position: number): boolean {
    const code = this.text.charCodeAt(position)
    return !(code > space) || code === open || code === close || code === bracket || code === closeBracket
  }

  /** Takes `and` or `or` in any case; nothing is taken when it is something else. */
  private takeWord(word: "and" | "or"): boolean {
    this.skipSpaces()
    const { position, text } = this
    for (let i = 0; i < word.length; i++) {
      if ((text.charCodeAt(position + i) | space) !== word.charCodeAt(i)) return false
    }
    if (!this.atBoundary(position + word.length)) return false
    this.position = position + word.length
    return true
  }

  /** Terms joined by `or`. */
  disjunction(depth: number): Filter | SyntaxFault {
    const first = this.conjunction(depth)
    if (first instanceof SyntaxFault || !this.takeWord("or")) return first
    const second = this.conjunction(depth)
    if (second instanceof SyntaxFault) return second
    const filters: [Filter, Filter, ...Array<Filter>] = [first, second]
    while (this.takeWord("or")) {
      const next = this.conjunction(depth)
      if (next instanceof SyntaxFault) return next
      filters.push(next)
    }
    return { _tag: "Or", filters }
  }

  /** Terms joined by `and`, which binds tighter than `or`. */
  private conjunction(depth: number): Filter | SyntaxFault {
    const first = this.term(depth)
    if (first instanceof SyntaxFault || !this.takeWord("and")) return first
    const second = this.term(depth)
    if (second instanceof SyntaxFault) return second
    const filters: [Filter, Filter, ...Array<Filter>] = [first, second]
    while (this.takeWord("and")) {
      const next = this.term(depth)
      if (next instanceof SyntaxFault) return next
      filters.push(next)
    }
    return { _tag: "And", filters }
  }

  private term(depth: number): Filter | SyntaxFault {
    this.skipSpaces()
    if (this.code() === open) return this.group(depth)
    const start = this.position
    const path = scan(this.text, start)
    if (path instanceof SyntaxFault) {
      // Nothing that begins a name: then a group could have stood here too.
      return path.position === start && path.expected === "an attribute name"
        ? this.fault("an attribute name, ( or not (", start)
        : path
    }
    this.position = start + lengthOf(path)
    if (path.name.length === 3 && path.schema === null && path.sub === null && path.name.toLowerCase() === "not") {
      this.skipSpaces()
      if (this.code() === open) {
        const filter = this.group(depth)
        return filter instanceof SyntaxFault ? filter : { _tag: "Not", filter }
      }
    }
    if (this.code() === bracket) return this.valuePath(path, depth)
    return this.expression(path)
  }

  private group(depth: number): Filter | SyntaxFault {
    if (depth >= this.maxDepth) return this.fault(`at most ${this.maxDepth} nested parentheses`)
    this.position++
    const filter = this.disjunction(depth + 1)
    if (filter instanceof SyntaxFault) return filter
    this.skipSpaces()
    if (this.code() !== close) return this.fault("and, or or )")
    this.position++
    return filter
  }

  /** `[filter]` after a path; the cursor is on the bracket. */
  private valuePath(path: AttributePath, depth: number): Filter | SyntaxFault {
    if (this.insideBrackets) return this.fault("an operator: brackets do not nest")
    const filter = this.brackets(depth)
    return filter instanceof SyntaxFault ? filter : { _tag: "ValuePath", path, filter }
  }

  /** The filter in brackets; the cursor is on the opening one and moves behind the closing one. */
  brackets(depth: number): Filter | SyntaxFault {
    if (depth >= this.maxDepth) return this.fault(`at most ${this.maxDepth} nested parentheses`)
    this.position++
    this.insideBrackets = true
    const filter = this.disjunction(depth + 1)
    this.insideBrackets = false
    if (filter instanceof SyntaxFault) return filter
    this.skipSpaces()
    if (this.code() !== closeBracket) return this.fault("and, or or ]")
    this.position++
    return filter
  }

  private expression(path: AttributePath): Filter | SyntaxFault {
    this.skipSpaces()
    const { position, text } = this
    const second = text.charCodeAt(position + 1) | space
    const pair = ((text.charCodeAt(position) | space) << 8) | second
    // A wider second unit would spill into the first one's bits.
    const operator = second < 128 && this.atBoundary(position + 2) ? operators.get(pair) : undefined
    if (operator === undefined) return this.fault("eq, ne, co, sw, ew, gt, ge, lt, le, pr or [")
    this.position = position + 2
    if (operator === "pr") return { _tag: "Present", path }
    this.skipSpaces()
    const value = this.literal()
    if (value instanceof SyntaxFault) return value
    if (!this.atBoundary(this.position)) return this.fault("a space or the end after the value")
    return { _tag: "Compare", path, operator, value }
  }

  private literal(): CompareValue | SyntaxFault {
    const { position, text } = this
    const code = this.code()
    if (code === quote) return this.string()
    if (code === 45 || (code >= 48 && code <= 57)) {
      numberForm.lastIndex = position
      const digits = numberForm.exec(text)?.[0] ?? ""
      const value = Number(digits)
      if (digits === "" || !Number.isFinite(value)) return this.fault("a number that JSON allows")
      this.position = position + digits.length
      return value
    }
    if (code === 116 && text.startsWith("true", position)) return this.constant(4, true)
    if (code === 102 && text.startsWith("false", position)) return this.constant(5, false)
    if (code === 110 && text.startsWith("null", position)) return this.constant(4, null)
    return this.fault("a value: a string in double quotes, a number, true, false or null")
  }

  private constant(length: number, value: boolean | null): boolean | null {
    this.position += length
    return value
  }

  /** JSON's string (RFC 8259 §7). Without escapes it is a slice of the text. */
  private string(): string | SyntaxFault {
    const { text } = this
    const from = this.position + 1
    let escaped = false
    for (let i = from; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code === quote) {
        this.position = i + 1
        if (!escaped) return text.slice(from, i)
        const decoded: unknown = JSON.parse(text.slice(from - 1, i + 1))
        return String(decoded)
      }
      if (code < space) return this.fault("an escape such as \\n instead of a control character", i)
      if (code === 92) {
        escaped = true
        const last = escapeEnd(text, i)
        if (last < 0) return this.fault('an escape: \\" \\\\ \\/ \\b \\f \\n \\r \\t or \\u and four hex digits', i)
        i = last
      }
    }
    return this.fault('" at the end of the string', text.length)
  }
}

const hex = /[0-9a-fA-F]{4}/y

/** The offset of the last character of the escape that begins at `from`, or -1 when it is none. */
const escapeEnd = (text: string, from: number): number => {
  const char = text[from + 1] ?? ""
  if (char !== "u") return char !== "" && '"\\/bfnrt'.includes(char) ? from + 1 : -1
  hex.lastIndex = from + 2
  return hex.test(text) ? from + 5 : -1
}

/**
 * Parses a filter.
 *
 * Operators are read in any case; runs of white space count as one space. Fails with a {@link SyntaxFault} (SCIM's
 * `invalidFilter`) that says where and what was expected, also for nesting beyond `maxDepth`. Never throws.
 */
export const parse = (text: string, options: ParseOptions = {}): Result.Result<Filter, SyntaxFault> => {
  const parser = new Parser(text, options)
  const filter = parser.disjunction(0)
  if (filter instanceof SyntaxFault) return Result.fail(filter)
  parser.skipSpaces()
  return parser.position === text.length ? Result.succeed(filter) : Result.fail(parser.fault("and, or or the end"))
}
