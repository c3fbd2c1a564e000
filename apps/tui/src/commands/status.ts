/** `loom-scim status` */
import { Console, Effect } from "effect"
import type { Option } from "effect"
import { codes, Ended } from "../Exit.ts"
import * as Report from "../plain/Report.ts"
import { required } from "../Selection.ts"
import type { SharedFlags } from "./shared.ts"
import { outputOf, withSetups } from "./shared.ts"

export const status = (flags: SharedFlags, own: { readonly connection: Option.Option<string> }) =>
  Effect.gen(function* () {
    const connection = yield* required(own.connection)
    const { glyphs, json } = outputOf(flags)
    yield* Console.log(json ? JSON.stringify(Report.statusJson(connection)) : Report.status(connection, glyphs))
    if (connection.state.connected === null) {
      return yield* new Ended({
        code: codes.refused,
        reason: "NotConnected",
        detail: `${connection.id} is not connected yet.`
      })
    }
    return undefined
  }).pipe((effect) => withSetups(flags, "cli", effect))
