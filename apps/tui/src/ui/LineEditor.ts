/** The editing of one input field as a pure function of keys. */

/** A field's text and the caret's place in it, counted in code points. */
export interface Line {
  readonly value: string
  readonly caret: number
}

/** What a key does to a field. */
export type Edit =
  | { readonly _tag: "Insert"; readonly text: string }
  | { readonly _tag: "Backspace" | "Delete" | "Left" | "Right" | "Home" | "End" | "ClearBefore" | "ClearWord" }

/** A field with its caret at the end. */
export const make = (value: string): Line => ({ value, caret: [...value].length })

/** Control characters never belong in an answer; line breaks only in a multi-line one. */
export const sanitise = (text: string, multiline: boolean): string => {
  const unix = text.replaceAll(/\r\n?/g, "\n")
  // Escape sequences in a paste must not reach the screen.
  const printable = [...unix].filter((char) => char === "\n" || char === "\t" || (char >= " " && char !== "\u007F"))
  const joined = printable.join("")
  return multiline ? joined : joined.replaceAll(/[\n\t]+/g, " ").trim()
}

/** Applies one edit. */
export const edit = ({ caret, value }: Line, change: Edit): Line => {
  const before = [...value].slice(0, caret)
  const after = [...value].slice(caret)
  const line = (head: ReadonlyArray<string>, tail: ReadonlyArray<string>): Line => ({
    value: [...head, ...tail].join(""),
    caret: head.length
  })
  switch (change._tag) {
    case "Insert":
      // A lone half of a surrogate pair would merge with the next half and shift the caret.
      return line([...before, ...change.text.toWellFormed()], after)
    case "Backspace":
      return line(before.slice(0, -1), after)
    case "Delete":
      return line(before, after.slice(1))
    case "Left":
      return { value, caret: Math.max(0, caret - 1) }
    case "Right":
      return { value, caret: Math.min(before.length + after.length, caret + 1) }
    case "Home":
      return { value, caret: 0 }
    case "End":
      return make(value)
    case "ClearBefore":
      return line([], after)
    case "ClearWord":
      return line([...before.join("").replace(/\S+\s*$/, "")], after)
  }
}

/** The part of a field that fits a width, keeping the caret in sight; `at` is the caret within it. */
export const view = ({ caret, value }: Line, width: number): { readonly text: string; readonly at: number } => {
  const shown = [...value].map((char) => (char === "\n" || char === "\t" ? " " : char))
  const start = Math.max(0, Math.min(caret - width + 1, shown.length - width + 1))
  return { text: shown.slice(start, start + width).join(""), at: caret - start }
}
