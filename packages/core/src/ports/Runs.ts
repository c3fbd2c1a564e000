/** The port that keeps runs, their journals, what was decided about them, and what we manage because of them. */
import { Context, type DateTime, Schema } from "effect"
import type { Effect, Option, Stream } from "effect"
import type { Action } from "../provisioning/Action.ts"
import type { Decision } from "../provisioning/Decision.ts"
import type { Actor } from "../setup/Evidence.ts"
import { ConnectionId } from "../setup/ConnectionId.ts"
import { type Run, RunId, type RunStatus } from "../runs/Run.ts"
import type { ItemOutcome, ItemState, Phase, RunItem } from "../runs/RunItem.ts"
import type { JournalFailure } from "./Journal.ts"
import type { RunHold } from "./RunHold.ts"

/** A connection has a run that is not over, and may be about many; another one would work against it. */
export class RunUnfinished extends Schema.TaggedError<RunUnfinished>()("RunUnfinished", {
  connectionId: ConnectionId,
  runId: RunId
}) {
  override get message(): string {
    return `Run ${this.runId} of ${this.connectionId} is not over. Let it go on (loom-scim resume; when it is held, loom-scim allow or reject) or end it (loom-scim cancel) first.`
  }
}

/** Which resources. */
export type ManagedEndpoint = "Users" | "Groups"

/** A resource that we created, adopted or recognised by our external id. */
export interface ManagedResource {
  readonly endpoint: ManagedEndpoint
  readonly id: string
  /** The external id that we gave; of a group, its key. */
  readonly key: string
  /** The person as last sent, by `PersonDigest`; null when that is not known, and they are then looked at again. */
  readonly digest: string | null
  /** Keys of the groups that the person was put into; empty for a group. */
  readonly groups: ReadonlyArray<string>
}

/** What an outcome makes of the managed resources. */
export type ManagedChange =
  | { readonly _tag: "Keep"; readonly resource: ManagedResource }
  | { readonly _tag: "Forget"; readonly endpoint: ManagedEndpoint; readonly id: string }

/** An outcome to be recorded. */
export interface Settlement {
  readonly position: number
  readonly at: DateTime.Utc
  readonly outcome: ItemOutcome
  readonly managed: ReadonlyArray<ManagedChange>
}

/** What is written into the journal of a run at once. */
export interface JournalEntry {
  /** Outcomes, and what they make of the managed resources. An item that has an outcome keeps it. */
  readonly settled: ReadonlyArray<Settlement>
  /** Positions of `intended` items that surely were not sent; they are `planned` again. Others of them stay as they are. */
  readonly withdrawn: ReadonlyArray<number>
  /** Positions of `planned` items, `intended` before any of them is sent. Others of them stay as they are. */
  readonly intended: ReadonlyArray<number>
  /** When that is intended. */
  readonly at: DateTime.Utc
}

/** Which items of a run to read. */
export interface ItemQuery {
  readonly phase?: Phase
  readonly states?: ReadonlyArray<ItemState>
  /** Only those after this position. */
  readonly after?: number
  /** At most so many. Default: all. */
  readonly limit?: number
}

/** An outcome with its number: outcomes of a run are numbered in the order in which they were kept, with gaps. */
export interface Numbered {
  readonly number: number
  readonly item: RunItem
}

/** How many items there are, by phase and state; pairs that do not occur are left out. Null is no phase. */
export interface ItemCount {
  readonly phase: Phase | null
  readonly state: ItemState
  readonly count: number
}

