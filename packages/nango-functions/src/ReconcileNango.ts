/** What carrying out a plan needs of the `nango` that it is given. Types only, of ours. */
import type { FunctionNango } from "./FunctionNango.ts"

/** Who is at work, as the function's checkpoint: until when, in milliseconds since 1970; 0 when nobody is. */
export interface Lease {
  readonly until: number
}

/** The `nango` of an action that must not run twice at once. */
export interface ReconcileNango extends FunctionNango {
  getCheckpoint(): Promise<Lease | null>
  saveCheckpoint(checkpoint: Lease): Promise<void>
}
