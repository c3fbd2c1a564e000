/** Puts the user browser on the terminal until the person quits. */
import type { Connected } from "@loom-scim/core/operations/ConnectedClient"
import { Effect } from "effect"
import { BrowseApp } from "./BrowseApp.tsx"
import { BrowseStore } from "./BrowseStore.ts"
import { screen } from "./screen.tsx"

export const showBrowser = (connected: Connected): Effect.Effect<void> =>
  screen(
    () => new BrowseStore(connected),
    (store) => <BrowseApp store={store} title={connected.id} policy={connected.deprovisioning} />
  ).pipe(Effect.asVoid)
