/** What a person must read now: why a run does not go on, and what they can do about it. */
import type { Run } from "@loom-scim/core/runs/Run"
import { Box } from "ink"
import { heldBy, lookOf } from "../plain/HoldText.ts"
import { printable } from "../plain/Printable.ts"
import { duration } from "../plain/Progress.ts"
import type { RunProgress } from "../plain/RunProgress.ts"
import { goesOnIn } from "../plain/RunProgress.ts"
import { pauseWords } from "../plain/RunText.ts"
import * as Layout from "./Layout.ts"
import { Tint, useTheme } from "./Theme.tsx"

/** One paragraph of it. */
export interface Part {
  readonly text: string
  readonly tone: "warn" | "bad" | "accent" | undefined
  /** Advice, which is left out where there is no room for all of it. */
  readonly isAdvice?: boolean
}

// The screen has to have room for every reason; loom-scim runs show has all names.
const maxNames = 3

/** What is to be read; nothing while it is at work or over. */
export const noticeOf = (run: Run, progress: RunProgress, following: boolean, now: number): ReadonlyArray<Part> => {
  const { status } = progress
  if (status._tag === "Waiting") {
    const looks = status.reasons.map((tag) => lookOf(run, tag))
    return [
      { text: "WAITS FOR YOUR DECISION", tone: "warn" },
      ...heldBy(run.judgement, status.reasons, maxNames).map((text) => ({ text: `- ${text}`, tone: undefined })),
      ...[...new Set(looks)].map((text) => ({ text, tone: undefined, isAdvice: true }))
    ]
  }
  if (status._tag !== "Paused") return []
  const left = goesOnIn(progress, now)
  const goesOn =
    left !== null
      ? [{ text: `It goes on by itself in ${duration(left)}.`, tone: "accent" as const }]
      : following
        ? [{ text: "It goes on by itself as soon as it can.", tone: "accent" as const }]
        : []
  const detail = printable(status.detail)
  const next = printable(status.next)
  return [
    { text: `PAUSED: ${pauseWords[status.reason]}`, tone: left === null ? "bad" : "warn" },
    ...(detail === "" ? [] : [{ text: detail, tone: undefined }]),
    ...(next === "" || detail.includes(next) ? [] : [{ text: next, tone: undefined }]),
    ...goesOn
  ]
}

/** Columns that the mark at the left takes. */
const margin = 2

/** The rows that it takes in a width. */
export const noticeRows = (parts: ReadonlyArray<Part>, width: number): number =>
  parts.reduce((rows, { text }) => rows + Layout.rowsOf(text, width - margin), 0)

const withoutAdvice = (parts: ReadonlyArray<Part>, rows: number, width: number): ReadonlyArray<Part> => {
  let kept = parts.length
  while (kept > 0 && parts[kept - 1]?.isAdvice === true && noticeRows(parts.slice(0, kept), width) > rows) kept--
  return parts.slice(0, kept)
}

/** At most so many rows of it. */
export const Notice = ({
  parts,
  rows,
  width
}: {
  readonly parts: ReadonlyArray<Part>
  readonly rows: number
  readonly width: number
}) => {
  const { glyphs } = useTheme()
  const lines = withoutAdvice(parts, rows, width).flatMap(({ text, tone }, part) =>
    Layout.wrap(text, width - margin).map((line, at) => ({ key: `${part}.${at}`, line, tone, bold: part === 0 }))
  )
  // Nobody is to take a part of the reasons for all of them.
  const hidden = lines.length > rows ? lines.length - rows + 1 : 0
  const shown = lines.slice(0, lines.length - hidden)
  return (
    <Box flexDirection="column" flexShrink={0}>
      {shown.map(({ bold, key, line, tone }) => (
        <Box key={key} flexShrink={0}>
          <Tint tone={parts[0]?.tone ?? "warn"}>{`${glyphs.side} `}</Tint>
          <Tint bold={bold} {...(tone === undefined ? {} : { tone })}>
            {line}
          </Tint>
        </Box>
      ))}
      {hidden === 0 ? null : (
        <Tint tone="warn">{`${glyphs.side} and ${hidden} lines more: make the terminal larger`}</Tint>
      )}
    </Box>
  )
}
