/** Checks: everything that can be looked at again, recorded as it was seen. */
import { Api } from "@loom-scim/contract/Api"
import { NotFoundProblem } from "@loom-scim/contract/Problem"
import { ofStore } from "@loom-scim/contract/problemOf"
import type { KeptChecks } from "@loom-scim/core/ports/Reports"
import { Reports } from "@loom-scim/core/ports/Reports"
import * as Check from "@loom-scim/core/setup/Check"
import * as CheckKept from "@loom-scim/core/setup/CheckKept"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import { Effect, Option } from "effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { Background } from "../Background.ts"
import { accepted, wantsAsync } from "./answers.ts"
import { group } from "./group.ts"
import { actor, reading } from "./support.ts"

const shown = (checks: KeptChecks) => ({ ...checks, ok: !Check.failed(checks.results) })

export const ChecksHandlers = group(
  Effect.gen(function* () {
    const services = yield* Effect.context<SetupService | Reports>()
    const background = yield* Background
    const setup = yield* SetupService
    const reports = yield* Reports
    return HttpApiBuilder.group(Api, "checks", (handlers) =>
      handlers.handleAll({
        run: Effect.fnUntraced(function* ({ headers, params }) {
          const by = yield* actor
          const work = reading(Effect.provideContext(CheckKept.run(params.connection, by), services))
          if (!wantsAsync(headers.prefer)) return shown(yield* background.during(params.connection, work))
          yield* reading(setup.get(params.connection))
          const place = `/v1/connections/${params.connection}/checks`
          const came = Effect.as(Effect.interruptible(work), { result: place })
          const job = yield* background.begin(params.connection, "checks", by, came)
          return yield* accepted(job, headers.prefer)
        }),
        latest: Effect.fnUntraced(function* ({ params }) {
          yield* reading(setup.get(params.connection))
          const found = yield* Effect.mapError(reports.checks(params.connection), ofStore)
          if (Option.isSome(found)) return shown(found.value)
          const detail = "Nothing was checked through the API yet."
          return yield* new NotFoundProblem({ detail, next: "Check it: POST to the same path." })
        })
      })
    )
  })
)
