/**
 * A node of a cluster in a process of its own: carries out every run of the database. Arguments: data directory, URL of
 * the database, SCIM URL, token, name of the node. Does what each line of its input asks, `NUMBER VERB ARGUMENT MORE`, and
 * prints `did NUMBER ANSWER`; and `ready` at first. SIGTERM drains it.
 */
import * as RunFeed from "@loom-scim/core/runs/RunFeed"
import { RunId } from "@loom-scim/core/runs/Run"
import { RunAttendant } from "@loom-scim/core/runs/RunAttendant"
import { RunEvents } from "@loom-scim/core/runs/RunEvent"
import { RunService } from "@loom-scim/core/runs/RunService"
import { Effect, Fiber, Layer, Stream } from "effect"
import { createInterface } from "node:readline"
import { begun, rows } from "../runs/people.ts"
import { storeAt } from "../runs/services.ts"
import * as Connection from "../runs/connection.ts"
import * as ClusterEngine from "../../src/workflow/ClusterEngine.ts"
import { by, silence } from "./node.ts"

const [, , directory = "", place = "", url = "", token = "", node = ""] = process.argv

const say = (line: string) => process.stdout.write(`${line}\n`)

const services = RunAttendant.layer.pipe(
  Layer.provideMerge(RunService.layer({ drives: "every" })),
  Layer.provideMerge(Connection.layer(url, token)),
  Layer.provide(ClusterEngine.layer({ node, silence })),
  Layer.provideMerge(storeAt("postgres", directory, place))
)

const standing = (id: RunId) =>
  Effect.map(
    RunService.use(({ report }) => report(id)),
    ({ run }) => run.status._tag
  )

/** Begins to make the server equal to so many people, without the first ones. */
const begin = Effect.fnUntraced(function* (count: number, without: number) {
  const run = yield* begun(rows(count).slice(without))
  yield* RunAttendant.use(({ attend }) => attend(run.id))
  return run.id
})

/** Prints `owner RUN` for each outcome of this node's own work. */
const watch = Effect.fnUntraced(function* (id: RunId) {
  const events = yield* RunEvents
  yield* Stream.runForEach(events.of(id), ({ _tag }) =>
    Effect.sync(() => {
      if (_tag === "ItemSettled") say(`owner ${id}`)
    })
  )
})

/** Prints `item NUMBER CURSOR POSITION` for every outcome behind a cursor, wherever it came about, and in the end `over NUMBER`. */
const feed = Effect.fnUntraced(function* (number: string, id: RunId, cursor: number) {
  yield* Stream.runForEach(RunFeed.from(id, cursor), (fed) =>
    Effect.sync(() => {
      if (fed.event._tag === "ItemSettled") say(`item ${number} ${fed.cursor} ${fed.event.position}`)
    })
  )
  say(`over ${number}`)
})

const decided = Effect.fnUntraced(function* (id: RunId, verdict: "allow" | "reject") {
  yield* RunService.use(({ decide }) => decide(id, { verdict, by, note: "seen" }))
  return yield* RunAttendant.use(({ resume }) => resume(id))
})

const done = Effect.fnUntraced(function* (number: string, verb: string, argument: string, more: string) {
  if (verb === "begin") return yield* begin(Number(argument), Number(more))
  const id = RunId.make(argument)
  switch (verb) {
    case "watch":
      yield* Effect.forkChild(watch(id), { startImmediately: true })
      break
    case "feed":
      yield* Effect.forkChild(feed(number, id, Number(more)))
      break
    case "glance":
      yield* Effect.timeoutOption(
        RunService.use(({ follow }) => follow(id)),
        "1 second"
      )
      break
    case "pause":
    case "cancel":
      yield* yield* RunAttendant.use((attendant) => attendant[verb](id, by))
      break
    case "resume":
      yield* yield* RunAttendant.use(({ resume }) => resume(id))
      break
    case "allow":
    case "reject":
      yield* yield* decided(id, verb)
  }
  return yield* standing(id)
})

const work = Effect.gen(function* () {
  say("ready")
  const lines = Stream.fromAsyncIterable(createInterface({ input: process.stdin }), String)
  yield* Stream.runForEach(lines, (line) => {
    const [number = "", verb = "", argument = "", more = ""] = line.split(" ")
    return Effect.forkChild(
      Effect.flatMap(done(number, verb, argument, more), (answer) =>
        Effect.andThen(
          Effect.sync(() => say(`did ${number} ${answer}`)),
          Effect.never
        )
      )
    )
  })
  return yield* Effect.never
})

const fiber = Effect.runFork(Effect.provide(work, services))
process.once("SIGTERM", () => Effect.runFork(Fiber.interrupt(fiber)))
const exit = await Effect.runPromise(Fiber.await(fiber))
say(`closed ${exit._tag}`)
process.exit(0)
