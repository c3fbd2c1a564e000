/** Puts the guided setup on the terminal until the person quits. */
import type { Options } from "@loom-scim/core/setup/Answer"
import type { Actor } from "@loom-scim/core/setup/Evidence"
import type { Connection } from "@loom-scim/core/setup/SetupService"
import type { Context } from "effect"
import { Effect } from "effect"
import type { Assistance } from "../commands/setup.ts"
import { screen } from "./screen.tsx"
import { SetupApp } from "./SetupApp.tsx"
import type { Services } from "./SetupStore.ts"
import { SetupStore } from "./SetupStore.ts"

/** Yields the connection as it stood at the end, or null when none was begun. */
export const show = (
  services: Context.Context<Services>,
  connection: Connection | null,
  actor: Actor,
  options: Options,
  { banner, prefill }: Assistance
) =>
  screen(
    () => new SetupStore(services, connection, actor, options),
    (store) => <SetupApp store={store} actorName={actor.name} prefill={prefill} banner={banner} />
  ).pipe(Effect.map((store) => store.getSnapshot().connection))
