/** The logs of set-ups: load, decide, append. What was folded before is kept at hand. */
import { DateTime, Effect, Result } from "effect"
import type { Journal, JournalFailure, SequenceConflict } from "../ports/Journal.ts"
import type { Command } from "./Command.ts"
import type { ConnectionId } from "./ConnectionId.ts"
import type { Recorded } from "./Event.ts"
import type { Actor } from "./Evidence.ts"
import * as Journey from "./Journey.ts"
import * as KnownStates from "./KnownStates.ts"
import type { SetupRefused } from "./SetupRefused.ts"
import type { State } from "./State.ts"
import { fold } from "./State.ts"

/** Whatever a change can fail with; each says what a person does next. */
export type SetupError = SetupRefused | SequenceConflict | JournalFailure

type AppendError = SequenceConflict | JournalFailure
type Append = Effect.Effect<void, AppendError>

/** States kept at hand. One is mostly words people typed and what a probe saw: a few kilobytes. */
const mostKnown = 1000

/** A connection as it stands. */
export interface Connection {
  readonly id: ConnectionId
  readonly state: State
}

/** Takes every command, also the reports of verifiers: not for faces, which have `SetupService`. */
export interface JourneyLog {
  /** A connection as it stands, begun or not. */
  readonly load: (id: ConnectionId) => Effect.Effect<Connection, JournalFailure>
  /** The same, if a command of this kind may be asked of it at all. */
  readonly admitted: (
    id: ConnectionId,
    tag: Command["_tag"]
  ) => Effect.Effect<Connection, SetupRefused | JournalFailure>
  /** Those of the connections that are there, in the order given. */
  readonly present: (ids: ReadonlyArray<ConnectionId>) => Effect.Effect<ReadonlyArray<Connection>, JournalFailure>
  /**
   * Appends what follows from the command for the connection as it was loaded. Yields the connection after it. `along`
   * carries the appending out together with whatever else is to be kept or not kept with it.
   */
  readonly decide: <E = never>(
    connection: Connection,
    command: Command,
    actor: Actor,
    along?: (append: Append) => Effect.Effect<void, AppendError | E>
  ) => Effect.Effect<Connection, SetupError | E>
}

/** Over the journal. */
export const make = (journal: Journal["Service"]): JourneyLog => {
  const states = KnownStates.make(mostKnown)

  const after = (id: ConnectionId, before: State, events: ReadonlyArray<Recorded>): Connection => {
    const state = fold(events, before)
    states.keep(id, state)
    return { id, state }
  }

  const load = (id: ConnectionId): Effect.Effect<Connection, JournalFailure> =>
    Effect.suspend(() => {
      const known = states.of(id)
      return Effect.map(journal.load(id, known.sequence), (events) => after(id, known, events))
    })

  const decide = Effect.fnUntraced(function* <E = never>(
    { id, state }: Connection,
    command: Command,
    actor: Actor,
    along: (append: Append) => Effect.Effect<void, AppendError | E> = (append) => append
  ): Effect.fn.Return<Connection, SetupError | E> {
    const at = yield* DateTime.now
    const events = yield* Effect.fromResult(Journey.decide(state, command, { actor, at }))
    const record = (event: (typeof events)[number], index: number): Recorded => ({
      connectionId: id,
      sequence: state.sequence + 1 + index,
      at,
      actor,
      event
    })
    const [first, ...rest] = events
    const recorded = [record(first, 0), ...rest.map((event, n) => record(event, n + 1))] as const
    const appended = along(journal.append(id, state.sequence, recorded))
    yield* Effect.onError(appended, () => Effect.sync(() => states.forget(id)))
    return after(id, state, recorded)
  })

  const admitted = (id: ConnectionId, tag: Command["_tag"]): Effect.Effect<Connection, SetupRefused | JournalFailure> =>
    Effect.flatMap(load(id), (connection) => {
      const admission = Journey.admit(connection.state, { _tag: tag })
      return Result.isFailure(admission) ? Effect.fail(admission.failure) : Effect.succeed(connection)
    })

  const present = Effect.fn("SetupService.present")(function* (ids: ReadonlyArray<ConnectionId>) {
    const known = ids.map((id) => ({ id, state: states.of(id) }))
    const fresh = yield* journal.loadEach(known.map(({ id, state }) => ({ id, after: state.sequence })))
    return known
      .map(({ id, state }) => after(id, state, fresh.get(id) ?? []))
      .filter(({ state }) => state.name !== null && !state.removed)
  })

  return { load, admitted, present, decide }
}
