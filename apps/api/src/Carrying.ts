/** What carries runs out: on the embedded store in this process alone, with DATABASE_URL as one node of several. */
import type { ConnectedClient } from "@loom-scim/core/operations/ConnectedClient"
import { KeptPlans } from "@loom-scim/core/runs/KeptPlans"
import { RunAttendant } from "@loom-scim/core/runs/RunAttendant"
import { RunService } from "@loom-scim/core/runs/RunService"
import { ScheduleRunner } from "@loom-scim/core/schedules/ScheduleRunner"
import { ScheduleService } from "@loom-scim/core/schedules/ScheduleService"
import { ScheduleWork } from "@loom-scim/core/schedules/ScheduleWork"
import { Sync } from "@loom-scim/core/runs/Sync"
import * as Engine from "@loom-scim/platform-node/workflow/Engine"
import { Config, Effect, Layer, Option } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { WorkflowEngine } from "effect/workflow/WorkflowEngine"
import { randomUUID } from "node:crypto"
import { hostname } from "node:os"

/** The one place that decides which engine. */
const engine: Layer.Layer<WorkflowEngine, never, SqlClient> = Layer.unwrap(
  Config.Redacted("DATABASE_URL").pipe(
    Config.option,
    Effect.orDie,
    Effect.flatMap(
      Option.match({
        onNone: () => Effect.succeed(Layer.orDie(Engine.layer)),
        onSome: () =>
          Effect.map(
            Effect.promise(() => import("@loom-scim/platform-node/workflow/ClusterEngine")),
            ({ layer }) => Layer.orDie(layer({ node: `${hostname()}-${randomUUID()}` }))
          )
      })
    )
  )
)

/** They end before the runs they began, which the next start goes on with. */
const schedules = ScheduleService.layer.pipe(
  Layer.provideMerge(ScheduleRunner.layer.pipe(Layer.provide(ScheduleWork.layer)))
)

/** Over the store, the set-ups and their clients. Runs that were left go on as soon as this is built. */
export const layer = <E, R>(clients: Layer.Layer<ConnectedClient, E, R>) =>
  Layer.merge(KeptPlans.layer, schedules).pipe(
    Layer.provideMerge(RunAttendant.layer),
    Layer.provideMerge(Sync.layer),
    Layer.provideMerge(RunService.layer({ drives: "every" })),
    Layer.provide(engine),
    Layer.provideMerge(clients)
  )
