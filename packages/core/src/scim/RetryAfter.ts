/** The Retry-After header in every form servers send it (RFC 9110 §10.2.3). */

/** What the header held. Only `seconds` and `date` say how long to wait. */
export type RetryAfterForm = "seconds" | "date" | "missing" | "negative" | "past" | "garbage"

/** A reading of the header. */
export interface RetryAfter {
  readonly form: RetryAfterForm
  /** Milliseconds to wait, between 0 and {@link longest}; null when the header does not say. */
  readonly waitMillis: number | null
}

/** The longest wait that is believed: one day, in milliseconds. */
export const longest = 86_400_000

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

const imfFixdate = /^[a-z]{3}, (\d{1,2}) ([a-z]{3}) (\d{4}) (\d\d):(\d\d):(\d\d) (?:gmt|utc|\+0000)$/i
const rfc850 = /^[a-z]{6,9}, (\d{1,2})-([a-z]{3})-(\d{2}) (\d\d):(\d\d):(\d\d) gmt$/i
const asctime = /^[a-z]{3} ([a-z]{3}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) (\d{4})$/i
const iso = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i

const instant = (
  year: number,
  month: string | undefined,
  ...[day, hour, minute, second]: ReadonlyArray<number>
): number | null => {
  const index = months.indexOf((month ?? "").toLowerCase())
  if (index < 0 || day === undefined || hour === undefined || minute === undefined || second === undefined) return null
  if (day < 1 || hour > 23 || minute > 59 || second > 60) return null
  const millis = Date.UTC(year, index, day, hour, minute, second)
  // The 31st of February and its like are no dates.
  return new Date(millis).getUTCMonth() === index || second === 60 ? millis : null
}

/**
 * Reads an HTTP date (RFC 9110 §5.6.7: IMF-fixdate, RFC 850, asctime) and, beyond it, ISO 8601. Milliseconds since 1970,
 * or null. `Date.parse` is not asked, as it makes a date of nearly everything, `-5` included.
 */
export const parseHttpDate = (text: string, nowMillis: number): number | null => {
  const value = text.trim()
  if (iso.test(value)) {
    const millis = Date.parse(value)
    return Number.isNaN(millis) ? null : millis
  }
  const fixed = imfFixdate.exec(value)
  if (fixed !== null) {
    const [, day, month, year, hour, minute, second] = fixed
    return instant(Number(year), month, Number(day), Number(hour), Number(minute), Number(second))
  }
  const short = rfc850.exec(value)
  if (short !== null) {
    const [, day, month, year, hour, minute, second] = short
    // Two digits more than 50 years ahead are of the century before.
    const thisYear = new Date(nowMillis).getUTCFullYear()
    const near = Math.floor(thisYear / 100) * 100 + Number(year)
    const full = near > thisYear + 50 ? near - 100 : near
    return instant(full, month, Number(day), Number(hour), Number(minute), Number(second))
  }
  const old = asctime.exec(value)
  if (old === null) return null
  const [, month, day, hour, minute, second, year] = old
  return instant(Number(year), month, Number(day), Number(hour), Number(minute), Number(second))
}

/**
 * Reads a Retry-After header.
 *
 * A date is compared with the answer's own Date header when it has one, so that a wrong clock on either side does not
 * matter. A wait in the past is none; a fraction of a second is rounded up.
 */
export const parse = (header: string | undefined, nowMillis: number, dateHeader?: string | undefined): RetryAfter => {
  const value = header?.trim() ?? ""
  if (value === "") return { form: "missing", waitMillis: null }
  if (/^\d+(?:\.\d+)?$/.test(value)) {
    return { form: "seconds", waitMillis: Math.min(Math.ceil(Number(value) * 1000), longest) }
  }
  if (/^-\d+(?:\.\d+)?$/.test(value)) return { form: "negative", waitMillis: null }
  const until = parseHttpDate(value, nowMillis)
  if (until === null) return { form: "garbage", waitMillis: null }
  const serverNow = dateHeader === undefined ? null : parseHttpDate(dateHeader, nowMillis)
  const wait = until - (serverNow ?? nowMillis)
  return wait <= 0 ? { form: "past", waitMillis: 0 } : { form: "date", waitMillis: Math.min(wait, longest) }
}
