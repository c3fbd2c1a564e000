/**
 * Carries a run out in a process of its own, which a test may kill. Arguments: kind of database, data directory, its
 * file or URL, the SCIM URL, the token, then `begin COUNT` or `follow RUN`. Prints a line per event, and at the end where
 * the run stands.
 */
import { RunEvents } from "@loom-scim/core/runs/RunEvent"
import { RunId } from "@loom-scim/core/runs/Run"
import { RunService } from "@loom-scim/core/runs/RunService"
import { Effect, type Layer, Stream } from "effect"
import { begun, rows } from "./people.ts"
import { services, storeAt } from "./services.ts"

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
  const run = yield* RunService.use((service) => service.follow(id, { isResumed: true }))
  return `end ${run.status._tag}`
})

const begin = Effect.map(begun(rows(Number(argument))), ({ id }) => id)

const work = Effect.suspend((): Effect.Effect<string, unknown, Layer.Success<ReturnType<typeof services>>> =>
  command === "begin" ? begin : follow
)

say(await Effect.runPromise(Effect.provide(work, services(storeAt(kind, directory, place), url, token))))
process.exit(0)
