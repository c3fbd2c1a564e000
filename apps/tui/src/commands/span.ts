/** Spans of time as people write them in flags: `90s`, `15m`, `24h`, `7d`. */
import { Duration, Effect } from "effect"
import { codes, Ended } from "../Exit.ts"

const units = { s: 1, m: 60, h: 3600, d: 86_400 } as const

/** Reads the value of a flag; at least a second, at most a year. */
export const spanOf = (flag: string, text: string): Effect.Effect<Duration.Duration, Ended> => {
  const [, count = "", unit = ""] = /^([0-9]{1,8})(s|m|h|d)$/.exec(text.trim()) ?? []
  const size = unit === "s" || unit === "m" || unit === "h" || unit === "d" ? units[unit] : 0
  const seconds = Number(count) * size
  if (seconds >= 1 && seconds <= 366 * units.d) return Effect.succeed(Duration.seconds(seconds))
  const detail = `--${flag} is a time such as 90s, 15m, 24h or 7d, from a second to a year; "${text}" is none.`
  return Effect.fail(new Ended({ code: codes.usage, reason: "NoSpan", detail }))
}