/** Runs and all that belongs to them. Each operation is one transaction: it happens wholly or not at all. */
export class Runs extends Context.Service<
  Runs,
  {
    /**
     * Keeps a new run with a row per action: `planned`, or `dropped` as a conflict for one that does nothing. Refused
     * when the run is not about one person and the connection has another such run that is not over.
     */
    readonly begin: (run: Run, actions: ReadonlyArray<Action>) => Effect.Effect<void, JournalFailure | RunUnfinished>
    readonly find: (id: RunId) => Effect.Effect<Option.Option<Run>, JournalFailure>
    /** The newest first. */
    readonly list: (of: {
      readonly connectionId?: ConnectionId
      readonly unfinished?: boolean
      /** Only those that began before this one. */
      readonly before?: RunId
      readonly limit?: number
    }) => Effect.Effect<ReadonlyArray<Run>, JournalFailure>
    /** Sets the status, and `endedAt` when that is over. A run that is over keeps its status. */
    readonly setStatus: (id: RunId, status: RunStatus, at: DateTime.Utc) => Effect.Effect<void, JournalFailure>
    /** Sets `stops` to this number, and the status. */
    readonly stop: (
      id: RunId,
      stops: number,
      status: RunStatus,
      at: DateTime.Utc
    ) => Effect.Effect<void, JournalFailure>
    /** Asks for a run to be cancelled; the first who asks is kept. */
    readonly askToCancel: (id: RunId, by: Actor) => Effect.Effect<void, JournalFailure>
    /** Asks for a run to be paused; the first who asks is kept, until null takes it back. */
    readonly askToPause: (id: RunId, by: Actor | null) => Effect.Effect<void, JournalFailure>
    /** Who asked for it to be paused; null while nobody does. */
    readonly pauserOf: (id: RunId) => Effect.Effect<Actor | null, JournalFailure>
    /** Items in the order of their positions. */
    readonly items: (id: RunId, query?: ItemQuery) => Effect.Effect<ReadonlyArray<RunItem>, JournalFailure>
    /** The same in parts, for runs of any size. */
    readonly streamItems: (id: RunId, query?: ItemQuery) => Stream.Stream<RunItem, JournalFailure>
    readonly counts: (id: RunId) => Effect.Effect<ReadonlyArray<ItemCount>, JournalFailure>
    /** Writes the journal: what came of what was sent, and what will be sent next. */
    readonly record: (id: RunId, entry: JournalEntry) => Effect.Effect<void, JournalFailure>
    /** Gives every item without an outcome the outcome `Dropped`, but those that may have been sent. */
    readonly drop: (
      id: RunId,
      reason: "cancelled" | "rejected",
      at: DateTime.Utc
    ) => Effect.Effect<void, JournalFailure>
    /** Outcomes with a number above this one, by their numbers. What a plan left out from the beginning has none. */
    readonly outcomes: (
      id: RunId,
      after: number,
      limit: number
    ) => Effect.Effect<ReadonlyArray<Numbered>, JournalFailure>
    /** Who has the run. A run that is not there is nobody's. */
    readonly hold: (id: RunId) => Effect.Effect<RunHold, JournalFailure>
    /** Takes the run with the next epoch, if it is still held as was seen. */
    readonly take: (id: RunId, seen: RunHold) => Effect.Effect<boolean, JournalFailure>
    /** A sign of life; false when the run has a newer epoch. */
    readonly renew: (id: RunId, epoch: number) => Effect.Effect<boolean, JournalFailure>
    /** Lets the run go; false when it has a newer epoch. */
    readonly release: (id: RunId, epoch: number) => Effect.Effect<boolean, JournalFailure>
    readonly decide: (id: RunId, decision: Decision) => Effect.Effect<void, JournalFailure>
    /** In the order in which they were made. */
    readonly decisions: (id: RunId) => Effect.Effect<ReadonlyArray<Decision>, JournalFailure>
    /** Everything that we manage on a connection. */
    readonly managed: (id: ConnectionId) => Effect.Effect<ReadonlyArray<ManagedResource>, JournalFailure>
    /** Changes what we manage, outside any run. */
    readonly manage: (id: ConnectionId, changes: ReadonlyArray<ManagedChange>) => Effect.Effect<void, JournalFailure>
  }
>()("@loom-scim/core/ports/Runs") {}
