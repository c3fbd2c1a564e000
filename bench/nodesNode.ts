// One node of several that carry out the runs of one PostgreSQL, in a process of its own. Arguments: name, data directory,
// URL of the database, URL of the SCIM server. Sends `ready`; told the name of a connection and how many people, it begins
// a run on it and sends `over` when that has ended, wherever it was carried out; asked what it used, the CPU time.
import { Effect, Layer, Redacted } from "effect"
import { careful } from "../packages/core/src/provisioning/Guard.ts"
import { RunService } from "../packages/core/src/runs/RunService.ts"
import { ConnectionId } from "../packages/core/src/setup/ConnectionId.ts"
import { layerPostgres } from "../packages/platform-node/src/store/Storage.ts"
import * as ClusterEngine from "../packages/platform-node/src/workflow/ClusterEngine.ts"
import { connected, planOf } from "./people.ts"

const [, , node = "", directory = "", database = "", origin = ""] = process.argv

const services = RunService.layer({ drives: "every" }).pipe(
  Layer.provideMerge(connected(origin)),
  Layer.provide(ClusterEngine.layer({ node })),
  Layer.provideMerge(layerPostgres({ url: Redacted.make(database), directory }))
)

interface Asked {
  readonly connection: string
  readonly people: number
}

const carryOut = Effect.fnUntraced(function* ({ connection, people }: Asked) {
  const { begin, follow } = yield* RunService
  const by = { name: "bench", face: "api" } as const
  const common = { kind: "reconcile", parent: null, source: "bench", policy: careful, by, recognised: [] } as const
  const run = yield* begin({ ...common, connectionId: ConnectionId.make(connection), plan: planOf(people) })
  const { status } = yield* follow(run.id)
  if (status._tag !== "Completed") throw new Error(`the run is ${status._tag}`)
  process.send?.({ _tag: "over" })
})

const work = Effect.gen(function* () {
  const context = yield* Effect.context<Layer.Success<typeof services>>()
  process.on("message", (asked: Asked | "used") => {
    if (asked !== "used") return void Effect.runFork(Effect.provideContext(carryOut(asked), context))
    const { system, user } = process.cpuUsage()
    return process.send?.({ _tag: "used", cpu: (system + user) / 1000 })
  })
  process.send?.({ _tag: "ready" })
  return yield* Effect.never
})

process.on("disconnect", () => process.exit())
await Effect.runPromise(Effect.provide(work, services))
