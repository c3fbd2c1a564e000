/**
 * The rate after a refusal, as a function of time alone: up to the target on a curve that flattens, level there, then up
 * again on a curve that steepens. It is the idea of CUBIC (RFC 9438) with a longer level part, since every refusal costs
 * the whole pause that the server asks for.
 */

/** `guess`: read from the past. `firm`: held for long, or exceeded. `shaken`: firm once, and refused soon after. */
export type Trust = "guess" | "shaken" | "firm"

/** A rate over time. */
export interface Curve {
  /** Requests per second at the beginning. */
  readonly start: number
  /** Requests per second of the level part. */
  readonly target: number
  /** When it began. Time in which the rate was not used is left out by moving this. */
  readonly since: number
  /** How long it stays level, in milliseconds. */
  readonly hold: number
  /** How long it takes afterwards to grow by a twentieth, in milliseconds. */
  readonly unit: number
  readonly trust: Trust
}

// For a gap of a quarter or more; a smaller one takes a part of it. Steeper, and many would be refused at the limit.
const longestRise = 5500

/** How long the curve takes to its level part, in milliseconds. */
export const rise = ({ start, target }: Curve): number => longestRise * Math.min(1, 4 * (1 - start / target))

/** Whether the level part is over, so that the rate is an attempt. */
export const isProbing = (curve: Curve, now: number): boolean => now - curve.since > rise(curve) + curve.hold

/** Requests per second at this time. */
export const rateAt = (curve: Curve, now: number): number => {
  const { hold, start, target, unit } = curve
  const elapsed = Math.max(0, now - curve.since)
  const rising = rise(curve)
  if (elapsed < rising) return target - (target - start) * (1 - elapsed / rising) ** 2
  const beyond = elapsed - rising - hold
  return beyond <= 0 ? target : target * (1 + 0.05 * (beyond / unit) ** 3)
}
