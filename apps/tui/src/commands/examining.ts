/** Examinations by the doctor, done here or by a server. */
import type { Connected } from "@loom-scim/core/operations/ConnectedClient"
import * as Doctor from "@loom-scim/core/scim/Doctor"
import type { Finding } from "@loom-scim/core/scim/DoctorFinding"
import type { DoctorOptions } from "@loom-scim/core/scim/DoctorOptions"
import { learnt } from "@loom-scim/core/scim/DoctorProfile"
import type { Profile } from "@loom-scim/core/scim/Profile"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import type { Connection, SetupError } from "@loom-scim/core/setup/SetupService"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import * as State from "@loom-scim/core/setup/State"
import { Context, Effect, Layer } from "effect"
import type { Ended } from "../Exit.ts"
import type { Environment } from "../Services.ts"
import { elsewhere } from "../Services.ts"
import { clients } from "./connected.ts"
import { actorOf } from "./shared.ts"

/** What was found, and what is known of the server by now. */
export interface Examined {
  readonly findings: ReadonlyArray<Finding>
  readonly profile: Profile
}

/** The doctor. */
export class Examining extends Context.Service<
  Examining,
  {
    /** Hands out each finding as it is made. */
    readonly examine: (
      connection: Connection,
      connected: Connected,
      how: Pick<DoctorOptions, "write" | "removeLeftovers">,
      onFinding: (finding: Finding) => Effect.Effect<void>
    ) => Effect.Effect<Examined, SetupError | Ended>
  }
>()("loom-scim/Examining") {
  /** On this machine. */
  static readonly layer: Layer.Layer<Examining, never, SetupService> = Layer.effect(
    Examining,
    Effect.gen(function* () {
      const setup = yield* SetupService

      /** A probe that is recorded like any other, as what the doctor takes. */
      const probeOf = (id: ConnectionId) =>
        setup.probe(id, actorOf("cli")).pipe(
          Effect.map(({ state }) => state.probe?.report ?? { findings: [], totalUsers: null, claims: null }),
          Effect.mapError(({ message }) => ({ message, next: "Check the connection with: loom-scim check" }))
        )

      return Examining.of({
        examine: Effect.fnUntraced(function* ({ id, state }, connected, how, onFinding) {
          const { client } = connected
          // What cannot be read is told by the findings, so a failing probe needs no words of its own.
          yield* Effect.ignore(client.probe)
          const domain = State.verifiedDomains(state)[0] ?? null
          const findings = yield* Doctor.run(connected, { ...how, domain, probe: probeOf(id) }, onFinding)
          yield* client.adapt(learnt(findings))
          return { findings, profile: yield* client.profile }
        })
      })
    })
  )
}

/** Where examinations are done. */
export const examinations = {
  here: (environment: Environment) => Layer.provideMerge(Examining.layer, clients.here(environment)),
  there: elsewhere
}
