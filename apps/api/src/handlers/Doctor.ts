/** The doctor: examine now or in the background, and the last report. */
import { Api } from "@loom-scim/contract/Api"
import { DoctorReport } from "@loom-scim/contract/Doctor"
import { NotFoundProblem } from "@loom-scim/contract/Problem"
import { ofSetup, ofStore } from "@loom-scim/contract/problemOf"
import { ConnectedClient } from "@loom-scim/core/operations/ConnectedClient"
import type { KeptExamination } from "@loom-scim/core/ports/Reports"
import { Reports } from "@loom-scim/core/ports/Reports"
import { failed } from "@loom-scim/core/scim/DoctorFinding"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import { DateTime, Effect, Option, Schema } from "effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { abandonedAfter, Examinations } from "../Examinations.ts"
import { actor, reading } from "./support.ts"

/** One whose process died is not running, whatever it wrote last. */
const shown = ({ seenAt, ...kept }: KeptExamination, now: DateTime.Utc): typeof DoctorReport.Type => {
  const isAbandoned = kept.status === "running" && DateTime.isLessThan(seenAt, DateTime.subtract(now, abandonedAfter))
  const status = isAbandoned ? "interrupted" : kept.status
  return { ...kept, status, ok: status === "done" ? !failed(kept.findings) : null }
}

const wantsAsync = (prefer: string | undefined): boolean => /(?:^|[,\s])respond-async(?:$|[,;\s])/i.test(prefer ?? "")

export const DoctorHandlers = HttpApiBuilder.group(
  Api,
  "doctor",
  Effect.fnUntraced(function* (handlers) {
    const setup = yield* SetupService
    const clients = yield* ConnectedClient
    const reports = yield* Reports
    const examinations = yield* Examinations
    return handlers.handleAll({
      examine: Effect.fnUntraced(function* ({ headers, params, payload }) {
        const connection = yield* reading(setup.get(params.connection))
        const connected = yield* Effect.mapError(clients.open(connection), (error) => ofSetup(error))
        const { removeLeftovers = false, write = false } = payload
        const { begun, ended } = yield* examinations.begin(
          connection,
          connected,
          { write, removeLeftovers },
          yield* actor
        )
        if (!wantsAsync(headers.prefer)) return shown(yield* ended, yield* DateTime.now)
        const report = yield* Effect.orDie(Schema.encodeEffect(DoctorReport)(shown(begun, begun.begunAt)))
        const location = `/v1/connections/${params.connection}/doctor`
        return HttpServerResponse.jsonUnsafe(report, {
          status: 202,
          headers: { location, "preference-applied": "respond-async" }
        })
      }),
      latest: Effect.fnUntraced(function* ({ params }) {
        yield* reading(setup.get(params.connection))
        const found = yield* Effect.mapError(reports.examination(params.connection), ofStore)
        if (Option.isSome(found)) return shown(found.value, yield* DateTime.now)
        const detail = "The doctor has not examined this connection through the API yet."
        return yield* new NotFoundProblem({ detail, next: "Have it examined: POST to the same path." })
      })
    })
  })
)
