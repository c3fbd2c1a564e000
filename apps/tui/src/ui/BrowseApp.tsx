/** The user browser: search as you type, page through everybody, look at one, act. */
import type { DeprovisioningPolicy } from "@loom-scim/core/setup/Choice"
import * as Operations from "@loom-scim/core/operations/Operation"
import type { JsonObject } from "@loom-scim/core/scim/Json"
import { Box, Text, useApp, useInput, usePaste, useWindowSize } from "ink"
import { useRef, useSyncExternalStore } from "react"
import * as Table from "../plain/Table.ts"
import type { Browse, BrowseStore } from "./BrowseStore.ts"
import * as LineEditor from "./LineEditor.ts"
import { Tint, useTheme } from "./Theme.tsx"

/** Rows of title, rules, header, message and keys. */
const chrome = 7

const roles = { v: "viewer", c: "creator", a: "admin" } as const

const Details = ({ height, user }: { readonly user: JsonObject; readonly height: number }) => {
  const lines = JSON.stringify(user, null, 2).split("\n").slice(1, -1)
  return (
    <Box flexDirection="column" height={height} overflow="hidden">
      {lines.slice(0, height).map((line, index) => (
        // Lines of one rendering have no other identity than their place.
        <Text key={`${index}`} wrap="truncate">
          {line}
        </Text>
      ))}
    </Box>
  )
}

const Rows = ({ height, state }: { readonly state: Browse; readonly height: number }) => {
  const { glyphs } = useTheme()
  const size = Math.max(1, height - 1)
  const start = Math.max(0, Math.min(state.selected - Math.floor(size / 2), state.rows.length - size))
  const shown = state.rows.slice(start, start + size)
  const cells = shown.map(({ active, displayName, role, userName }) => [userName, displayName, active, role])
  const [head, ...lines] = Table.lines(["userName", "displayName", "active", "role"], cells)
  return (
    <Box flexDirection="column" height={height} overflow="hidden">
      <Tint tone="faint">{`  ${head ?? ""}`}</Tint>
      {shown.map((row, index) => {
        const isSelected = start + index === state.selected
        return (
          <Text key={row.id} wrap="truncate">
            {isSelected ? glyphs.current : " "}
            <Tint
              bold={isSelected}
              {...(isSelected ? { tone: "accent" } : row.active === "false" ? { tone: "faint" } : {})}
            >
              {` ${lines[index] ?? ""}`}
            </Tint>
          </Text>
        )
      })}
    </Box>
  )
}

const counted = ({ incomplete, loaded, loading, query, rows }: Browse): string => {
  const found = query === "" ? "" : `${rows.length} of `
  const whole = loading ? ", loading" : incomplete === null ? "" : `, INCOMPLETE (${incomplete})`
  return `${found}${loaded} users${whole}`
}

const keyLine = ({ opened, pending }: Browse): string => {
  if (pending !== null) return "y do it   Esc leave it"
  if (opened === null) return "type to search  Up/Down PgUp/PgDn move  Enter open  Esc clear  ^C quit"
  return "d deactivate  r reactivate  v/c/a role  x delete  Esc back  ^C quit"
}

export const BrowseApp = ({
  policy,
  store,
  title
}: {
  readonly store: BrowseStore
  readonly title: string
  readonly policy: DeprovisioningPolicy
}) => {
  const state = useSyncExternalStore(store.subscribe, store.getSnapshot)
  const { exit } = useApp()
  const { columns, rows } = useWindowSize()
  const { glyphs } = useTheme()
  const height = Math.max(3, rows - chrome)
  // Several keys may arrive before the next render; each must see what the one before it did.
  const line = useRef(LineEditor.make(""))
  const type = (edit: LineEditor.Edit) => {
    line.current = LineEditor.edit(line.current, edit)
    store.search(line.current.value)
  }

  usePaste((text) => {
    if (store.getSnapshot().opened === null) type({ _tag: "Insert", text: LineEditor.sanitise(text, false) })
  })
  useInput((input, key) => {
    // A key may come when the screen is drawn and this handler is still the one from before.
    const { opened, pending } = store.getSnapshot()
    if (key.ctrl && input === "c") exit()
    else if (pending !== null) {
      if (input === "y") store.confirm()
      else if (key.escape) store.back()
    } else if (opened !== null) {
      if (key.escape) store.back()
      else if (input === "d") store.ask(`deactivate (the policy is ${policy})`, (id) => Operations.setActive(id, false))
      else if (input === "r") store.ask("reactivate", (id) => Operations.setActive(id, true))
      else if (input === "x") store.ask("delete for good", (id) => Operations.remove("Users", id))
      else if (input === "v" || input === "c" || input === "a") {
        const role = roles[input]
        store.ask(`role ${role}`, (id) => Operations.setRole(id, role))
      }
    } else if (key.return) store.open()
    else if (key.upArrow) store.move(-1)
    else if (key.downArrow) store.move(1)
    else if (key.pageUp) store.move(-height + 2)
    else if (key.pageDown) store.move(height - 2)
    else if (key.home) store.move(-state.rows.length)
    else if (key.end) store.move(state.rows.length)
    else if (key.escape) {
      line.current = LineEditor.make("")
      store.search("")
    } else if (key.backspace || key.delete) type({ _tag: "Backspace" })
    else if (!key.ctrl && !key.meta && !key.tab && input !== "") {
      type({ _tag: "Insert", text: LineEditor.sanitise(input, true).replaceAll("\n", "") })
    }
  })

  const rule = <Tint tone="faint">{glyphs.rule.repeat(columns)}</Tint>
  const opened = state.opened
  return (
    <Box flexDirection="column" width={columns} height={rows - 1}>
      <Box justifyContent="space-between" width={columns} flexShrink={0}>
        <Text wrap="truncate">
          <Tint tone="accent" bold>
            {"loom-scim users"}
          </Tint>
          {`  ${title}`}
        </Text>
        <Text>{counted(state)}</Text>
      </Box>
      {rule}
      {opened === null ? (
        <>
          <Text>
            {`${glyphs.arrow} ${state.query}`}
            <Text inverse> </Text>
          </Text>
          <Rows state={state} height={height} />
        </>
      ) : (
        <Details user={opened} height={height + 1} />
      )}
      {state.pending !== null ? (
        <Tint tone="warn" bold>{`${state.pending.label}: press y to do it`}</Tint>
      ) : state.message === null ? (
        <Text>{state.busy ? "..." : " "}</Text>
      ) : (
        <Tint tone={state.message.tone}>{state.message.text}</Tint>
      )}
      {rule}
      <Text wrap="truncate">{keyLine(state)}</Text>
    </Box>
  )
}
