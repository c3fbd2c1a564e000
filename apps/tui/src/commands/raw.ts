/** `loom-scim raw GET /…` */
import { Console, Effect } from "effect"
import type { Option } from "effect"
import { withClient } from "./connected.ts"
import type { SharedFlags } from "./shared.ts"

export const raw = (flags: SharedFlags, own: { readonly connection: Option.Option<string>; readonly path: string }) =>
  withClient(flags, own.connection, ({ client }) =>
    Effect.flatMap(client.raw(own.path), (answer) =>
      Console.log(JSON.stringify(answer ?? null, null, flags.json ? 0 : 2))
    )
  )
