/** The policy of the guard: careful, or what a file makes of it. Verified domains are added by the program. */
import { careful, type GuardPolicy } from "@loom-scim/core/provisioning/Guard"
import { read } from "@loom-scim/core/provisioning/PolicyRead"
import { verifiedDomains } from "@loom-scim/core/setup/State"
import type { Connection } from "@loom-scim/core/setup/SetupService"
import * as MappingFile from "@loom-scim/platform-node/sources/MappingFile"
import { Effect, Option, Result } from "effect"
import type { Ended } from "../Exit.ts"
import { fileFailed } from "./source.ts"

/** Reads `--policy`. */
export const policyOf = (
  path: Option.Option<string>,
  { state }: Pick<Connection, "state">
): Effect.Effect<GuardPolicy, Ended> => {
  const domains = verifiedDomains(state)
  return Option.match(path, {
    onNone: () => Effect.succeed({ ...careful, domains }),
    onSome: (file) =>
      Effect.flatMap(Effect.mapError(MappingFile.read(file, "policy"), fileFailed), (value) =>
        Effect.fromResult(Result.mapError(read(value, domains), fileFailed))
      )
  })
}
