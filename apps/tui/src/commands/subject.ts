/** From flags to what is reconciled: the one way of every command that makes a plan; the rest is core's `Sync`. */
import type { Subject } from "@loom-scim/core/runs/SyncPlan"
import type { Connection } from "@loom-scim/core/setup/SetupService"
import { Effect } from "effect"
import type { Option, Scope } from "effect"
import { codes, Ended } from "../Exit.ts"
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
  if (reference._tag === "Connection" && reference.id === connection.id) {
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
