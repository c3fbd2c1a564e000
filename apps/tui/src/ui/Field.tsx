/** A text field: typing, editing, paste, masking, and what is wrong so far. */
import { Box, Text, useInput, usePaste } from "ink"
import { useRef, useState } from "react"
import type { Edit } from "./LineEditor.ts"
import * as LineEditor from "./LineEditor.ts"
import { Paragraph } from "./Paragraph.tsx"
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
  // Several keys may arrive before the next render; each must see what the one before it did.
  const latest = useRef(line)
  const replace = (next: LineEditor.Line) => {
    latest.current = next
    setLine(next)
  }
  const change = (edit: Edit) => {
    setDirty(true)
    replace(LineEditor.edit(latest.current, edit))
  }
  const insert = (text: string) => change({ _tag: "Insert", text: LineEditor.sanitise(text, multiline) })
  const enter = () => {
    const { value } = latest.current
    if (problem(value) !== undefined) return setDirty(true)
    submit(value)
    return secret ? replace(LineEditor.make("")) : undefined
  }
  const wrong = problem(line.value)

  usePaste(insert)
  useInput((input, key) => {
    if (key.return) enter()
    else if (key.backspace) change({ _tag: "Backspace" })
    else if (key.delete) change({ _tag: "Delete" })
    else if (key.leftArrow) change({ _tag: "Left" })
    else if (key.rightArrow) change({ _tag: "Right" })
    else if (key.home || (key.ctrl && input === "a")) change({ _tag: "Home" })
    else if (key.end || (key.ctrl && input === "e")) change({ _tag: "End" })
    else if (key.ctrl && input === "u") change({ _tag: "ClearBefore" })
    else if (key.ctrl && input === "w") change({ _tag: "ClearWord" })
    else if (!key.ctrl && !key.meta && !key.escape && !key.tab && input !== "") {
      // Terminals without bracketed paste, and fast typists, send text and Enter in one piece.
      const submits = /^[^\r\n]*\r$/.test(input)
      insert(submits ? input.slice(0, -1) : input)
      if (submits) enter()
    }
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
      {line.value !== "" && long ? (
        <Tint tone="faint">{`  ${describe(line.value)}${secret ? ", not shown" : ""}`}</Tint>
      ) : null}
      {dirty && wrong !== undefined && line.value !== "" ? <Paragraph width={width} tone="warn" text={wrong} /> : null}
    </Box>
  )
}
