/** The guided setup on a terminal. Renders what core says, hands over what a person answers. */
import type { Task as TaskType } from "@loom-scim/core/setup/Task"
import * as Progress from "@loom-scim/core/setup/Progress"
import * as Step from "@loom-scim/core/setup/Step"
import { initial } from "@loom-scim/core/setup/State"
import * as Task from "@loom-scim/core/setup/Task"
import { Box, Text, useAnimation, useApp, useInput, useWindowSize } from "ink"
import { useState, useSyncExternalStore } from "react"
import { Field } from "./Field.tsx"
import { Help } from "./Help.tsx"
import { Panel } from "./Panel.tsx"
import * as Layout from "./Layout.ts"
import { Paragraph } from "./Paragraph.tsx"
import type { SetupStore } from "./SetupStore.ts"
import * as Side from "./Sidebar.tsx"
import { takesText, TaskInput } from "./TaskInput.tsx"
import { Tint, useTheme } from "./Theme.tsx"

/** Rows of header, rules, key line, and one for the spinner. */
const chrome = 5

/** Columns below which the sidebar gives way to the step itself. */
const narrow = 70

const Spinner = ({ label }: { readonly label: string }) => {
  const { glyphs } = useTheme()
  const { frame } = useAnimation({ interval: 100 })
  return <Tint tone="accent">{`${glyphs.spinner[frame % glyphs.spinner.length] ?? ""} ${label} ... ^C stops it`}</Tint>
}

const Rule = ({ columns }: { readonly columns: number }) => {
  const { glyphs } = useTheme()
  return (
    <Box flexShrink={0}>
      <Tint tone="faint">{glyphs.rule.repeat(columns)}</Tint>
    </Box>
  )
}

const keyLine = (task: TaskType | undefined, editing: boolean, help: boolean): string => {
  if (help) return "? back   q quit"
  const moves = "Tab task  PgUp/PgDn step"
  if (task === undefined) return `${moves}  ? help  q quit`
  if (takesText(task)) {
    return editing ? `Enter save  Esc keys  ${moves}  ^C quit` : `Enter change  ${moves}  ? help  q quit`
  }
  const verb = { Attest: "y vouch", Choice: "Up/Down Enter choose", Run: "Enter run" }
  const { _tag } = task.input
  return _tag === "Attest" || _tag === "Choice" || _tag === "Run" ? `${verb[_tag]}  ${moves}  ? help  q quit` : moves
}

interface SetupAppProps {
  readonly store: SetupStore
  readonly actorName: string
  /** What to put into a field for a person to accept: the demo's stand-in values. */
  readonly prefill: (task: TaskType) => string | undefined
  readonly banner: string | undefined
}

export const SetupApp = ({ actorName, banner, prefill, store }: SetupAppProps) => {
  const { busy, connection, help, message, step, taskId } = useSyncExternalStore(store.subscribe, store.getSnapshot)
  const { exit } = useApp()
  const { columns, rows } = useWindowSize()
  // Which task a person has opened or left by hand; any other one opens by itself while it is to be done.
  const [opened, setOpened] = useState<{ readonly id: string | null; readonly open: boolean } | null>(null)
  const task = connection === null ? undefined : Task.of(connection.state, step).find(({ id }) => id === taskId)
  const typed = takesText(task)
  const editing = connection === null || (typed && (opened?.id === taskId ? opened.open : task?.done === false))
  const progress = Progress.of(connection?.state ?? initial, step)
  const canAnswer = busy === null && !help && progress.status !== "blocked"

  useInput((input, key) => {
    // A key may come when the screen is drawn and this handler is still the one from before.
    const now = store.getSnapshot()
    if (key.ctrl && input === "c") {
      if (now.busy === null) return exit()
      void store.interrupt()
    } else if (key.pageDown || (key.ctrl && input === "n")) store.moveStep(1)
    else if (key.pageUp || (key.ctrl && input === "p")) store.moveStep(-1)
    else if (key.tab) store.moveTask(key.shift ? -1 : 1)
    else if (key.escape) {
      if (now.help) store.toggleHelp()
      else setOpened({ id: taskId, open: false })
    } else if (!(editing && canAnswer)) {
      if (input === "q" && now.busy === null) exit()
      else if (input === "?") store.toggleHelp()
      else if (key.return && typed && canAnswer) setOpened({ id: taskId, open: true })
    }
    return undefined
  })

  const wide = columns >= narrow
  const width = columns - (wide ? Side.width + 2 : 0)
  const text = width - (wide ? 1 : 0)
  const name = connection === null ? "new connection" : `${connection.state.name ?? ""} (${connection.id})`
  const done = Progress.all(connection?.state ?? initial).filter(({ status }) => status === "done").length
  const finished = connection !== null && connection.state.connected !== null
  return (
    <Box flexDirection="column" width={columns} height={rows - 1}>
      <Box justifyContent="space-between" width={columns} flexShrink={0}>
        <Text wrap="truncate">
          <Tint tone="accent" bold>
            {"loom-scim"}
          </Tint>
          {`  ${name}`}
          {banner === undefined ? null : <Tint tone="warn">{`  [${banner}]`}</Tint>}
        </Text>
        <Text>{finished ? "CONNECTED" : `${done} of ${Step.all.length} done`}</Text>
      </Box>
      <Rule columns={columns} />
      <Box flexGrow={1} overflow="hidden">
        {wide ? <Side.Sidebar connection={connection} selected={step} /> : null}
        <Box width={width} flexDirection="column" paddingLeft={wide ? 1 : 0} overflow="hidden">
          {help ? (
            <Help step={step} width={text} />
          ) : connection === null ? (
            <Box flexDirection="column">
              <Tint bold>{"Welcome"}</Tint>
              <Paragraph
                width={text}
                text="From Loom Enterprise to people provisioned by SCIM, in eight steps. What can be checked is checked; the rest you vouch for. Everything is saved as you go: quit and come back any time."
              />
              <Text> </Text>
              <Paragraph width={text} text="What is this workspace called?" />
              {busy === null ? (
                <Field
                  initial={banner === undefined ? "" : "Demo"}
                  placeholder="Acme"
                  secret={false}
                  multiline={false}
                  width={text}
                  problem={(value) => (value.trim() === "" ? "Type a name." : undefined)}
                  submit={store.begin}
                />
              ) : null}
            </Box>
          ) : (
            <Panel
              progress={progress}
              tasks={Task.of(connection.state, step)}
              focused={taskId}
              height={rows - 1 - chrome - (message === null ? 0 : Layout.rowsOf(message.text, text))}
              width={text}
            >
              {task === undefined ? null : (
                <TaskInput
                  task={task}
                  active={canAnswer}
                  editing={editing}
                  prefill={prefill(task)}
                  width={text}
                  options={store.options}
                  actorName={actorName}
                  answer={store.answer}
                />
              )}
            </Panel>
          )}
          {busy === null ? null : <Spinner label={busy} />}
          {message === null || busy !== null || message.text === task?.problem ? null : (
            <Paragraph width={text} tone={message.tone} text={message.text} />
          )}
          {finished && busy === null && step === "connect" ? (
            <Tint tone="good" bold>
              {"Connected. Check it any time with: loom-scim check"}
            </Tint>
          ) : null}
        </Box>
      </Box>
      <Rule columns={columns} />
      <Box flexShrink={0}>
        <Text wrap="truncate">{keyLine(task, editing, help)}</Text>
      </Box>
    </Box>
  )
}
