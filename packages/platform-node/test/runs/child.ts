/**
 * Carries a run out in a process of its own, which a test may kill. Arguments: kind of database, data directory, its
 * file or URL, the SCIM URL, the token, then `begin COUNT`, `follow RUN`, or, where other processes do, too, `share RUN`
 * or `cancel RUN`. Prints a line per event, and at the end where the run stands. SIGINT stops the run.
 */
import { RunEvents } from "@loom-scim/core/runs/RunEvent"
import { RunId } from "@loom-scim/core/runs/Run"
import { RunService } from "@loom-scim/core/runs/RunService"
import { Cause, Effect, Exit, Fiber, type Layer, Stream } from "effect"
import { begun, rows } from "./people.ts"
import { services, storeAt } from "./services.ts"
import * as Engine from "../../src/workflow/Engine.ts"

const [, , kind = "", directory = "", place = "", url = "", token = "", command = "", argument = ""] = process.argv

const say = (line: string) => process.stdout.write(`${line}\n`)

const follow = Effect.gen(function* () {
  const id = RunId.make(argument)
  const events = yield* RunEvents
  yield* Effect.forkChild(
    Stream.runForEach(events.of(id), (event) =>
      Effect.sync(() => say(event._tag === "StatusChanged" ? event.status._tag : event._tag))
    ),
    { startImmediately: true }
  )
  say("following")
  const run = yield* RunService.use((service) =>
    command === "cancel" ? service.cancel(id, { name: "Ada", face: "cli" }) : service.follow(id, { isResumed: true })
  )
  return `end ${run.status._tag}`
})

const begin = Effect.map(begun(rows(Number(argument))), ({ id }) => id)

const work = Effect.suspend((): Effect.Effect<string, unknown, Layer.Success<ReturnType<typeof services>>> =>
  command === "begin" ? begin : follow
)

const engine = command === "share" || command === "cancel" ? Engine.layerShared : Engine.layer
const layer = services(storeAt(kind, directory, place), url, token, "deactivate", { engine })
const fiber = Effect.runFork(Effect.provide(work, layer))
process.once("SIGINT", () => Effect.runFork(Fiber.interrupt(fiber)))
const exit = await Effect.runPromise(Fiber.await(fiber))
if (Exit.isSuccess(exit)) say(exit.value)
else if (!Cause.hasInterruptsOnly(exit.cause)) throw Cause.squash(exit.cause)
process.exit(0)
