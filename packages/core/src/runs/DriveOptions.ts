/** How a run is carried out. */
import { Context } from "effect"
import { type QuarantinePolicy, usual } from "../provisioning/Quarantine.ts"

/** The pace of the journal and of the requests; the client's own limits hold besides. */
export interface DriveOptions {
  /**
   * How many intents are written at once, at least; up to eight times as many when the server is done with these in a
   * tenth of a second. After a crash so many objects may have to be looked up, and so many more whose outcomes were not
   * written yet.
   */
  readonly batch: number
  /** Objects under way at once. More than the client's requests at once, so that it never waits for the journal. */
  readonly concurrency: number
  /** When a server that fails is left alone, and for how long. */
  readonly quarantine: QuarantinePolicy
}

/** What a run uses unless it is told otherwise: a failing server is asked again after five seconds, then ten, up to a quarter of an hour. */
export const DriveOptions = Context.Reference<DriveOptions>("@loom-scim/core/runs/DriveOptions", {
  defaultValue: () => ({
    batch: 64,
    concurrency: 48,
    quarantine: { ...usual, firstPause: 5000, longestPause: 900_000 }
  })
})
