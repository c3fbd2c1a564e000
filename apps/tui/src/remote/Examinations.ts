/** Examinations that a server does in the background, followed by what it has found so far. */
import type { DoctorReport } from "@loom-scim/contract/Doctor"
import { DateTime, Effect, Layer, Schedule } from "effect"
import { Examining } from "../commands/examining.ts"
import { codes, Ended } from "../Exit.ts"
import { Client } from "./Client.ts"
import { failureOf } from "./failures.ts"

/** How often it is looked. */
const moment = "300 millis"
/** Looks in a row that got no answer: as long as a server may take to start again. */
const looks = 60

type Report = typeof DoctorReport.Type

const cutOff = new Ended({
  code: codes.checkFailed,
  reason: "DoctorInterrupted",
  detail: "The server stopped before the examination was through. Run it again."
})

/** Over a server. */
export const layer: Layer.Layer<Examining, never, Client> = Layer.effect(
  Examining,
  Effect.gen(function* () {
    const { api, asked, posted, url } = yield* Client

    return Examining.of({
      examine: Effect.fnUntraced(function* ({ id }, { client }, { removeLeftovers, write }, onFinding) {
        const params = { connection: id }
        const failed = failureOf(url, "doctor", id, 0)
        const latest = Effect.retry(asked(api.doctor.latest({ params })), {
          times: looks,
          schedule: Schedule.spaced("500 millis"),
          while: ({ _tag }) => _tag === "HttpClientError"
        })
        const payload = { removeLeftovers, write }
        yield* posted((key) =>
          api.doctor.examine({ params, headers: { ...key, prefer: "respond-async" }, payload })
        ).pipe(Effect.mapError(failed))
        // The job tells only how it ends; the report is there from the beginning, with the findings so far.
        let report: Report = yield* Effect.mapError(latest, failed)
        const { begunAt } = report
        for (let told = 0; ; yield* Effect.sleep(moment)) {
          for (const finding of report.findings.slice(told)) yield* onFinding(finding)
          told = report.findings.length
          if (report.status !== "running") break
          report = yield* Effect.mapError(latest, failed)
          // Somebody else's examination says nothing of this one.
          if (!DateTime.Equivalence(report.begunAt, begunAt)) return yield* cutOff
        }
        if (report.status === "interrupted") return yield* cutOff
        return { findings: report.findings, profile: yield* client.profile }
      })
    })
  })
)
