/** A token bucket per key: so many requests per second for long, twice as many at once. */

/** A bucket as it was left. */
export interface Bucket {
  readonly tokens: number
  /** Milliseconds. */
  readonly at: number
}

/** Takes one token; without one, says how long it takes until there is one. */
export const take = (
  bucket: Bucket | undefined,
  now: number,
  perSecond: number
): { readonly bucket: Bucket; readonly waitMillis: number } => {
  const capacity = perSecond * 2
  const { at, tokens } = bucket ?? { at: now, tokens: capacity }
  const filled = Math.min(capacity, tokens + (Math.max(0, now - at) / 1000) * perSecond)
  return filled >= 1
    ? { bucket: { tokens: filled - 1, at: now }, waitMillis: 0 }
    : { bucket: { tokens: filled, at: now }, waitMillis: Math.ceil(((1 - filled) / perSecond) * 1000) }
}

/** Buckets by caller. Only callers with a valid key or token get one, so there are never more than those. */
export const make = (perSecond: number): ((caller: string, now: number) => number) => {
  const buckets = new Map<string, Bucket>()
  return (caller, now) => {
    const { bucket, waitMillis } = take(buckets.get(caller), now, perSecond)
    buckets.set(caller, bucket)
    return waitMillis
  }
}
