/** HTML as text that cannot be broken out of: every value put into it is escaped, unless it is HTML itself. */

/** A piece of HTML. Made by {@link html} alone. */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;"
}

const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? "")

/** What may be put into it; null is nothing. */
export type Part = Html | string | number | null | ReadonlyArray<Html>

const written = (part: Part): string => {
  if (part === null) return ""
  if (part instanceof Html) return part.text
  return typeof part === "object" ? part.map(({ text }) => text).join("") : escape(String(part))
}

/** The template tag. */
export const html = (strings: TemplateStringsArray, ...parts: ReadonlyArray<Part>): Html =>
  new Html(strings.map((text, index) => text + written(parts[index] ?? null)).join(""))

/** A name in the middle of other words: whatever direction it is written in, or says it is, the words around it keep theirs. */
export const apart = (name: string): Html => html`<bdi>${name}</bdi>`
