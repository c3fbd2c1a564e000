/** One person: looked at here; what was shown is carried out by `POST …/runs` of kind `provision`, with `seen`. */
import { Api } from "@loom-scim/contract/Api"
import { OncePerUpload } from "@loom-scim/contract/Idempotency"
import { ProvisionProposal } from "@loom-scim/contract/Provision"
import { fingerprint } from "@loom-scim/core/provisioning/Plan"
import { Sync } from "@loom-scim/core/runs/Sync"
import type { PlannedOne } from "@loom-scim/core/runs/SyncPlan"
import type { Connection } from "@loom-scim/core/setup/SetupService"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import { Effect, Result } from "effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { Background } from "../Background.ts"
import { located, working } from "./answers.ts"
import { group } from "./group.ts"
import { reading } from "./support.ts"
import * as Upload from "./upload.ts"

type Trace = PlannedOne["made"]["traces"][number]

const traceOf = ({ at, outcome, steps }: Trace) => ({
  at,
  steps,
  ...Result.match(outcome, {
    onSuccess: (mapped) => ({ mapped, problems: [] }),
    onFailure: (problems) => ({ mapped: null, problems })
  })
})

const shown = ({ judgement, made, plan, source, tokenScheme }: PlannedOne): typeof ProvisionProposal.Type => ({
  source,
  traces: made.traces.map(traceOf),
  failure: made.failure === null ? null : made.failure.message,
  judgement,
  plan,
  requests: made.requests.map(({ requests }) => requests),
  tokenScheme,
  fingerprint: fingerprint(plan)
})

/** The handlers; an upload may have so many bytes. */
export const provisionHandlers = (uploadLimit: number) =>
  group(
    Effect.gen(function* () {
      const background = yield* Background
      const setup = yield* SetupService
      const sync = yield* Sync

      const proposed = Effect.fnUntraced(function* (connection: Connection, received: Upload.Received) {
        const { person, planning, subject } = yield* Upload.read(connection, received)
        if (person === null) {
          return yield* Upload.invalid("person", "Nobody is named.", "Give kind=provision and person.")
        }
        const planned = yield* background.during(connection.id, planning(working(sync.planOne(subject, person))))
        return yield* located(ProvisionProposal, shown(planned), 200, null)
      })

      return HttpApiBuilder.group(Api, "provision", (handlers) =>
        handlers.handleAll({
          propose: Effect.fnUntraced(function* ({ params, payload }) {
            const connection = yield* reading(setup.get(params.connection))
            const { once } = yield* OncePerUpload
            yield* background.room(connection.id)
            return yield* Upload.taken(payload, uploadLimit, (received) =>
              once(received.digest, proposed(connection, received))
            )
          })
        })
      )
    })
  )
