/** Whether a due moment is fired, let pass, or neither yet. */
import { DateTime, Duration } from "effect"
import type { AtWork } from "../ports/Schedules.ts"

/** Between two signs of life of a firing. */
export const beatEvery = Duration.seconds(5)

/** A firing that has been silent for so long is taken for dead. */
export const silence = Duration.seconds(20)

/**
 * An earlier firing is at work for certain when it gave a sign of life since the moment; the moment is then let pass. One
 * that did not may be dead: it is waited for until it gives one, or was silent for too long and is ended by the store.
 */
export const judge = (atWork: AtWork | null, dueAt: DateTime.Utc): "fire" | "skip" | "wait" => {
  if (atWork === null) return "fire"
  return DateTime.isGreaterThanOrEqualTo(atWork.seenAt, dueAt) ? "skip" : "wait"
}
