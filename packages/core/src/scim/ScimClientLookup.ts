/** Looking for a resource by what it is known by, on servers that may ignore the filter. */
import { Effect, Option, Result, Stream } from "effect"
import type { JsonObject } from "./Json.ts"
import type { Quirk } from "./Quirk.ts"
import type { LookupKey } from "./ScimClientIdentity.ts"
import { incomplete, type ListIncomplete } from "./ScimClientList.ts"
import type { ListedPage, ListQuery } from "./ScimClientTypes.ts"
import type { ScimError } from "./ScimError.ts"

/** What a look-up found. Only `Absent` allows to create. */
export type Lookup =
  | { readonly _tag: "Found"; readonly hit: JsonObject }
  | { readonly _tag: "Absent" }
  /** Not everything could be read; `error` is null when there is nothing to look by. */
  | { readonly _tag: "Unknown"; readonly error: ScimError | ListIncomplete | null }

/** Where is looked. */
export interface LookupSource {
  readonly pages: (query: ListQuery) => Stream.Stream<ListedPage, ScimError>
  /** Told what the server turns out to do. */
  readonly note: (quirk: Quirk) => void
}

const lookupPages = 1000

/** Looks by one key; hits are verified, and a list that ignores the filter is read to its end. */
const lookupBy = Effect.fnUntraced(function* ({ note, pages }: LookupSource, key: LookupKey): Effect.fn.Return<Lookup> {
  let unsure: ScimError | ListIncomplete | undefined
  let strangers = 0
  const matches = (hit: JsonObject) => {
    const isMatch = key.matches(hit)
    if (!isMatch) strangers++
    return isMatch
  }
  for (const [spelling, filter] of key.filters.entries()) {
    const found = yield* pages({ filter, matches, maxPages: lookupPages }).pipe(
      Stream.filter(({ resources, verdict }) => resources.length > 0 || verdict !== null),
      Stream.runHead,
      Effect.result
    )
    if (strangers > 0) note("firstHitUnrelated")
    if (Result.isFailure(found)) {
      unsure ??= found.failure
      continue
    }
    const page = Option.getOrUndefined(found.success)
    const hit = page?.resources[0]
    if (hit !== undefined) {
      if (spelling > 0) note("filterCaseSensitive")
      return { _tag: "Found", hit }
    }
    const verdict = page?.verdict ?? null
    // A page without a hit is the last one, which always has a verdict.
    if (verdict === null) return yield* Effect.die(new Error("a list ended without a verdict"))
    unsure ??= incomplete("look-up", verdict)
  }
  return unsure === undefined ? { _tag: "Absent" } : { _tag: "Unknown", error: unsure }
})

/**
 * Looks by each key in turn until one finds something. What has another user name is not what was sent, so nobody of that
 * user name means absent; without one, nobody may have any of the keys: some servers forget external ids, and take any
 * number of groups of one name.
 */
export const lookup = Effect.fnUntraced(function* (
  source: LookupSource,
  keys: ReadonlyArray<LookupKey>
): Effect.fn.Return<Lookup> {
  const missed: Array<{ readonly key: LookupKey; readonly found: Lookup }> = []
  for (const key of keys) {
    const found = yield* lookupBy(source, key)
    if (found._tag === "Found") return found
    missed.push({ key, found })
  }
  const deciding =
    missed.find(({ key }) => key.attribute === "userName") ?? missed.find(({ found }) => found._tag === "Unknown")
  return (deciding ?? missed[0])?.found ?? { _tag: "Unknown", error: null }
})
