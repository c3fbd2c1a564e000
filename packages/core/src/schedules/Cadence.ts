/** How often a schedule is due, as a person writes it. */
import { Cron, Result, Schema } from "effect"

/** The shortest time between two due moments, in seconds: nothing that reads a directory is due more often. */
export const shortest = 60

/** The longest interval, in seconds: 31 days. What is rarer is written as a cron expression. */
const longest = 2_678_400

/** Every so many seconds, counted from when that was decided, so that one that comes late delays no other. */
export const Every = Schema.TaggedStruct("Every", {
  seconds: Schema.Int.check(Schema.isBetween({ minimum: shortest, maximum: longest }))
})

/** An IANA time zone such as `Europe/Berlin`, `UTC`, or an offset such as `+02:00`. */
const TimeZone = Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(100))

/** Once a day. */
const DailyFields = Schema.TaggedStruct("Daily", {
  /** On the clock of the time zone: `03:30`. */
  at: Schema.String.check(Schema.isPattern(/^(?:[01]\d|2[0-3]):[0-5]\d$/, { message: "a time such as 03:30" })),
  timeZone: TimeZone
})

/** When a cron expression matches the clock of the time zone. */
const CronFields = Schema.TaggedStruct("Cron", {
  /** Five fields: minute, hour, day of the month, month, day of the week. */
  expression: Schema.String.check(Schema.isMinLength(9), Schema.isMaxLength(200)),
  timeZone: TimeZone
})

type Timed = typeof DailyFields.Type | typeof CronFields.Type

const textOf = (cadence: Timed): string => {
  if (cadence._tag === "Cron") return cadence.expression.trim()
  const [hour = "", minute = ""] = cadence.at.split(":")
  return `${Number(minute)} ${Number(hour)} * * *`
}

/**
 * The expression, ready to be asked. An hour that the clock shows twice, when summer time ends, counts twice for an
 * expression that names no hour, and once for one that does. A time that the clock leaves out comes right after the gap.
 */
export const cronOf = (cadence: Timed): Result.Result<Cron.Cron, string> => {
  const text = textOf(cadence)
  const [, hour, ...rest] = text.split(/\s+/)
  if (rest.length !== 3) {
    return Result.fail("a cron expression of five fields: minute, hour, day of the month, month, day of the week")
  }
  const isEveryHour = hour?.startsWith("*") === true
  const parsed = Cron.parse(text, cadence.timeZone, { onDstOverlap: isEveryHour ? "both" : "earlier" })
  return Result.mapError(parsed, ({ input, message }) => `${message}: ${input ?? ""}`)
}

/** A day such as 30 February never comes, and the search for it gives up with an exception. */
const everComes = (cron: Cron.Cron): boolean =>
  Result.isSuccess(Result.try(() => Cron.next(cron, new Date("2026-01-01T00:00:00Z"))))

/** `expected` is for callers of the API, to whom no value is repeated. */
const isUsable = Schema.makeFilter(
  (cadence: Timed) => {
    const cron = cronOf(cadence)
    if (Result.isFailure(cron)) return cron.failure
    return everComes(cron.success) || "an expression that some day matches"
  },
  { expected: "a time zone such as Europe/Berlin, and for Cron five fields that some day match, such as 0 6 * * 1-5" }
)

/** See {@link DailyFields}. */
export const Daily = DailyFields.check(isUsable)
/** See {@link CronFields}. */
export const CronTimes = CronFields.check(isUsable)

/** How often. */
export const Cadence = Schema.Union([Every, Daily, CronTimes])
export type Cadence = typeof Cadence.Type
