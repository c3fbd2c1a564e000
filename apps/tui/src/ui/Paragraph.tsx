/** Running text, broken between words. Ink leaves the blank of a break at the start of the next line. */
import { wrap } from "./Layout.ts"
import { Tint } from "./Theme.tsx"

export const Paragraph = ({
  bold = false,
  text,
  tone,
  width
}: {
  readonly text: string
  readonly width: number
  readonly tone?: "good" | "bad" | "warn" | "accent" | "faint"
  readonly bold?: boolean
}) => (
  <Tint bold={bold} {...(tone === undefined ? {} : { tone })}>
    {wrap(text, width).join("\n")}
  </Tint>
)
