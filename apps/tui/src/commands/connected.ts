/** What the commands on a connected workspace share: the client, references, confirmation, many objects at once. */
import type { Connected } from "@loom-scim/core/operations/ConnectedClient"
import { ConnectedClient } from "@loom-scim/core/operations/ConnectedClient"
import type { Endpoint, Operation, Outcome } from "@loom-scim/core/operations/Operation"
import * as Operations from "@loom-scim/core/operations/Operation"
import { find } from "@loom-scim/core/operations/Reference"
import type { Connection } from "@loom-scim/core/setup/SetupService"
import type { JsonObject } from "@loom-scim/core/scim/Json"
import * as ScimHttpClient from "@loom-scim/platform-node/http/ScimHttpClient"
import { Console, Effect, Layer, Result } from "effect"
import type { Option } from "effect"
import { text as readAll } from "node:stream/consumers"
import { codes, Ended, fromError } from "../Exit.ts"
import { requestText } from "../plain/RequestText.ts"
import { required } from "../Selection.ts"
import { confirmed } from "./confirm.ts"
import { track } from "./progress.ts"
import type { SharedFlags } from "./shared.ts"
import type { ClientServices, Environment } from "../Services.ts"
import { elsewhere, layer } from "../Services.ts"
import { within } from "./shared.ts"

/** Requests under way at once. */
const concurrency = 8

/** Uses the client of the connection that is named, and keeps what it learnt of its server. */
export const using = <A, E, R>(
  named: Option.Option<string>,
  use: (connected: Connected, connection: Connection) => Effect.Effect<A, E, R>
) =>
  Effect.gen(function* () {
    const connection = yield* required(named)
    const { open, remember } = yield* ConnectedClient
    const connected = yield* open(connection)
    return yield* Effect.ensuring(use(connected, connection), remember(connected))
  })

/** Clients on this machine. */
export const clientLayer = ConnectedClient.layer.pipe(Layer.provide(ScimHttpClient.layer()))

/** Where clients come from. */
export const clients = {
  here: (environment: Environment) => Layer.provideMerge(clientLayer, layer(environment)),
  there: elsewhere
}

/** Runs a command over the client of the connection it is about. */
export const withClient = <A, E extends { readonly _tag: string; readonly message: string }>(
  flags: SharedFlags,
  named: Option.Option<string>,
  use: (connected: Connected, connection: Connection) => Effect.Effect<A, E, ClientServices>
): Effect.Effect<A, Ended> => within(flags, "cli", clients, using(named, use))

