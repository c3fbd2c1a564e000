/** Creating a resource so that a lost answer never creates it twice (RFC 7644 §3.3). */
import { Duration, Effect, Option, Result, Stream } from "effect"
import { idOf, isJsonObject, type JsonObject } from "./ListPage.ts"
import * as Identity from "./ScimClientIdentity.ts"
import type { ListSource } from "./ScimClientList.ts"
import { pages } from "./ScimClientList.ts"
import { scrubJson } from "./ScimErrorScrub.ts"
import * as Request from "./ScimClientRequest.ts"
import type { Created, Projection } from "./ScimClientTypes.ts"
import * as E from "./ScimError.ts"
import type { Answer } from "./Transport.ts"

/** What a look-up found. Only `Absent` allows to create once more. */
type Lookup =
  | { readonly _tag: "Found"; readonly hit: JsonObject }
  | { readonly _tag: "Absent" }
  | { readonly _tag: "Unknown" }

const lookupPages = 1000

/** Looks for a resource by one key; hits are verified, and a list that ignores the filter is read to its end. */
const lookupBy = Effect.fnUntraced(function* (
  source: ListSource,
  target: Request.Target,
  key: Identity.LookupKey
): Effect.fn.Return<Lookup> {
  let isComplete = true
  for (const filter of key.filters) {
    const found = yield* pages(
      source,
      Result.succeed(target),
      { filter, matches: key.matches, maxPages: lookupPages },
      "query"
    ).pipe(
      Stream.filter(({ resources, verdict }) => resources.length > 0 || verdict !== null),
      Stream.runHead,
      Effect.result
    )
    const page = Result.isSuccess(found) ? Option.getOrUndefined(found.success) : undefined
    const hit = page?.resources[0]
    if (hit !== undefined) return { _tag: "Found", hit }
    isComplete &&= page?.verdict?._tag === "Complete"
  }
  return { _tag: isComplete ? "Absent" : "Unknown" }
})

/** Looks by each key in turn until one finds something. */
const lookup = Effect.fnUntraced(function* (
  source: ListSource,
  target: Request.Target,
  keys: ReadonlyArray<Identity.LookupKey>
): Effect.fn.Return<Lookup> {
  let first: Lookup = { _tag: "Unknown" }
  for (const [index, key] of keys.entries()) {
    const found = yield* lookupBy(source, target, key)
    if (found._tag === "Found") return found
    // The surest key decides: what has another user name is not what was sent.
    if (index === 0) first = found
  }
  return first
})

const toCreated = (hit: JsonObject, settled: Created["settled"], etag?: string): Created | undefined => {
  const id = idOf(hit)
  return id === null ? undefined : { id, resource: hit, version: Request.versionOf(etag, hit), settled }
}

/** The id at the end of a Location, however it is encoded; the rest of it is not trusted. */
const idInLocation = (location: string | undefined, target: Request.Target): string | null => {
  const [, id] = /\/([^/?#]+)\/*(?:[?#].*)?$/.exec(location ?? "") ?? []
  if (id === undefined || id === target.path.slice(1)) return null
  return Result.getOrElse(
    Result.try(() => decodeURIComponent(id)),
    () => id
  )
}

/**
 * Creates a resource.
 *
 * When the answer is lost (cut connection, time-out, 5xx, unreadable) the resource is looked up: found, it is the
 * result; surely absent, twice and some time apart, it is sent once more; anything else fails with the first error.
 */
export const create = (
  source: ListSource,
  endpoint: string,
  resource: JsonObject,
  projection: Projection
): Effect.Effect<Created, E.ScimError> =>
  Effect.gen(function* () {
    const { options, transport } = source
    const target = yield* Effect.fromResult(Request.endpointOf(endpoint))
    const keys = Identity.lookupKeys(resource)
    const post = transport.call({
      method: "POST",
      path: target.path + Request.projectionQuery(projection),
      label: target.label,
      body: JSON.stringify(resource),
      retry: "unsent"
    })

    const settle = Effect.map(lookup(source, target, keys), (found) =>
      found._tag === "Found" && !Identity.isSame(resource, found.hit)
        ? ({ _tag: "Taken", hit: found.hit } as const)
        : found
    )

    const conflictWith = ({ detail, operation, scimType, status }: E.Conflict, hit: JsonObject | null) => {
      const scrubbed = hit === null ? null : scrubJson(hit, transport.scrub)
      return new E.Conflict({ operation, status, scimType, detail, resource: isJsonObject(scrubbed) ? scrubbed : null })
    }
    const conflicting = (error: E.Conflict) =>
      Effect.map(lookup(source, target, Identity.conflictKeys(resource)), (found) =>
        conflictWith(error, found._tag === "Found" ? found.hit : null)
      )

    const read = Effect.fnUntraced(function* (answer: Answer): Effect.fn.Return<Created, E.ScimError> {
      const body = isJsonObject(answer.json) ? answer.json : undefined
      const created = body === undefined ? undefined : toCreated(body, "answer", answer.headers["etag"])
      if (created !== undefined) return created
      const found = yield* settle
      const settled = found._tag === "Found" ? toCreated(found.hit, "lookup") : undefined
      if (settled !== undefined) return settled
      const id = idInLocation(answer.headers["location"], target)
      if (id === null) return yield* answer.malformed("noId")
      return {
        id,
        resource: { ...resource, ...body, id },
        version: Request.versionOf(answer.headers["etag"], body ?? null),
        settled: "answer"
      }
    })

    let lost: E.ScimError | undefined
    for (let repeats = 0; ; repeats++) {
      const result = yield* Effect.result(post)
      if (Result.isSuccess(result)) return yield* read(result.success)
      const error = result.failure
      if (error._tag === "Conflict") {
        // After a lost answer the resource in the way may be the very one that was sent before.
        const found = lost === undefined ? undefined : yield* settle
        const settled = found?._tag === "Found" ? toCreated(found.hit, "lookup") : undefined
        return settled ?? (yield* yield* conflicting(error))
      }
      if (!E.isUncertain(error)) return yield* error
      lost ??= error
      // A server may still be at work, or show what it has with delay: absence is believed when seen twice.
      for (let look = 0; look < 2; look++) {
        const found = yield* settle
        if (found._tag === "Found") return toCreated(found.hit, "lookup") ?? (yield* error)
        if (found._tag === "Taken") {
          const fields = { operation: error.operation, status: 409, scimType: "uniqueness", detail: null }
          return yield* conflictWith(new E.Conflict({ ...fields, resource: null }), found.hit)
        }
        if (found._tag === "Unknown") return yield* error
        if (look === 0) yield* Effect.sleep(Duration.toMillis(options.retryDelay) * 4)
      }
      // An answer that claims success and cannot be read was no refusal, so nothing is sent again.
      if (error._tag === "Malformed" || repeats >= options.maxRetries) return yield* error
    }
  })
