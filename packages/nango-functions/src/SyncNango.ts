/** What a sync needs of the `nango` that it is given. Types only, of `nango` and ours. */
import type { NangoSync } from "nango"
import type { FunctionNango } from "./FunctionNango.ts"

/** What a sync remembers from one run to the next. */
export interface Checkpoint {
  /** Whoever changed at this moment or later, by the server's clock, is asked for next; empty when that cannot be asked. */
  readonly since: string
  /** When the whole list was last read, in ISO 8601, by Nango's clock. */
  readonly readAt: string
  /** When the server last showed that it cannot tell changes; empty when it can, or was not asked. */
  readonly refusedAt: string
}

/** A record of a model. */
export interface SyncRecord {
  readonly id: string
  readonly [field: string]: unknown
}

/** A sync's `nango`. */
export interface SyncNango extends FunctionNango, Pick<NangoSync, "log"> {
  batchSave(records: Array<SyncRecord>, model: string): boolean | Promise<boolean>
  trackDeletesStart(model: string): void | Promise<void>
  trackDeletesEnd(model: string): { deletedKeys: Array<string> } | Promise<{ deletedKeys: Array<string> }>
  getCheckpoint(): Promise<Checkpoint | null>
  saveCheckpoint(checkpoint: Checkpoint): Promise<void>
}

/** A whole sync; rejects with Nango's `ActionError` when it could not be finished, and then no record was deleted. */
export type Sync = (nango: SyncNango) => Promise<void>
