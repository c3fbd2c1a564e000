/** How far a command on many objects has come: a line that is drawn again and again, and one for logs at the end. */
import type { Glyphs } from "./Glyphs.ts"

/** Where it stands. */
export interface Progress {
  /** What is done to each, in the past: "deactivated". */
  readonly label: string
  /** Objects that are through, failed ones included. */
  readonly done: number
  readonly total: number
  /** Of these, how many failed. */
  readonly failed: number
  readonly elapsedMillis: number
}

/** A time in words of at most two units, such as `1 min 05 s`. */
export const duration = (millis: number): string => {
  const seconds = Math.ceil(millis / 1000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${String(seconds % 60).padStart(2, "0")} s`
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`
}

/** Objects a second or, when they are few, a minute; null before the first. */
export const rate = ({ done, elapsedMillis }: Pick<Progress, "done" | "elapsedMillis">): string | null => {
  if (done === 0 || elapsedMillis <= 0) return null
  const perSecond = (done * 1000) / elapsedMillis
  if (perSecond >= 10) return `${Math.round(perSecond)}/s`
  return perSecond >= 1 ? `${perSecond.toFixed(1)}/s` : `${Math.max(1, Math.round(perSecond * 60))}/min`
}

/** How long the rest takes at the rate so far; null when that cannot be told. */
const remaining = ({ done, elapsedMillis, total }: Progress): number | null =>
  done === 0 || done >= total ? null : ((total - done) * elapsedMillis) / done

const widestBar = 30
const narrowestBar = 5

/** A bar of so many characters. */
export const bar = (
  { done, total }: Pick<Progress, "done" | "total">,
  { empty, full }: Glyphs,
  width: number
): string => {
  const filled = total === 0 ? width : Math.floor((Math.min(done, total) / total) * width)
  return full.repeat(filled) + empty.repeat(width - filled)
}

/**
 * One line for a terminal of so many columns, never longer, without colour and control characters. Where it gets narrow
 * the bar goes first, then the end of the text.
 */
export const line = (progress: Progress, glyphs: Glyphs, columns: number): string => {
  const { done, failed, label, total } = progress
  const speed = rate(progress)
  const rest = remaining(progress)
  const right = [
    `${done}/${total}`,
    ...(speed === null ? [] : [speed]),
    ...(rest === null ? [] : [`${duration(rest)} left`]),
    ...(failed === 0 ? [] : [`${failed} failed`])
  ].join("  ")
  // The last column stays free: some terminals go to the next line when it is written.
  const space = columns - 1 - label.length - right.length - 4
  const width = Math.min(widestBar, space)
  const text = width < narrowestBar ? `${label}  ${right}` : `${label}  ${bar(progress, glyphs, width)}  ${right}`
  return text.slice(0, Math.max(0, columns - 1))
}

/** What is left of it at the end where nothing can be drawn, such as in a log. */
export const ended = (progress: Progress): string => {
  const { done, elapsedMillis, failed, label, total } = progress
  const speed = rate(progress)
  const failures = failed === 0 ? "" : `, ${failed} failed`
  return `${label}: ${done} of ${total} in ${duration(elapsedMillis)}${speed === null ? "" : ` (${speed})`}${failures}`
}
