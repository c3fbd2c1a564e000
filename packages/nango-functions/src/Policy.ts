/** What a connection's metadata says of how people leave, and of whom nobody may shut out. */
import type { GuardPolicy } from "@loom-scim/core/provisioning/Guard"
import type { PolicyRefused } from "@loom-scim/core/provisioning/PolicyRead"
import { read } from "@loom-scim/core/provisioning/PolicyRead"
import type { DeprovisioningPolicy } from "@loom-scim/core/setup/Choice"
import type { SetupMetadata } from "@loom-scim/nango/connect/Marks"
import * as Marks from "@loom-scim/nango/connect/Marks"
import { Effect, Option, Predicate, Schema } from "effect"
import type { Session } from "./Session.ts"

/** The field in which whoever uses Nango keeps their policy, as `PolicyText` has it; nobody else writes it. */
export const policyField = "loomScimPolicy"

/** It is nowhere said whether somebody who leaves is deactivated or deleted. Nothing was sent. */
export class PolicyMissing extends Schema.TaggedError<PolicyMissing>()("PolicyMissing", {}) {
  override get message(): string {
    return "It is not known whether people who leave are to be deactivated or deleted."
  }
  get next(): string {
    return `Give policy as Loom's "Member Deprovisioning" says, or keep it on the connection with: loom-scim nango push`
  }
}

/** All of the metadata; Nango keeps it for a minute, so asking costs nothing. */
export const metadataOf = ({ nango }: Session): Effect.Effect<Readonly<Record<string, unknown>>> =>
  Effect.map(
    Effect.promise(() => nango.getConnection()),
    ({ metadata }) => (Predicate.isObject(metadata) ? { ...metadata } : {})
  )

/** What a set-up left there (`loom-scim nango push`). */
export const setupOf = (session: Session): Effect.Effect<Option.Option<SetupMetadata>> =>
  Effect.map(metadataOf(session), Marks.readMetadata)

/** How people leave: as asked, else as the set-up chose. There is no default. */
export const leavingOf = (
  session: Session,
  asked: DeprovisioningPolicy | undefined
): Effect.Effect<DeprovisioningPolicy, PolicyMissing> =>
  asked === undefined
    ? Effect.flatMap(setupOf(session), (setup) =>
        Option.match(setup, {
          onNone: () => Effect.fail(new PolicyMissing()),
          onSome: ({ deprovisioning }) => Effect.succeed(deprovisioning)
        })
      )
    : Effect.succeed(asked)

/** What may be done without a person's decision: careful, over which goes what the metadata says. */
export const guardOf = (session: Session): Effect.Effect<GuardPolicy, PolicyRefused> =>
  Effect.flatMap(metadataOf(session), (metadata) =>
    Effect.map(Effect.fromResult(read(metadata[policyField], [])), (policy) => ({ ...policy, domains: null }))
  )
