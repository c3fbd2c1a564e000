/** `loom-scim key show | rotate` */
import { KeyRing } from "@loom-scim/platform-node/vault/KeyRing"
import { Console, Effect } from "effect"
import type { SharedFlags } from "./shared.ts"
import { withServices } from "./shared.ts"

export const show = (flags: SharedFlags) =>
  Effect.gen(function* () {
    const ring = yield* KeyRing
    return yield* Console.log(flags.json ? JSON.stringify(ring.location) : `${ring.location}`)
  }).pipe((effect) => withServices(flags, "cli", effect))

export const rotate = (flags: SharedFlags) =>
  Effect.gen(function* () {
    const { from, resealed, to } = yield* (yield* KeyRing).rotate
    return yield* Console.log(
      flags.json ? JSON.stringify({ from, to, resealed }) : `Key ${from} replaced by ${to}; ${resealed} token(s) sealed again.`
    )
  }).pipe((effect) => withServices(flags, "cli", effect))
