/** What failed or is doubtful, the newest last, each with what a person does next. */
import { Box } from "ink"
import { troubleLines } from "../plain/RunLines.ts"
import type { Trouble } from "../plain/RunProgress.ts"
import * as Layout from "./Layout.ts"
import { Tint } from "./Theme.tsx"

interface Line {
  readonly key: string
  readonly text: string
  readonly tone: "bad" | "warn" | "faint"
}

const linesOf = (trouble: Trouble, runId: string, width: number): ReadonlyArray<Line> => {
  const [head = "", ...next] = troubleLines(trouble, runId)
  const tone = trouble.outcome._tag === "Failed" ? "bad" : "warn"
  const lines = [
    ...Layout.wrap(head, width).map((text) => ({ text, tone }) as const),
    ...next
      .flatMap((text) => Layout.wrap(text.trim(), width - 4))
      .map((text) => ({ text: `    ${text}`, tone: "faint" }) as const)
  ]
  return lines.map((line, at) => ({ ...line, key: `${trouble.position}.${at}` }))
}

/** The newest of them whose lines all fit; of a single one that does not, the first lines. */
const fitting = (troubles: ReadonlyArray<Trouble>, runId: string, rows: number, width: number): ReadonlyArray<Line> => {
  const blocks: Array<ReadonlyArray<Line>> = []
  let left = rows
  for (const trouble of troubles.toReversed()) {
    const lines = linesOf(trouble, runId, width)
    if (lines.length > left) {
      if (blocks.length === 0) blocks.push(lines.slice(0, rows))
      break
    }
    blocks.push(lines)
    left -= lines.length
  }
  return blocks.toReversed().flat()
}

export const Troubles = ({
  rows,
  runId,
  troubles,
  width
}: {
  readonly troubles: ReadonlyArray<Trouble>
  readonly runId: string
  readonly rows: number
  readonly width: number
}) => (
  <Box flexDirection="column" flexShrink={0}>
    {fitting(troubles, runId, rows, width).map(({ key, text, tone }) => (
      <Box key={key} flexShrink={0}>
        <Tint tone={tone}>{text}</Tint>
      </Box>
    ))}
  </Box>
)
