/**
 * A node of a cluster in a process of its own: carries out every run of the database. Arguments: data directory, URL of
 * the database, SCIM URL, token, name of the node, and a run that it follows. Prints `ready`, a line per outcome of the
 * feed, and where the run stands in the end. SIGTERM drains it.
 */
import * as RunFeed from "@loom-scim/core/runs/RunFeed"
import { RunId } from "@loom-scim/core/runs/Run"
import { RunEvents } from "@loom-scim/core/runs/RunEvent"
import { RunService } from "@loom-scim/core/runs/RunService"
import { Effect, Fiber, Layer, Stream } from "effect"
import { storeAt } from "../runs/services.ts"
import * as Connection from "../runs/connection.ts"
import * as ClusterEngine from "../../src/workflow/ClusterEngine.ts"

const [, , directory = "", place = "", url = "", token = "", node = "", run = ""] = process.argv

const say = (line: string) => process.stdout.write(`${line}\n`)

const services = RunService.layer({ drives: "every" }).pipe(
  Layer.provideMerge(Connection.layer(url, token)),
  Layer.provide(ClusterEngine.layer({ node })),
  Layer.provideMerge(storeAt("postgres", directory, place))
)

const work = Effect.gen(function* () {
  const id = RunId.make(run)
  const events = yield* RunEvents
  yield* Effect.forkChild(
    Stream.runForEach(events.of(id), ({ _tag }) => Effect.sync(() => _tag === "ItemSettled" && say("owner"))),
    { startImmediately: true }
  )
  say("ready")
  yield* Effect.forkChild(RunService.use(({ follow }) => follow(id)))
  yield* Stream.runForEach(RunFeed.from(id, RunFeed.beginning), ({ cursor, event }) =>
    Effect.sync(() => {
      if (event._tag === "ItemSettled") say(`item ${cursor} ${event.position}`)
      if (event._tag === "StatusChanged") say(`status ${event.status._tag}`)
    })
  )
  say("over")
  return yield* Effect.never
})

const fiber = Effect.runFork(Effect.provide(work, services))
process.once("SIGTERM", () => Effect.runFork(Fiber.interrupt(fiber)))
const exit = await Effect.runPromise(Fiber.await(fiber))
say(`closed ${exit._tag}`)
process.exit(0)