/** The names given as arguments; a single `-` stands for the lines of standard input. */
export const namesOf = (given: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<string>> =>
  given.length === 1 && given[0] === "-"
    ? Effect.map(
        Effect.promise(() => readAll(process.stdin)),
        (text) =>
          text
            .split(/\r?\n/)
            .map((line) => line.trim())
            .filter((line) => line !== "")
      )
    : Effect.succeed(given)

/** One object's fate. */
interface Fate {
  readonly name: string
  readonly outcome: "done" | "doubtful" | "failed"
  readonly id: string | null
  readonly detail: string
}

/** How a set of changes is carried out. */
export interface Change {
  readonly names: ReadonlyArray<string>
  readonly endpoint: Endpoint
  /** What is done to one; given the resource that the name was found to mean. */
  readonly operation: (resource: JsonObject) => Operation
  /** In the past, for the summary: "deactivated". */
  readonly done: string
  readonly dryRun: boolean
  /** Asked before anything is sent, with the number of objects; null when nothing is destroyed. */
  readonly question: ((count: number) => string) | null
  readonly yes: boolean
}

const showDry = Effect.fnUntraced(function* (connected: Connected, operations: ReadonlyArray<Operation>) {
  const { behaviour } = yield* connected.client.profile
  for (const operation of operations) {
    for (const request of Operations.show(operation, connected.url, behaviour)) {
      yield* Console.log(requestText(request, behaviour))
    }
  }
})

const fateOf = (name: string, result: Result.Result<Outcome, { readonly message: string }>): Fate => {
  if (Result.isFailure(result)) return { name, outcome: "failed", id: null, detail: result.failure.message }
  const { doubt, id } = result.success
  return { name, outcome: doubt === null ? "done" : "doubtful", id, detail: doubt ?? "" }
}

/**
 * Looks every name up, then does the same to each. Names that mean nobody do not stop the others; the command fails at
 * the end when any object did.
 */
export const change = Effect.fn("connected.change")(function* (
  flags: SharedFlags,
  connected: Connected,
  { done, dryRun, endpoint, names, operation, question, yes }: Change
) {
  const { client } = connected
  const looked = yield* track({ label: "looked up", total: names.length, json: flags.json }, ({ step }) =>
    Effect.forEach(
      names,
      (name) =>
        Effect.result(find(client, endpoint, name)).pipe(
          Effect.tap((found) => step(Result.isFailure(found))),
          Effect.map((found) => ({ name, found }))
        ),
      { concurrency }
    )
  )
  const planned = looked.flatMap(({ found, name }) =>
    Result.isSuccess(found) ? [{ name, operation: operation(found.success) }] : []
  )
  if (dryRun) {
    yield* showDry(
      connected,
      planned.map((each) => each.operation)
    )
  } else if (question !== null && !yes && planned.length > 0 && !(yield* confirmed(question(planned.length)))) {
    return yield* new Ended({ code: codes.refused, reason: "NotConfirmed", detail: "Nothing was changed." })
  }
  const failures = looked.flatMap(({ found, name }) =>
    Result.isFailure(found) ? [fateOf(name, Result.fail(found.failure))] : []
  )
  const textOf = (fate: Fate) =>
    flags.json ? JSON.stringify(fate) : `${fate.outcome.padEnd(9)} ${fate.name} ${fate.detail}`.trimEnd()
  yield* Effect.forEach(failures, (fate) => Console.log(textOf(fate)))
  if (dryRun) return yield* summary(failures, [], done)
  const fates = yield* track({ label: done, total: planned.length, json: flags.json }, ({ print, step }) =>
    Effect.forEach(
      planned,
      (each) =>
        Effect.result(Operations.execute(client, each.operation)).pipe(
          Effect.map((result) => fateOf(each.name, result)),
          Effect.tap((fate) => Effect.andThen(step(fate.outcome === "failed"), print(textOf(fate))))
        ),
      { concurrency }
    )
  )
  if (!flags.json) {
    const count = (outcome: Fate["outcome"]) =>
      [...failures, ...fates].filter((fate) => fate.outcome === outcome).length
    yield* Console.log(`\n${count("done")} ${done}, ${count("doubtful")} doubtful, ${count("failed")} failed`)
  }
  return yield* summary(failures, fates, done)
})

const summary = (
  failures: ReadonlyArray<Fate>,
  fates: ReadonlyArray<Fate>,
  done: string
): Effect.Effect<void, Ended> => {
  const bad = [...failures, ...fates].filter(({ outcome }) => outcome !== "done").length
  return bad === 0
    ? Effect.void
    : Effect.fail(
        new Ended({
          code: codes.checkFailed,
          reason: "SomeFailed",
          detail: `${bad} could not be ${done} for certain; see above.`
        })
      )
}

/** Creates one resource, or shows how. */
export const create = Effect.fn("connected.create")(function* (
  flags: SharedFlags,
  connected: Connected,
  operation: Operation,
  dryRun: boolean
) {
  if (dryRun) return yield* Effect.asVoid(showDry(connected, [operation]))
  const { id, resource } = yield* Operations.execute(connected.client, operation).pipe(Effect.mapError(fromError))
  return yield* Console.log(flags.json ? JSON.stringify(resource) : `Created ${id}`)
})
