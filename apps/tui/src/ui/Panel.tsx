/** The right-hand side: what the step is about, where to click, its tasks, the one in focus. */
import type { StepProgress } from "@loom-scim/core/setup/Progress"
import * as Guide from "@loom-scim/core/setup/Guide"
import * as Step from "@loom-scim/core/setup/Step"
import type { Task } from "@loom-scim/core/setup/Task"
import { Box, Text } from "ink"
import type { ReactNode } from "react"
import { evidenceLine } from "../plain/Report.ts"
import { Tint, useTheme } from "./Theme.tsx"

/** Rows from which warnings and blank lines fit beside everything else. */
const roomy = 30

/** How many tasks are listed at once on a small screen. */
const listed = 6

const around = (tasks: ReadonlyArray<Task>, focused: string | null): ReadonlyArray<Task> => {
  const at = Math.max(0, tasks.findIndex(({ id }) => id === focused))
  const start = Math.max(0, Math.min(at - 2, tasks.length - listed))
  return tasks.slice(start, start + listed)
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
  progress,
  rows,
  tasks
}: {
  readonly progress: StepProgress
  readonly tasks: ReadonlyArray<Task>
  readonly focused: string | null
  readonly rows: number
  /** The input of the focused task. */
  readonly children: ReactNode
}) => {
  const { glyphs } = useTheme()
  const guide = Guide.steps[progress.step]
  const task = tasks.find(({ id }) => id === focused)
  const wide = rows >= roomy
  const gap = wide ? 1 : 0
  const blocked = progress.status === "blocked" && progress.blockedBy !== undefined ? progress.blockedBy : undefined
  return (
    <Box flexDirection="column" flexGrow={1} overflow="hidden">
      <Tint bold>{`${Step.position(progress.step)}. ${guide.title}`}</Tint>
      <Text>{guide.why}</Text>
      <Tint tone="faint">{`Where: ${guide.consolePath.join(` ${glyphs.arrow} `)}`}</Tint>
      {wide ? (
        <Box flexDirection="column" marginTop={1}>
          {guide.warnings.map((warning) => (
            <Tint key={warning} tone="warn">{`! ${warning}`}</Tint>
          ))}
        </Box>
      ) : null}
      {progress.invalidation === undefined ? null : (
        <Tint tone="bad">{`No longer holds: ${progress.invalidation.because}. ${progress.invalidation.endangers}`}</Tint>
      )}
      <Box flexDirection="column" marginTop={1}>
        {around(tasks, focused).map((entry) => (
          <TaskLine key={entry.id} task={entry} focused={entry.id === focused} />
        ))}
      </Box>
      <Box flexDirection="column" marginTop={1}>
        {blocked === undefined ? (
          <>
            {task === undefined || task.hint === "" ? null : <Tint tone="faint">{task.hint}</Tint>}
            {task?.evidence == null || task.input._tag === "Attest" ? null : (
              <Tint tone="good">{evidenceLine(task.evidence)}</Tint>
            )}
            {task?.problem == null ? null : <Tint tone="bad">{task.problem}</Tint>}
            <Box flexDirection="column" marginTop={gap}>
              {children}
            </Box>
          </>
        ) : (
          <Tint tone="warn">
            {`This step waits for step ${Step.position(blocked)}. ${Guide.steps[blocked].howToGetThere} Page Up goes there.`}
          </Tint>
        )}
      </Box>
    </Box>
  )
}
