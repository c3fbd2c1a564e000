/** Puts the user browser on the terminal until the person quits. */
import type { Connected } from "@loom-scim/core/operations/ConnectedClient"
import { Effect } from "effect"
import { render } from "ink"
import * as Glyphs from "../plain/Glyphs.ts"
import { BrowseApp } from "./BrowseApp.tsx"
import { BrowseStore } from "./BrowseStore.ts"
import { ThemeContext } from "./Theme.tsx"

export const showBrowser = (connected: Connected): Effect.Effect<void> =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      const store = new BrowseStore(connected)
      const theme = { color: Glyphs.canColor(process.env), glyphs: Glyphs.of(process.env) }
      const screen = render(
        <ThemeContext value={theme}>
          <BrowseApp store={store} title={connected.id} policy={connected.deprovisioning} />
        </ThemeContext>,
        { alternateScreen: true, exitOnCtrlC: false, interactive: true, incrementalRendering: true }
      )
      return { screen, store }
    }),
    ({ screen }) => Effect.asVoid(Effect.promise(() => screen.waitUntilExit())),
    ({ screen, store }) =>
      Effect.promise(async () => {
        await store.close()
        screen.unmount()
      })
  )
