/** Jobs: how what goes on behind a 202 stands, whichever server carries it out. */
import { Api } from "@loom-scim/contract/Api"
import { NotFoundProblem } from "@loom-scim/contract/Problem"
import { ofStore } from "@loom-scim/contract/problemOf"
import { Jobs } from "@loom-scim/core/ports/Jobs"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import { DateTime, Effect, Option } from "effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { standingOf } from "../Background.ts"
import { group } from "./group.ts"
import { reading } from "./support.ts"

export const JobsHandlers = group(
  Effect.gen(function* () {
    const setup = yield* SetupService
    const jobs = yield* Jobs
    return HttpApiBuilder.group(Api, "jobs", (handlers) =>
      handlers.handleAll({
        get: Effect.fnUntraced(function* ({ params }) {
          yield* reading(setup.get(params.connection))
          const found = yield* Effect.mapError(jobs.find(params.job), ofStore)
          if (Option.isSome(found) && found.value.connectionId === params.connection) {
            return standingOf(found.value, yield* DateTime.now)
          }
          const detail = `There is no job ${params.job}, or its time is over.`
          return yield* new NotFoundProblem({ detail, next: "Send what it was about again." })
        })
      })
    )
  })
)
