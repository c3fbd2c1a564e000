/** The eight steps with their state, and how many of their facts were checked and how many attested. */
import type { Connection } from "@loom-scim/core/setup/SetupService"
import * as Guide from "@loom-scim/core/setup/Guide"
import * as Progress from "@loom-scim/core/setup/Progress"
import * as Step from "@loom-scim/core/setup/Step"
import * as Task from "@loom-scim/core/setup/Task"
import { initial } from "@loom-scim/core/setup/State"
import { Box, Text } from "ink"
import { mark } from "../plain/Report.ts"
import { Tint, useTheme } from "./Theme.tsx"

/** Columns the sidebar takes, its border included. */
export const width = 26

const tone = { done: "good", started: "accent", open: "accent", blocked: "faint", invalidated: "bad" } as const

const counts = (connection: Connection | null, step: Step.Step): string => {
  if (connection === null) return ""
  const evidence = Task.of(connection.state, step).flatMap((task) => (task.evidence === null ? [] : [task.evidence]))
  const checked = evidence.filter(({ _tag }) => _tag === "Checked").length
  const attested = evidence.length - checked
  return [checked > 0 ? `${checked}c` : "", attested > 0 ? `${attested}a` : ""].filter(Boolean).join(" ")
}

export const Sidebar = ({
  connection,
  selected
}: {
  readonly connection: Connection | null
  readonly selected: Step.Step
}) => {
  const { glyphs } = useTheme()
  return (
    <Box flexDirection="column" width={width} flexShrink={0}>
      {Progress.all(connection?.state ?? initial).map(({ status, step }) => (
        <Box key={step} width={width}>
          <Text>{step === selected ? glyphs.current : " "}</Text>
          <Tint tone={tone[status]} bold={step === selected}>
            {`${mark(status, glyphs)} ${Step.position(step)} ${Guide.steps[step].short.padEnd(14)}`}
          </Tint>
          <Tint tone="faint">{` ${counts(connection, step)}`}</Tint>
        </Box>
      ))}
      <Text> </Text>
      <Tint tone="faint">{`  ${glyphs.done} done ${glyphs.started} begun ${glyphs.open} open`}</Tint>
      <Tint tone="faint">{`  ${glyphs.blocked} waits ${glyphs.invalidated} broken`}</Tint>
      <Tint tone="faint">{"  c checked  a attested"}</Tint>
    </Box>
  )
}
