/** From flags to what is reconciled: the one way of every command that makes a plan; the rest is core's `Sync`. */
import type { SourceReference } from "@loom-scim/core/provisioning/SourceReference"
import type { Subject } from "@loom-scim/core/runs/SyncPlan"
import type { Connection } from "@loom-scim/core/setup/SetupService"
import { isServerOf } from "@loom-scim/core/setup/SameServer"
import { Effect, Option } from "effect"
import type { Scope } from "effect"
import { codes, Ended, fromError } from "../Exit.ts"
import { required } from "../Selection.ts"
import { mappingOf } from "./mapping.ts"
import { policyOf } from "./policy.ts"
import type { ClientServices } from "../Services.ts"
import type { SharedFlags } from "./shared.ts"
import { choose, open, type SourceFlags } from "./source.ts"

/** The flags of every command that makes a plan. */
export interface PlanningFlags extends SourceFlags, Pick<Subject, "adopt" | "leftGroups"> {
  readonly connection: Option.Option<string>
  readonly mapping: string
  readonly policy: Option.Option<string>
}

const unusable = (reason: string, detail: string) => new Ended({ code: codes.usage, reason, detail })

/** Where a SCIM source is; null for sources of other kinds, and for a connection that is not connected yet. */
const addressOf = Effect.fnUntraced(function* (
  reference: SourceReference
): Effect.fn.Return<string | null, Ended, ClientServices> {
  if (reference._tag === "Scim") return reference.url
  if (reference._tag !== "Connection") return null
  const { state } = yield* Effect.mapError(required(Option.some(reference.id)), fromError)
  return state.bridgeUrl?.url ?? null
})

/** Reads the files and opens the source, for as long as the scope is. `again`: whether it is to be read again later. */
export const subjectOf = Effect.fn("subject.subjectOf")(function* (
  flags: SharedFlags,
  own: PlanningFlags,
  connection: Connection,
  { again }: { readonly again: boolean }
): Effect.fn.Return<Subject, Ended, Scope.Scope | ClientServices> {
  const { adopt, leftGroups } = own
  const policy = yield* policyOf(own.policy, connection)
  const mapping = yield* mappingOf(own.mapping)
  const chosen = yield* Effect.fromResult(choose(own, mapping.mapping.source ?? {}, own.mapping))
  const { reference } = chosen
  const address = yield* addressOf(reference)
  if (address !== null && isServerOf(connection.state, address)) {
    const detail = `${connection.id} cannot be a source for itself. Name another with scim:CONNECTION.`
    return yield* unusable("SourceIsTarget", detail)
  }
  if (again && reference._tag === "Stdin") {
    const detail = "Standard input can be read only once: give a file, a directory or a server, or use loom-scim apply."
    return yield* unusable("SourceEnds", detail)
  }
  const { source } = yield* open(flags, own, chosen)
  return { connectionId: connection.id, source, mapping, policy, adopt, leftGroups }
})
