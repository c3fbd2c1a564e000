/** The doctor: examine now or in the background, and the last report. */
import { Api } from "@loom-scim/contract/Api"
import { NotFoundProblem } from "@loom-scim/contract/Problem"
import { ofSetup, ofStore } from "@loom-scim/contract/problemOf"
import { ConnectedClient } from "@loom-scim/core/operations/ConnectedClient"
import { Reports } from "@loom-scim/core/ports/Reports"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import { DateTime, Effect, Option } from "effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { Examinations } from "../Examinations.ts"
import { accepted, wantsAsync } from "./answers.ts"
import { doctorView as shown } from "./doctorView.ts"
import { group } from "./group.ts"
import { actor, reading } from "./support.ts"

export const DoctorHandlers = group(
  Effect.gen(function* () {
    const setup = yield* SetupService
    const clients = yield* ConnectedClient
    const reports = yield* Reports
    const examinations = yield* Examinations
    return HttpApiBuilder.group(Api, "doctor", (handlers) =>
      handlers.handleAll({
        examine: Effect.fnUntraced(function* ({ headers, params, payload }) {
          const connection = yield* reading(setup.get(params.connection))
          const connected = yield* Effect.mapError(clients.open(connection), (error) => ofSetup(error))
          const { removeLeftovers = false, write = false } = payload
          const { ended, job } = yield* examinations.begin(
            connection,
            connected,
            { write, removeLeftovers },
            yield* actor
          )
          if (wantsAsync(headers.prefer)) return yield* accepted(job, headers.prefer)
          return shown(yield* ended, yield* DateTime.now)
        }),
        latest: Effect.fnUntraced(function* ({ params }) {
          yield* reading(setup.get(params.connection))
          const found = yield* Effect.mapError(reports.examination(params.connection), ofStore)
          if (Option.isSome(found)) return shown(found.value, yield* DateTime.now)
          const detail = "The doctor has not examined this connection through the API yet."
          return yield* new NotFoundProblem({ detail, next: "Have it examined: POST to the same path." })
        })
      })
    )
  })
)
