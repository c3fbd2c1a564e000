/** A run as it goes on at a server: its events from where one broke off, through restarts of the server. */
import type { RunStreamEvent } from "@loom-scim/contract/Runs"
import type { JournalFailure } from "@loom-scim/core/ports/Journal"
import type { RunId, RunStatus } from "@loom-scim/core/runs/Run"
import { isOver, needsPerson } from "@loom-scim/core/runs/Run"
import type { RunEvent } from "@loom-scim/core/runs/RunEvent"
import type { Phase } from "@loom-scim/core/runs/RunItem"
import type { RunRefused, RunReport } from "@loom-scim/core/runs/RunService"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { DateTime, Effect, Stream } from "effect"
import { Client } from "./Client.ts"
import type { Failure } from "./failures.ts"
import { unreachable } from "./failures.ts"
import { runFailureOf } from "./runFailures.ts"

/** A server says something at least every 15 seconds; one that is silent for longer is asked anew. */
const silence = "40 seconds"
/** Between two attempts. */
const pause = "1 second"
/** Attempts in a row that got no word: as long as a server may take to be replaced. */
const attempts = 120

const isStill = (status: RunStatus): boolean => isOver(status) || needsPerson({ status })

/** Whether a server, or its store, is not there for now. */
export const isAway = ({ _tag }: Failure): boolean =>
  _tag === "HttpClientError" || _tag === "TimeoutError" || _tag === "NotReadyProblem" || _tag === "StoreProblem"

/** How many items of a run have an outcome that is told, and how many of each phase have none. */
const countedOf = ({ counts }: RunReport) => {
  const left = new Map<Phase, number>()
  let told = 0
  for (const { count, phase, state } of counts) {
    if (phase === null) continue
    if (state === "planned" || state === "intended") left.set(phase, (left.get(phase) ?? 0) + count)
    else told += count
  }
  return { left, told }
}

/** What the events of a stream mean, one after the other. */
class Teller {
  readonly #id: RunId
  readonly #left: Map<Phase, number>
  #skipped: number
  #phase: Phase | null = null
  #status = JSON.stringify({ _tag: "Running" })
  /** The number of the last outcome that was taken. */
  last = 0

  constructor(id: RunId, before: RunReport) {
    const { left, told } = countedOf(before)
    this.#id = id
    this.#left = left
    this.#skipped = told
  }

  #item(event: Extract<RunStreamEvent, { readonly event: "item" }>, at: DateTime.Utc): ReadonlyArray<RunEvent> {
    const { action, label, outcome, phase, position, settledAt } = event.data
    const number = Number(event.id)
    if (outcome === null || number <= this.last) return []
    this.last = number
    // The stream begins with the first outcome; those that were counted before are not told again.
    if (this.#skipped > 0) {
      this.#skipped--
      return []
    }
    const settled = {
      _tag: "ItemSettled",
      runId: this.#id,
      at: settledAt ?? at,
      position,
      action,
      label,
      outcome
    } as const
    if (phase === null || phase === this.#phase) return [settled]
    this.#phase = phase
    return [{ _tag: "PhaseBegan", runId: this.#id, at, phase, left: this.#left.get(phase) ?? 0 }, settled]
  }

  /** What is to be told of an event, if anything. */
  take(event: RunStreamEvent, at: DateTime.Utc): ReadonlyArray<RunEvent> {
    if (event.event === "item") return this.#item(event, at)
    if (event.event === "beat") return []
    const text = JSON.stringify(event.data)
    if (text === this.#status) return []
    this.#status = text
    return [{ _tag: "StatusChanged", runId: this.#id, at, status: event.data }]
  }
}

/** What is followed. */
export interface Followed {
  readonly id: RunId
  readonly connection: ConnectionId
  /** How it stood when its listener was told of it last. */
  readonly before: RunReport
}

/**
 * Tells everything until the run stands still, and how it stands then. `report` asks for that. A server that goes away is
 * waited for.
 */
export const following = Effect.fn("remote.following")(function* <R>(
  { before, connection, id }: Followed,
  report: Effect.Effect<RunReport, JournalFailure | RunRefused>,
  tell: (event: RunEvent) => Effect.Effect<void, never, R>
): Effect.fn.Return<RunReport, JournalFailure | RunRefused, Client | R> {
  const { api, asked, url } = yield* Client
  const teller = new Teller(id, before)
  let still = false
  let silent = 0
  yield* tell({ _tag: "StatusChanged", runId: id, at: yield* DateTime.now, status: { _tag: "Running" } })
  const take = Effect.fnUntraced(function* (event: RunStreamEvent) {
    silent = 0
    for (const one of teller.take(event, yield* DateTime.now)) yield* tell(one)
    if (event.event === "status") still = isStill(event.data)
  })
  for (;;) {
    const events = yield* Effect.result(
      asked(api.runs.follow({ params: { connection, run: id }, headers: { "last-event-id": teller.last } }))
    )
    if (events._tag === "Failure") {
      const { failure } = events
      if (!isAway(failure)) return yield* Effect.fail(runFailureOf(url, id)(failure))
      if (++silent >= attempts) return yield* unreachable(url)(failure)
    } else {
      // However it ends, what was told until then counts, and the rest is asked for again.
      yield* events.success.pipe(
        Stream.timeout(silence),
        Stream.takeUntilEffect((event) => Effect.map(take(event), () => still && event.event === "status")),
        Stream.runDrain,
        Effect.ignore
      )
      if (still) return yield* report
      silent++
    }
    yield* Effect.sleep(pause)
  }
})
