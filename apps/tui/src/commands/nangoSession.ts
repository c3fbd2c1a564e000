/** `loom-scim nango session` */
import { session } from "@loom-scim/nango/connect/Session"
import { Console, DateTime, Effect, Option, Redacted } from "effect"
import { printable } from "../plain/Printable.ts"
import { required } from "../Selection.ts"
import type { NangoFlags } from "./nangoAccess.ts"
import { apiLayer, entryOf } from "./nangoAccess.ts"
import type { SharedFlags } from "./shared.ts"
import { withSetups } from "./shared.ts"

/** The flags of this command. */
export interface SessionFlags extends NangoFlags {
  readonly connection: Option.Option<string>
  readonly user: string
  readonly email: Option.Option<string>
  readonly displayName: Option.Option<string>
  readonly officialEntry: boolean
}

/** The link is what was asked for, so it is shown; whoever has it may connect until it expires. */
export const nangoSession = (flags: SharedFlags, own: SessionFlags) =>
  Effect.gen(function* () {
    const { id } = yield* required(own.connection)
    const made = yield* session({
      id,
      integration: own.integration,
      entry: entryOf(own),
      endUser: {
        id: own.user,
        ...(Option.isSome(own.email) ? { email: own.email.value } : {}),
        ...(Option.isSome(own.displayName) ? { displayName: own.displayName.value } : {})
      }
    })
    const link = Redacted.value(made.connect_link)
    const asked = URL.parse(link)?.searchParams.get("apiURL") ?? null
    const expiresAt = DateTime.formatIso(made.expires_at)
    return yield* Console.log(
      flags.json
        ? JSON.stringify({ connection: id, user: own.user, renews: made.renews, link, expiresAt })
        : [
            link,
            `For ${printable(own.user)} alone, until ${expiresAt}; whoever has the link can use it.`,
            ...(asked === null ? [] : [`The page asks ${printable(asked)}, so their browser has to reach that.`]),
            made.renews === null
              ? "It makes a connection in Nango, tagged with this set-up."
              : `It gives new credentials to ${printable(made.renews)} in Nango.`
          ].join("\n")
    )
  }).pipe(Effect.provide(apiLayer(flags, own)), (effect) => withSetups(flags, "cli", effect))
