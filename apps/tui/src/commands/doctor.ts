/** `loom-scim doctor` */
import { failed } from "@loom-scim/core/scim/DoctorFinding"
import { Console, Effect } from "effect"
import type { Option } from "effect"
import { codes, Ended } from "../Exit.ts"
import * as DoctorReport from "../plain/DoctorReport.ts"
import { using } from "./connected.ts"
import { examinations, Examining } from "./examining.ts"
import type { SharedFlags } from "./shared.ts"
import { oneForm, outputOf, within } from "./shared.ts"

/** The command's own flags. */
export interface DoctorFlags {
  readonly connection: Option.Option<string>
  readonly write: boolean
  readonly removeLeftovers: boolean
  readonly markdown: boolean
}

/** Examines a connection. Ends with the code of a failed check when any finding is an error. */
export const doctor = (flags: SharedFlags, own: DoctorFlags): Effect.Effect<void, Ended> =>
  using(own.connection, (connected, connection) =>
    Effect.gen(function* () {
      const { glyphs, json } = outputOf(flags)
      yield* oneForm({ json, markdown: own.markdown })
      const isStreamed = !json && !own.markdown
      const { examine } = yield* Examining
      const { findings, profile } = yield* examine(connection, connected, own, (finding) =>
        isStreamed ? Console.log(DoctorReport.line(finding, glyphs)) : Effect.void
      )
      if (json) yield* Console.log(JSON.stringify(DoctorReport.json(connection.id, findings, profile)))
      else if (own.markdown) yield* Console.log(DoctorReport.markdown(connection.id, findings, profile))
      else yield* Console.log(`\n${DoctorReport.differences(profile, glyphs)}${DoctorReport.summary(findings)}`)
      if (failed(findings)) {
        const detail = "At least one finding is an error; see above."
        return yield* new Ended({ code: codes.checkFailed, reason: "DoctorFailed", detail })
      }
      return undefined
    })
  ).pipe((effect) => within(flags, "cli", examinations, effect))
