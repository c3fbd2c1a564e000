/** `loom-scim doctor` */
import * as Doctor from "@loom-scim/core/scim/Doctor"
import { failed } from "@loom-scim/core/scim/DoctorFinding"
import { learnt } from "@loom-scim/core/scim/DoctorProfile"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import * as State from "@loom-scim/core/setup/State"
import { Console, Effect } from "effect"
import type { Option } from "effect"
import { codes, Ended } from "../Exit.ts"
import * as DoctorReport from "../plain/DoctorReport.ts"
import { withClient } from "./connected.ts"
import type { SharedFlags } from "./shared.ts"
import { actorOf, outputOf } from "./shared.ts"

/** The command's own flags. */
export interface DoctorFlags {
  readonly connection: Option.Option<string>
  readonly write: boolean
  readonly removeLeftovers: boolean
  readonly markdown: boolean
}

/** A probe that is recorded like any other, as what the doctor takes. */
const probeOf = (id: ConnectionId) =>
  SetupService.use((setup) => setup.probe(id, actorOf("cli"))).pipe(
    Effect.map(({ state }) => state.probe?.report ?? { findings: [], totalUsers: null, claims: null }),
    Effect.mapError(({ message }) => ({ message, next: "Check the connection with: loom-scim check" }))
  )

/** Examines a connection. Ends with the code of a failed check when any finding is an error. */
export const doctor = (flags: SharedFlags, own: DoctorFlags): Effect.Effect<void, Ended> =>
  withClient(flags, own.connection, (connected, connection) =>
    Effect.gen(function* () {
      const { glyphs, json } = outputOf(flags)
      const services = yield* Effect.context<SetupService>()
      const isStreamed = !json && !own.markdown
      // What cannot be read is told by the findings, so a failing probe needs no words of its own.
      yield* Effect.ignore(connected.client.probe)
      const findings = yield* Doctor.run(
        connected,
        {
          write: own.write,
          removeLeftovers: own.removeLeftovers,
          domain: State.verifiedDomains(connection.state)[0] ?? null,
          probe: Effect.provideContext(probeOf(connection.id), services)
        },
        (finding) => (isStreamed ? Console.log(DoctorReport.line(finding, glyphs)) : Effect.void)
      )
      yield* connected.client.adapt(learnt(findings))
      const profile = yield* connected.client.profile
      if (json) yield* Console.log(JSON.stringify(DoctorReport.json(connection.id, findings, profile)))
      else if (own.markdown) yield* Console.log(DoctorReport.markdown(connection.id, findings, profile))
      else yield* Console.log(`\n${DoctorReport.differences(profile, glyphs)}${DoctorReport.summary(findings)}`)
      if (failed(findings)) {
        const detail = "At least one finding is an error; see above."
        return yield* new Ended({ code: codes.checkFailed, reason: "DoctorFailed", detail })
      }
      return undefined
    })
  )
