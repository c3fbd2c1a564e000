/** Puts the guided setup on the terminal until the person quits. */
import type { Options } from "@loom-scim/core/setup/Answer"
import type { Actor } from "@loom-scim/core/setup/Evidence"
import type { Connection } from "@loom-scim/core/setup/SetupService"
import type { Context } from "effect"
import { Effect } from "effect"
import { render } from "ink"
import type { Assistance } from "../commands/setup.ts"
import * as Glyphs from "../plain/Glyphs.ts"
import { SetupApp } from "./SetupApp.tsx"
import type { Services } from "./SetupStore.ts"
import { SetupStore } from "./SetupStore.ts"
import { ThemeContext } from "./Theme.tsx"

/** Yields the connection as it stood at the end, or null when none was begun. */
export const show = (
  services: Context.Context<Services>,
  connection: Connection | null,
  actor: Actor,
  options: Options,
  { banner, prefill }: Assistance
) =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      const store = new SetupStore(services, connection, actor, options)
      const theme = { color: Glyphs.canColor(process.env), glyphs: Glyphs.of(process.env) }
      const screen = render(
        <ThemeContext value={theme}>
          <SetupApp store={store} actorName={actor.name} prefill={prefill} banner={banner} />
        </ThemeContext>,
        { alternateScreen: true, exitOnCtrlC: false, interactive: true, incrementalRendering: true }
      )
      return { screen, store }
    }),
    ({ screen, store }) =>
      Effect.map(
        Effect.promise(() => screen.waitUntilExit()),
        () => store.getSnapshot().connection
      ),
    ({ screen, store }) =>
      Effect.promise(async () => {
        await store.interrupt()
        screen.unmount()
      })
  )
