/** A run on the screen: how far it is, what fails as it fails, and why it stops if it does. */
import type { RunId } from "@loom-scim/core/runs/Run"
import { Box, Text, useAnimation, useApp, useInput, useWindowSize } from "ink"
import { useEffect, useSyncExternalStore } from "react"
import { printable } from "../plain/Printable.ts"
import { paceText, tallyText } from "../plain/RunLines.ts"
import * as RunProgress from "../plain/RunProgress.ts"
import { statusWords } from "../plain/RunText.ts"
import { Field } from "./Field.tsx"
import * as Layout from "./Layout.ts"
import { Notice, noticeOf, noticeRows } from "./RunNotice.tsx"
import { Phases } from "./RunPhases.tsx"
import type { RunStore, RunView } from "./RunStore.ts"
import { Troubles } from "./RunTroubles.tsx"
import { Tint, useTheme } from "./Theme.tsx"

/** Rows of header, rules, source, counts, keys and the gaps between them. */
const chrome = 8
/** Rows of a question that is being answered. */
const questionRows = 3

const keyLine = ({ deciding, following, progress, stopping }: RunView): string => {
  if (stopping) return "stopping: what was sent is settled first   ^C again ends at once"
  if (deciding !== null) return "Enter go on   Esc back   ^C leave it"
  if (following) return "^C stop cleanly (loom-scim resume goes on)"
  if (progress.status._tag === "Waiting") return "a allow   r reject   q leave it waiting"
  return "g go on   q leave it"
}

const Question = ({
  store,
  view,
  width
}: {
  readonly store: RunStore
  readonly view: RunView
  readonly width: number
}) => {
  const { deciding } = view
  if (deciding === null) return null
  const { confirmed, verdict } = deciding
  const does = verdict === "allow" ? "let it go on" : "end the run"
  return (
    <Box flexDirection="column" flexShrink={0} height={questionRows}>
      <Tint tone="warn" bold>
        {confirmed ? "Why? It is kept with the run." : `Type ${verdict} to ${does}.`}
      </Tint>
      <Field
        key={confirmed ? "note" : "verdict"}
        initial=""
        placeholder={confirmed ? "for example: the office in Lyon was closed" : verdict}
        secret={false}
        multiline={false}
        width={width}
        problem={(value) =>
          confirmed
            ? value.trim() === ""
              ? "Say why."
              : undefined
            : value.trim().toLowerCase() === verdict
              ? undefined
              : `Type ${verdict}, or press Esc.`
        }
        submit={(value) => (confirmed ? store.decide(value.trim()) : store.confirm())}
      />
    </Box>
  )
}

export const RunApp = ({ abort, store }: { readonly store: RunStore; readonly abort: (id: RunId) => void }) => {
  const view = useSyncExternalStore(store.subscribe, store.getSnapshot)
  const { exit } = useApp()
  const { columns, rows } = useWindowSize()
  const { glyphs } = useTheme()
  // Rates and countdowns change without anything happening.
  useAnimation({ interval: 500 })
  const now = Date.now()
  const { deciding, following, progress, run, stopping } = view

  useEffect(() => {
    if (view.left) exit()
  }, [view.left, exit])

  useInput((input, key) => {
    // A key may come when the screen is drawn and this handler is still the one from before.
    const at = store.getSnapshot()
    if (key.ctrl && input === "c") {
      if (at.stopping) {
        // Gives the terminal back first.
        exit()
        abort(at.run.id)
      } else if (at.following) store.stop()
      else store.leave()
    } else if (at.deciding !== null) {
      if (key.escape) store.back()
    } else if (at.following) return
    else if (input === "q") store.leave()
    else if (input === "a") store.ask("allow")
    else if (input === "r") store.ask("reject")
    else if (input === "g" && at.progress.status._tag !== "Waiting") store.goOn()
  })

  const height = rows - 1
  const parts = noticeOf(run, progress, following, now)
  const question = deciding === null ? 0 : questionRows
  const spare = height - chrome - question
  const notice = Math.min(noticeRows(parts, columns), Math.max(2, spare - 1))
  // The phase at work always has its row; the others give way to what must be read.
  const at = progress.phases.findIndex(({ phase }) => phase === progress.current)
  const phases = Layout.around(
    progress.phases,
    Math.max(0, at),
    Math.max(1, Math.min(progress.phases.length, spare - notice))
  )
  const gap = notice === 0 ? 0 : 1
  const free = spare - notice - phases.length - gap
  const sum = RunProgress.total(progress)
  const pace = following ? paceText(progress, now) : ""
  const rule = <Tint tone="faint">{glyphs.rule.repeat(columns)}</Tint>
  const status = stopping
    ? "stopping"
    : following && progress.status._tag === "Running"
      ? "at work"
      : statusWords[progress.status._tag]
  return (
    <Box flexDirection="column" width={columns} height={height}>
      <Box justifyContent="space-between" width={columns} flexShrink={0}>
        <Text wrap="truncate">
          <Tint tone="accent" bold>
            {"loom-scim run"}
          </Tint>
          {`  ${run.connectionId}  ${run.id}`}
        </Text>
        <Box flexShrink={0} paddingLeft={1}>
          <Text>{status}</Text>
        </Box>
      </Box>
      {rule}
      <Text wrap="truncate">{`${run.kind} from ${printable(run.source)}`}</Text>
      <Text> </Text>
      <Phases phases={phases} current={progress.current} columns={columns} />
      <Text wrap="truncate">{`  ${tallyText(sum)}${pace === "" ? "" : `   ${pace}`}`}</Text>
      <Text> </Text>
      <Box flexDirection="column" flexGrow={1} overflow="hidden">
        <Notice parts={parts} rows={notice} width={columns} />
        <Question store={store} view={view} width={columns} />
        {free < 2 ? null : (
          <Box flexShrink={0} marginTop={gap}>
            <Troubles troubles={progress.troubles} runId={run.id} rows={free} width={columns} />
          </Box>
        )}
      </Box>
      {rule}
      <Text wrap="truncate">{keyLine(view)}</Text>
    </Box>
  )
}
