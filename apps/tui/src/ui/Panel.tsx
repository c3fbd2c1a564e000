/** The right-hand side: what the step is about, where to click, its tasks, the one in focus. */
import type { StepProgress } from "@loom-scim/core/setup/Progress"
import * as Guide from "@loom-scim/core/setup/Guide"
import * as Step from "@loom-scim/core/setup/Step"
import type { Input, Task } from "@loom-scim/core/setup/Task"
import { Box, Text } from "ink"
import type { ReactNode } from "react"
import { evidenceLine } from "../plain/Report.ts"
import * as Layout from "./Layout.ts"
import { Paragraph } from "./Paragraph.tsx"
import { Tint, useTheme } from "./Theme.tsx"

const inputRows = (input: Input, width: number): number => {
  switch (input._tag) {
    case "Attest":
      return Layout.rowsOf(`"${input.statement}"`, width) + 1
    case "Choice":
      return input.options.length + 1
    case "Run":
      return 1
    case "Text":
    case "Secret":
      return 3
  }
}

const TaskLine = ({ focused, task }: { readonly task: Task; readonly focused: boolean }) => {
  const { glyphs } = useTheme()
  const state = task.done ? glyphs.done : task.problem === null ? glyphs.open : glyphs.invalidated
  const kind = task.evidence === null ? "" : task.evidence._tag === "Checked" ? " [checked]" : " [attested]"
  const value = task.value === null ? (task.required || task.done ? "" : " (optional)") : `: ${task.value}`
  return (
    <Text wrap="truncate">
      {focused ? glyphs.current : " "}
      <Tint tone={task.done ? "good" : task.problem === null ? "accent" : "bad"} bold={focused}>
        {` ${state} ${task.label}`}
      </Tint>
      {`${value}${kind}`}
    </Text>
  )
}

export const Panel = ({
  children,
  focused,
  height,
  progress,
  tasks,
  width
}: {
  readonly progress: StepProgress
  readonly tasks: ReadonlyArray<Task>
  readonly focused: string | null
  /** Rows there are. */
  readonly height: number
  readonly width: number
  /** The input of the focused task. */
  readonly children: ReactNode
}) => {
  const { glyphs } = useTheme()
  const guide = Guide.steps[progress.step]
  const task = tasks.find(({ id }) => id === focused)
  const { blockedBy, invalidation, status } = progress
  const waiting =
    status === "blocked" && blockedBy !== undefined
      ? `This step waits for step ${Step.position(blockedBy)}. ${Guide.steps[blockedBy].howToGetThere} Page Up goes there.`
      : undefined
  const broken =
    invalidation === undefined ? undefined : `No longer holds: ${invalidation.because}. ${invalidation.endangers}`
  const where = `Where: ${guide.consolePath.join(` ${glyphs.arrow} `)}`
  const evidence =
    task === undefined || task.evidence === null || task.input._tag === "Attest" ? undefined : task.evidence
  const shown = Layout.fit({
    height,
    width,
    fixed: 3 + (waiting === undefined ? (task === undefined ? 0 : inputRows(task.input, width)) : 0),
    tasks: tasks.length,
    // The most important first; what does not fit any more is left to the help screen.
    blocks: {
      problem: task?.problem ?? undefined,
      waiting,
      broken,
      hint: waiting === undefined && task !== undefined && task.hint !== "" ? task.hint : undefined,
      evidence: evidence === undefined ? undefined : evidenceLine(evidence),
      where,
      why: guide.why,
      warnings: guide.warnings.length === 0 ? undefined : guide.warnings.map((warning) => `! ${warning}`).join("\n")
    }
  })
  const block = (name: keyof typeof shown.blocks, tone?: "good" | "bad" | "warn" | "faint") => {
    const text = shown.blocks[name]
    return text === undefined ? null : <Paragraph width={width} text={text} {...(tone === undefined ? {} : { tone })} />
  }
  return (
    <Box flexDirection="column" flexShrink={0}>
      <Tint bold>{`${Step.position(progress.step)}. ${guide.title}`}</Tint>
      {block("why")}
      {block("where", "faint")}
      {block("warnings", "warn")}
      {block("broken", "bad")}
      <Box flexDirection="column" flexShrink={0} marginTop={1}>
        {Layout.around(
          tasks,
          tasks.findIndex(({ id }) => id === focused),
          shown.tasks
        ).map((entry) => (
          <TaskLine key={entry.id} task={entry} focused={entry.id === focused} />
        ))}
      </Box>
      <Box flexDirection="column" flexShrink={0} marginTop={1}>
        {block("waiting", "warn")}
        {block("hint", "faint")}
        {block("evidence", "good")}
        {block("problem", "bad")}
        {waiting === undefined ? children : null}
      </Box>
    </Box>
  )
}
