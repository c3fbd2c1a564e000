/** `loom-scim key show | rotate` */
import { KeyRing } from "@loom-scim/platform-node/vault/KeyRing"
import { Console, Effect, Option } from "effect"
import type { SharedFlags } from "./shared.ts"
import { withServices } from "./shared.ts"

const instead =
  "The key that seals tokens never leaves the server's machine: run it there on its data directory, while the server is stopped."

export const show = (flags: SharedFlags) =>
  Effect.gen(function* () {
    const { location, status } = yield* KeyRing
    const { current } = yield* status
    const id = Option.getOrNull(current)
    if (flags.json) return yield* Console.log(JSON.stringify({ key: id, location }))
    const name = id === null ? "No key yet; it is made when the first token is sealed" : `Key ${id}`
    if (location.kind === "environment") return yield* Console.log(`${name}, from LOOM_SCIM_KEY`)
    yield* Console.log(`${name}, in ${location.path} (mode 0600)`)
    return location.besideData
      ? yield* Console.log(
          "It lies beside the data, so it protects only copies made without it. Set LOOM_SCIM_KEY to keep it elsewhere."
        )
      : undefined
  }).pipe((effect) => withServices(flags, "cli", effect, instead))

export const rotate = (flags: SharedFlags) =>
  Effect.gen(function* () {
    const { from, resealed, to } = yield* (yield* KeyRing).rotate
    return yield* Console.log(
      flags.json
        ? JSON.stringify({ from, to, resealed })
        : `Key ${from} replaced by ${to}; ${resealed} token(s) sealed again.`
    )
  }).pipe((effect) => withServices(flags, "cli", effect, instead))
