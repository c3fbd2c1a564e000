/** `loom-scim raw GET /…` */
import { Console, Effect } from "effect"
import type { Option } from "effect"
import { clientLayer, using } from "./connected.ts"
import type { SharedFlags } from "./shared.ts"
import { withServices } from "./shared.ts"

export const raw = (flags: SharedFlags, own: { readonly connection: Option.Option<string>; readonly path: string }) =>
  withServices(
    flags,
    "cli",
    using(own.connection, ({ client }) =>
      Effect.flatMap(client.raw(own.path), (answer) =>
        Console.log(JSON.stringify(answer ?? null, null, flags.json ? 0 : 2))
      )
    ).pipe(Effect.provide(clientLayer)),
    "The API sends no requests that a caller makes up, since each carries the token of the connection. It shows users and groups as the SCIM server has them: loom-scim users get, loom-scim groups get."
  )
