/** A text field: typing, editing, paste, masking, and what is wrong so far. */
import { Box, Text, useInput, usePaste } from "ink"
import { useState } from "react"
import type { Edit } from "./LineEditor.ts"
import * as LineEditor from "./LineEditor.ts"
import { Tint, useTheme } from "./Theme.tsx"

interface FieldProps {
  readonly initial: string
  readonly placeholder: string
  readonly secret: boolean
  readonly multiline: boolean
  readonly width: number
  /** What is wrong with a value, or undefined when it may be submitted. */
  readonly problem: (value: string) => string | undefined
  readonly submit: (value: string) => void
}

const describe = (value: string): string => {
  const length = [...value].length
  const lines = value.split("\n").length
  return lines > 1 ? `${lines} lines, ${length} characters` : `${length} characters`
}

/** Mount it with a `key` per task, so that one task's text never shows up in another. */
export const Field = ({ initial, multiline, placeholder, problem, secret, submit, width }: FieldProps) => {
  const { glyphs } = useTheme()
  const [line, setLine] = useState(() => LineEditor.make(initial))
  const [dirty, setDirty] = useState(false)
  const change = (edit: Edit) => {
    setDirty(true)
    setLine((current) => LineEditor.edit(current, edit))
  }
  const insert = (text: string) => change({ _tag: "Insert", text: LineEditor.sanitise(text, multiline) })
  const wrong = problem(line.value)

  usePaste(insert)
  useInput((input, key) => {
    if (key.return) {
      if (wrong === undefined) {
        submit(line.value)
        if (secret) setLine(LineEditor.make(""))
      } else setDirty(true)
    } else if (key.backspace) change({ _tag: "Backspace" })
    else if (key.delete) change({ _tag: "Delete" })
    else if (key.leftArrow) change({ _tag: "Left" })
    else if (key.rightArrow) change({ _tag: "Right" })
    else if (key.home || (key.ctrl && input === "a")) change({ _tag: "Home" })
    else if (key.end || (key.ctrl && input === "e")) change({ _tag: "End" })
    else if (key.ctrl && input === "u") change({ _tag: "ClearBefore" })
    else if (key.ctrl && input === "w") change({ _tag: "ClearWord" })
    else if (!key.ctrl && !key.meta && !key.escape && !key.tab && input !== "") insert(input)
  })

  const shownValue = secret ? { ...line, value: glyphs.mask.repeat([...line.value].length) } : line
  const { at, text } = LineEditor.view(shownValue, Math.max(8, width - 3))
  const chars = [...text]
  const long = secret || line.value.includes("\n") || [...line.value].length > width - 3
  return (
    <Box flexDirection="column">
      <Text wrap="truncate">
        <Tint tone="accent">{`${glyphs.arrow} `}</Tint>
        {chars.slice(0, at).join("")}
        <Text inverse>{chars[at] ?? " "}</Text>
        {line.value === "" ? <Tint tone="faint">{` ${placeholder}`}</Tint> : chars.slice(at + 1).join("")}
      </Text>
      {line.value !== "" && long ? <Tint tone="faint">{`  ${describe(line.value)}${secret ? ", not shown" : ""}`}</Tint> : null}
      {dirty && wrong !== undefined && line.value !== "" ? <Tint tone="warn">{`  ${wrong}`}</Tint> : null}
    </Box>
  )
}
