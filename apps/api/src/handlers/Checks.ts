/** Checks: everything that can be looked at again, recorded as it was seen. */
import { Api } from "@loom-scim/contract/Api"
import * as Check from "@loom-scim/core/setup/Check"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import { Effect } from "effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { actor, reading } from "./support.ts"

export const ChecksHandlers = HttpApiBuilder.group(
  Api,
  "checks",
  Effect.fnUntraced(function* (handlers) {
    const setup = yield* SetupService
    return handlers.handleAll({
      run: Effect.fnUntraced(function* ({ params }) {
        const checking = Check.run(params.connection, yield* actor)
        const results = yield* reading(Effect.provideService(checking, SetupService, setup))
        return { ok: !Check.failed(results), results }
      })
    })
  })
)
