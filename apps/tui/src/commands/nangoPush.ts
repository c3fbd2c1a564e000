/** `loom-scim nango push` */
import type { Pushed } from "@loom-scim/nango/connect/Push"
import { push } from "@loom-scim/nango/connect/Push"
import { Console, Effect, Option } from "effect"
import { printable } from "../plain/Printable.ts"
import { required } from "../Selection.ts"
import type { NangoFlags } from "./nangoAccess.ts"
import { apiLayer, entryOf, partsText, whereTheStoreIs } from "./nangoAccess.ts"
import type { SharedFlags } from "./shared.ts"
import { withServices } from "./shared.ts"

/** The flags of this command. */
export interface PushFlags extends NangoFlags {
  readonly connection: Option.Option<string>
  readonly nangoConnection: Option.Option<string>
  readonly officialEntry: boolean
  readonly dryRun: boolean
}

const text = ({ changes, key, outcome }: Pushed, dryRun: boolean): string => {
  const name = `${printable(key.connectionId)} (${key.integration})`
  switch (outcome) {
    case "unchanged":
      return `${name} in Nango is up to date.`
    case "created":
      return dryRun
        ? `${name} would be created in Nango.`
        : `Created ${name} in Nango; Nango tried the token, and it passed.`
    case "updated": {
      const parts = partsText(changes)
      return dryRun ? `${name} in Nango would change: ${parts}.` : `Updated ${name} in Nango: ${parts}.`
    }
  }
}

export const nangoPush = (flags: SharedFlags, own: PushFlags) =>
  Effect.gen(function* () {
    const { id } = yield* required(own.connection)
    const pushed = yield* push({
      id,
      integration: own.integration,
      entry: entryOf(own),
      dryRun: own.dryRun,
      ...(Option.isSome(own.nangoConnection) ? { connectionId: own.nangoConnection.value } : {})
    })
    const { changes, key, outcome } = pushed
    return yield* Console.log(
      flags.json
        ? JSON.stringify({ connection: id, nango: key, outcome, changes, dryRun: own.dryRun })
        : text(pushed, own.dryRun)
    )
  }).pipe(Effect.provide(apiLayer(flags, own)), (effect) => withServices(flags, "cli", effect, whereTheStoreIs))
