/** When a schedule is due next. It depends on the cadence alone and never on when something was carried out. */
import { Cron, DateTime, Result } from "effect"
import { type Cadence, cronOf } from "./Cadence.ts"

/**
 * The first due moment after `after`, and never that moment itself. Intervals are counted from `anchor`; before it nothing
 * is due. However many moments were missed until `after`, there is one next. Null when none will come.
 */
export const nextDue = (cadence: Cadence, anchor: DateTime.Utc, after: DateTime.Utc): DateTime.Utc | null => {
  switch (cadence._tag) {
    case "Every": {
      const from = DateTime.toEpochMillis(anchor)
      const millis = cadence.seconds * 1000
      const passed = Math.floor((DateTime.toEpochMillis(after) - from) / millis)
      return DateTime.makeUnsafe(from + (Math.max(0, passed) + 1) * millis)
    }
    case "Daily":
    case "Cron": {
      const from = DateTime.isGreaterThan(anchor, after) ? anchor : after
      const found = Result.flatMap(cronOf(cadence), (cron) => Result.try(() => Cron.next(cron, DateTime.toDate(from))))
      return Result.isSuccess(found) ? DateTime.fromDateUnsafe(found.success) : null
    }
  }
}
