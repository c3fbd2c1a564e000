/** What handlers share: who acts, and changes that depend on a version. */
import type { Changing, Reading } from "@loom-scim/contract/Problem"
import { ofSetup, ofStore } from "@loom-scim/contract/problemOf"
import { Principal } from "@loom-scim/contract/Security"
import type { JournalFailure } from "@loom-scim/core/ports/Journal"
import { SequenceConflict } from "@loom-scim/core/ports/Journal"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import type { Actor } from "@loom-scim/core/setup/Evidence"
import type { Connection, SetupService } from "@loom-scim/core/setup/SetupService"
import type { SetupRefused } from "@loom-scim/core/setup/SetupRefused"
import { Effect } from "effect"
import { withHeaders } from "effect/http-api/HttpApiSchema"
import { unknownConnection } from "../auth/Admit.ts"
import { Expected } from "../Precondition.ts"

/** The caller as they are recorded beside what they do. */
export const actor: Effect.Effect<Actor, never, Principal> = Effect.map(Principal, ({ kind, name }) => ({
  name: `${kind} ${name}`,
  face: "api"
}))

/** A look at a connection. The only refusal there is says that it does not exist, or no longer. */
export const reading = <A, R>(look: Effect.Effect<A, SetupRefused | JournalFailure, R>): Effect.Effect<A, Reading, R> =>
  Effect.mapError(look, (error) => (error._tag === "SetupRefused" ? unknownConnection : ofStore(error)))

/** What changes of a set-up can fail with, before they are problems. */
export type SetupFailure = Parameters<typeof ofSetup>[0]

/** Carries a change out on the version that If-Match names, or on whichever stands. */
export const changingIn =
  ({ get }: Pick<SetupService["Service"], "get">) =>
  <A, R>(
    id: ConnectionId,
    version: number | undefined,
    change: Effect.Effect<A, SetupFailure, R>
  ): Effect.Effect<A, Changing, R> =>
    Effect.gen(function* () {
      if (version === undefined) return yield* change
      const { sequence } = (yield* get(id)).state
      if (sequence !== version) {
        return yield* new SequenceConflict({ connectionId: id, expected: version, actual: sequence })
      }
      return yield* Effect.provideService(change, Expected, version)
    }).pipe(Effect.mapError((error) => ofSetup(error, version !== undefined)))

/** An answer about a connection, under its version. */
export const versioned = <A>({ state }: Connection, body: A) => withHeaders({ body, headers: { etag: state.sequence } })
