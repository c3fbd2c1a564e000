/** The way to answer the task in focus. */
import type { Answer, Options } from "@loom-scim/core/setup/Answer"
import { problem } from "@loom-scim/core/setup/Answer"
import type { Task } from "@loom-scim/core/setup/Task"
import { Redacted } from "effect"
import { Text, useInput } from "ink"
import { Choice } from "./Choice.tsx"
import { Field } from "./Field.tsx"
import { Paragraph } from "./Paragraph.tsx"
import { Tint } from "./Theme.tsx"

/** Whether a task is answered by typing, which takes the letter keys away from commands. */
export const takesText = (task: Task | undefined): boolean =>
  task?.input._tag === "Text" || task?.input._tag === "Secret"

interface TaskInputProps {
  readonly task: Task
  /** False while something runs or help is open. */
  readonly active: boolean
  /** For text: whether the field is open. A done task is opened by Enter. */
  readonly editing: boolean
  readonly prefill: string | undefined
  readonly width: number
  readonly options: Options
  readonly actorName: string
  readonly answer: (answer: Answer) => void
}

export const TaskInput = ({ active, actorName, answer, editing, options, prefill, task, width }: TaskInputProps) => {
  const { input } = task
  useInput(
    (key) => {
      if (key === "y" || key === "Y") answer({ _tag: "Confirm" })
    },
    { isActive: active && input._tag === "Attest" }
  )
  useInput(
    (_, key) => {
      if (key.return) answer({ _tag: "Confirm" })
    },
    { isActive: active && input._tag === "Run" }
  )
  switch (input._tag) {
    case "Attest":
      return (
        <>
          <Paragraph width={width} text={`"${input.statement}"`} />
          <Tint tone="accent">{`Press y to vouch for this as ${actorName}${task.done ? " again" : ""}.`}</Tint>
        </>
      )
    case "Choice":
      return (
        <Choice
          key={task.id}
          active={active}
          chosen={task.value}
          options={input.options}
          submit={(value) => answer({ _tag: "Value", value })}
        />
      )
    case "Run":
      return <Tint tone="accent">{`Press Enter: ${input.verb}${task.done ? " again" : ""}.`}</Tint>
    case "Text":
    case "Secret": {
      if (!editing || !active) return <Text>{task.value ?? (active ? "Press Enter to type." : "")}</Text>
      const secret = input._tag === "Secret"
      return (
        <Field
          key={task.id}
          initial={prefill ?? (secret ? "" : input.suggestion)}
          placeholder={secret ? "paste the token" : input.placeholder}
          secret={secret}
          multiline={!secret && input.multiline}
          width={width}
          problem={(value) => problem(task, value, options)}
          submit={(value) =>
            answer(secret ? { _tag: "Secret", value: Redacted.make(value) } : { _tag: "Value", value })
          }
        />
      )
    }
  }
}
