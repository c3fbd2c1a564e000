/** A full screen on the terminal, from its first frame until the person leaves it. */
import { Effect } from "effect"
import { render } from "ink"
import type { ReactNode } from "react"
import * as Glyphs from "../plain/Glyphs.ts"
import { ThemeContext } from "./Theme.tsx"

/** Shows what `view` makes of a store. What the store runs is interrupted, and the terminal given back, however the screen ends. */
export const screen = <Store extends { readonly interrupt: () => Promise<void> }>(
  open: () => Store,
  view: (store: Store) => ReactNode
): Effect.Effect<Store> =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      const store = open()
      // ink does so only after its first frame: until then a token pasted at the sight of its question would be echoed.
      if (process.stdin.isTTY) process.stdin.setRawMode(true)
      const theme = { color: Glyphs.canColor(process.env), glyphs: Glyphs.of(process.env) }
      const shown = render(<ThemeContext value={theme}>{view(store)}</ThemeContext>, {
        alternateScreen: true,
        exitOnCtrlC: false,
        interactive: true,
        incrementalRendering: true
      })
      return { shown, store }
    }),
    ({ shown, store }) =>
      Effect.as(
        Effect.promise(() => shown.waitUntilExit()),
        store
      ),
    ({ shown, store }) =>
      Effect.promise(async () => {
        await store.interrupt()
        shown.unmount()
        if (process.stdin.isTTY) process.stdin.setRawMode(false)
      })
  )
