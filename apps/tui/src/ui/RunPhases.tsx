/** The phases of a run, each with its bar, and what came of its items. */
import type { Phase } from "@loom-scim/core/runs/RunItem"
import { Box, Text } from "ink"
import { bar } from "../plain/Progress.ts"
import type { PhaseProgress } from "../plain/RunProgress.ts"
import { phaseWidth, phaseWords } from "../plain/RunText.ts"
import { Tint, useTheme } from "./Theme.tsx"

/** Below this a bar says nothing. */
const narrowestBar = 8
const widestBar = 40

const counted = ({ doubtful, dropped, failed, left, total }: PhaseProgress, width: number): string => {
  const counts = [
    `${total - left}/${total}`.padStart(width),
    ...(failed === 0 ? [] : [`${failed} failed`]),
    ...(doubtful === 0 ? [] : [`${doubtful} doubtful`]),
    ...(dropped === 0 ? [] : [`${dropped} not tried`])
  ]
  return counts.join("  ")
}

export const Phases = ({
  columns,
  current,
  phases
}: {
  readonly phases: ReadonlyArray<PhaseProgress>
  readonly current: Phase | null
  readonly columns: number
}) => {
  const { glyphs } = useTheme()
  const widest = Math.max(0, ...phases.map(({ total }) => String(total).length * 2 + 1))
  const space = columns - phaseWidth - widest - 20
  const width = space < narrowestBar ? 0 : Math.min(widestBar, space)
  return (
    <Box flexDirection="column" flexShrink={0}>
      {phases.map((one) => {
        const { doubtful, failed, left, phase, total } = one
        const isClean = failed + doubtful === 0
        const isCurrent = phase === current && left > 0
        const mark = left === 0 ? (isClean ? glyphs.done : "!") : isCurrent ? glyphs.current : glyphs.blocked
        const tone = left === 0 ? (isClean ? "good" : "warn") : isCurrent ? "accent" : "faint"
        return (
          <Text key={phase} wrap="truncate">
            <Tint tone={tone} bold={isCurrent}>
              {`${mark} ${phaseWords[phase].title.padEnd(phaseWidth)} `}
              {width === 0 ? "" : `${bar({ done: total - left, total }, glyphs, width)} `}
            </Tint>
            {counted(one, widest)}
          </Text>
        )
      })}
    </Box>
  )
}
