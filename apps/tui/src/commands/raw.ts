/** `loom-scim raw GET /…` */
import { rawOf } from "@loom-scim/core/scim/ScimClientRequest"
import { Console, Effect, Result } from "effect"
import type { Option } from "effect"
import { codes, Ended } from "../Exit.ts"
import { clientLayer, using } from "./connected.ts"
import type { SharedFlags } from "./shared.ts"
import { withServices } from "./shared.ts"

const wrongPath = (path: string, detail: string | null): Ended =>
  new Ended({ code: codes.usage, reason: "PathInvalid", detail: `${path} cannot be asked for. ${detail ?? ""}` })

export const raw = (flags: SharedFlags, own: { readonly connection: Option.Option<string>; readonly path: string }) =>
  withServices(
    flags,
    "cli",
    using(own.connection, ({ client }) =>
      Effect.gen(function* () {
        yield* Effect.fromResult(Result.mapError(rawOf(own.path), ({ detail }) => wrongPath(own.path, detail)))
        const answer = yield* client.raw(own.path)
        yield* Console.log(JSON.stringify(answer ?? null, null, flags.json ? 0 : 2))
      })
    ).pipe(Effect.provide(clientLayer)),
    "The API sends no requests that a caller makes up, since each carries the token of the connection. It shows users and groups as the SCIM server has them: loom-scim users get, loom-scim groups get."
  )
