/** What the terminal can show: colour and characters. Meaning is never in colour alone. */

/** Marks of a step's or task's state, each a word's worth by itself. */
export interface Glyphs {
  readonly done: string
  readonly attested: string
  readonly open: string
  readonly started: string
  readonly blocked: string
  readonly invalidated: string
  readonly current: string
  readonly arrow: string
  readonly rule: string
  readonly bullet: string
  readonly mask: string
  readonly caret: string
  readonly spinner: ReadonlyArray<string>
  /** The cells of a progress bar. */
  readonly full: string
  readonly empty: string
  /** The left side of what must be read now. */
  readonly side: string
}

const unicode: Glyphs = {
  done: "✓",
  attested: "✓",
  open: "○",
  started: "◐",
  blocked: "·",
  invalidated: "!",
  current: "▸",
  arrow: "›",
  rule: "─",
  bullet: "•",
  mask: "•",
  caret: "█",
  spinner: ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"],
  full: "█",
  empty: "░",
  side: "┃"
}

const ascii: Glyphs = {
  done: "+",
  attested: "+",
  open: "o",
  started: "~",
  blocked: ".",
  invalidated: "!",
  current: ">",
  arrow: ">",
  rule: "-",
  bullet: "-",
  mask: "*",
  caret: "_",
  spinner: ["|", "/", "-", "\\"],
  full: "#",
  empty: ".",
  side: "|"
}

type Environment = Readonly<Record<string, string | undefined>>

/** Whether the terminal shows more than ASCII, told by locale and TERM as other programs do. */
export const canUnicode = (env: Environment): boolean => {
  if (env["LOOM_SCIM_ASCII"] !== undefined && env["LOOM_SCIM_ASCII"] !== "") return false
  if (env["TERM"] === "linux" || env["TERM"] === "dumb") return false
  return /utf-?8/i.test(env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "")
}

/** Whether colour is wanted (https://no-color.org). */
export const canColor = (env: Environment): boolean =>
  (env["NO_COLOR"] === undefined || env["NO_COLOR"] === "") && env["TERM"] !== "dumb"

/** The glyphs for this environment. */
export const of = (env: Environment): Glyphs => (canUnicode(env) ? unicode : ascii)
