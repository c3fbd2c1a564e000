/** One of several options, each with what it means. */
import type { OptionGuide } from "@loom-scim/core/setup/Guide"
import { Box, Text, useInput } from "ink"
import { useRef, useState } from "react"
import { Tint, useTheme } from "./Theme.tsx"

export const Choice = ({
  active,
  chosen,
  options,
  submit
}: {
  readonly active: boolean
  readonly chosen: string | null
  readonly options: ReadonlyArray<OptionGuide>
  readonly submit: (value: string) => void
}) => {
  const { glyphs } = useTheme()
  const [at, setAt] = useState(() =>
    Math.max(
      0,
      options.findIndex(({ value }) => value === chosen)
    )
  )
  // Several keys may arrive before the next render; each must see what the one before it did.
  const latest = useRef(at)
  const move = (by: number) => {
    latest.current = (latest.current + by + options.length) % options.length
    setAt(latest.current)
  }
  useInput(
    (_, key) => {
      if (key.upArrow) move(-1)
      else if (key.downArrow) move(1)
      else if (key.return) {
        const option = options[latest.current]
        if (option !== undefined) submit(option.value)
      }
    },
    { isActive: active }
  )
  return (
    <Box flexDirection="column">
      {options.map(({ label, means, value }, index) => (
        <Box key={value}>
          <Box flexShrink={0} width={22}>
            <Tint tone={index === at ? "accent" : "faint"} bold={index === at}>
              {`${index === at ? glyphs.current : " "} ${label}${value === chosen ? " (set)" : ""}`}
            </Tint>
          </Box>
          <Text>{means}</Text>
        </Box>
      ))}
    </Box>
  )
}
