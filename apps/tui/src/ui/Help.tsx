/** The help screen: this step's warnings, then the keys. */
import * as Guide from "@loom-scim/core/setup/Guide"
import type { Step } from "@loom-scim/core/setup/Step"
import { Box, Text } from "ink"
import { Paragraph } from "./Paragraph.tsx"
import { Tint } from "./Theme.tsx"

const keys = [
  ["Enter", "save, run, or open a field"],
  ["y", "vouch for the sentence shown"],
  ["Tab, Shift-Tab", "next, previous task of this step"],
  ["Page Down, Page Up", "next, previous step (also ^N, ^P)"],
  ["Esc", "leave a field, so that q and ? are keys again"],
  ["^U, ^W, ^A, ^E", "in a field: clear, clear word, start, end"],
  ["q, ^C", "quit; everything answered is saved"]
] as const

export const Help = ({ step, width }: { readonly step: Step; readonly width: number }) => (
  <Box flexDirection="column" flexGrow={1} overflow="hidden">
    <Tint bold>{`Help: ${Guide.steps[step].title}`}</Tint>
    {Guide.steps[step].warnings.map((warning) => (
      <Paragraph key={warning} width={width} tone="warn" text={`! ${warning}`} />
    ))}
    <Text> </Text>
    {keys.map(([key, what]) => (
      <Text key={key}>
        <Tint tone="accent">{key.padEnd(20)}</Tint>
        {what}
      </Text>
    ))}
    <Text> </Text>
    <Paragraph
      width={width}
      text="A fact is [checked] when this program saw it, [attested] when a person vouched for it."
    />
  </Box>
)
