/** Alive, and able to work. */
import { Api } from "@loom-scim/contract/Api"
import { NotReadyProblem } from "@loom-scim/contract/Problem"
import { Ledger } from "@loom-scim/core/ports/Ledger"
import { Effect } from "effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { Readiness } from "../Readiness.ts"
import { version } from "../version.ts"
import { group } from "./group.ts"

const notReady = (detail: string) =>
  new NotReadyProblem({ detail, next: "Ask again in a moment; if it lasts, look at the server's log." })

export const HealthHandlers = group(
  Effect.gen(function* () {
    const readiness = yield* Readiness
    const ledger = yield* Ledger
    return HttpApiBuilder.group(Api, "health", (handlers) =>
      handlers.handleAll({
        alive: () => Effect.succeed({ status: "alive" as const, version }),
        ready: Effect.fnUntraced(function* () {
          if (!(yield* readiness.isReady)) return yield* notReady("The server is shutting down.")
          yield* Effect.mapError(ledger.connections({ of: null, after: 0, limit: 1 }), ({ reason }) =>
            notReady(`The store cannot be read (${reason}).`)
          )
          return { status: "ready" as const }
        })
      })
    )
  })
)
