/** `loom-scim check` */
import * as Check from "@loom-scim/core/setup/Check"
import { Console, Effect } from "effect"
import type { Option } from "effect"
import { codes, Ended } from "../Exit.ts"
import * as Report from "../plain/Report.ts"
import { required } from "../Selection.ts"
import type { SharedFlags } from "./shared.ts"
import { actorOf, outputOf, withSetups } from "./shared.ts"

export const check = (flags: SharedFlags, own: { readonly connection: Option.Option<string> }) =>
  Effect.gen(function* () {
    const { id } = yield* required(own.connection)
    const results = yield* Check.run(id, actorOf("cli"))
    const { glyphs, json } = outputOf(flags)
    yield* Console.log(json ? JSON.stringify({ connection: id, results }) : Report.check(results, glyphs))
    if (Check.failed(results)) {
      return yield* new Ended({
        code: codes.checkFailed,
        reason: "CheckFailed",
        detail: "At least one check failed; see above."
      })
    }
    return undefined
  }).pipe((effect) => withSetups(flags, "cli", effect))
