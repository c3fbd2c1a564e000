/** Creating a resource so that a lost answer never creates it twice (RFC 7644 §3.3). */
import { isJsonObject, type JsonObject } from "./Json.ts"
import { Clock, Duration, Effect, Result } from "effect"
import { idOf } from "./ListPage.ts"
import * as Identity from "./ScimClientIdentity.ts"
import * as Groups from "./ScimClientGroups.ts"
import type { ResourceSource } from "./ScimClientChange.ts"
import { memberIds } from "./Members.ts"
import * as Observe from "./ScimClientObserve.ts"
import { pages } from "./ScimClientList.ts"
import { lookup, type LookupSource } from "./ScimClientLookup.ts"
import { scrubJson } from "./ScimErrorScrub.ts"
import * as Request from "./ScimClientRequest.ts"
import type { Created, Projection } from "./ScimClientTypes.ts"
import * as E from "./ScimError.ts"
import type { Answer } from "./Transport.ts"

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
 * When the answer is lost (cut connection, time-out, 5xx, unreadable) the resource is looked up: found, it is the
 * result; surely absent, twice and some time apart, it is sent once more; anything else fails with the first error.
 */
const createOnce = (
  source: ResourceSource,
  target: Request.Target,
  resource: JsonObject,
  projection: Projection
): Effect.Effect<Created, E.ScimError> =>
  Effect.gen(function* () {
    const { learner, options, transport } = source
    let limited = 0
    const post = transport.call({
      method: "POST",
      path: target.path + Request.projectionQuery(projection),
      label: target.label,
      body: JSON.stringify(resource),
      retry: "unsent",
      onLimited: () => {
        limited++
      }
    })

    const looks: LookupSource = {
      pages: (query) => pages(source, Result.succeed(target), query, "query"),
      note: (quirk) => learner.note(quirk)
    }
    // Only when it is needed, which is seldom.
    const settle = Effect.suspend(() =>
      Effect.map(lookup(looks, Identity.lookupKeys(resource)), (found) =>
        found._tag === "Found" && !Identity.isSame(resource, found.hit)
          ? ({ _tag: "Taken", hit: found.hit } as const)
          : found
      )
    )

    const conflictWith = ({ detail, operation, scimType, status }: E.Conflict, hit: JsonObject | null) => {
      const scrubbed = hit === null ? null : scrubJson(hit, transport.scrub)
      return new E.Conflict({ operation, status, scimType, detail, resource: isJsonObject(scrubbed) ? scrubbed : null })
    }
    const conflicting = (error: E.Conflict) =>
      Effect.map(lookup(looks, Identity.conflictKeys(resource)), (found) =>
        conflictWith(error, found._tag === "Found" ? found.hit : null)
      )

    const read = (answer: Answer): Effect.Effect<Created, E.ScimError> => {
      const body = isJsonObject(answer.json) ? answer.json : undefined
      const created = body === undefined ? undefined : toCreated(body, "answer", answer.headers["etag"])
      if (created !== undefined) {
        Observe.answered(learner, created.resource, created.version)
        return Effect.succeed(created)
      }
      learner.note("createIdMissing")
      return Effect.flatMap(settle, (found) => {
        const settled = found._tag === "Found" ? toCreated(found.hit, "lookup") : undefined
        if (settled !== undefined) return Effect.succeed(settled)
        const id = idInLocation(answer.headers["location"], target)
        if (id === null) return Effect.fail(answer.malformed("noId"))
        return Effect.succeed({
          id,
          resource: { ...resource, ...body, id },
          version: Request.versionOf(answer.headers["etag"], body ?? null),
          settled: "answer" as const
        })
      })
    }

    let lost: E.ScimError | undefined
    for (let repeats = 0; ; repeats++) {
      const result = yield* Effect.result(post)
      if (Result.isSuccess(result)) return yield* read(result.success)
      const error = result.failure
      if (error._tag === "Conflict") {
        // After a lost answer the resource in the way may be the very one that was sent before.
        const isRepeated = lost !== undefined || limited > 0
        const found = isRepeated ? yield* settle : undefined
        const settled = found?._tag === "Found" ? toCreated(found.hit, "lookup") : undefined
        if (settled === undefined) return yield* yield* conflicting(error)
        learner.note(lost === undefined ? "rateLimitSwallowed" : "conflictAfterSuccess")
        return settled
      }
      if (!E.isUncertain(error)) return yield* error
      lost ??= error
      // A server may still be at work, or show what it has with delay: absence is believed when seen twice.
      for (let look = 0; look < 2; look++) {
        const found = yield* settle
        if (found._tag === "Found") {
          if (look > 0) learner.note("eventualConsistency")
          return toCreated(found.hit, "lookup") ?? (yield* error)
        }
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

/** Creates, with `display` on the members when the server refuses them without. */
const createShown = Effect.fnUntraced(function* (
  source: ResourceSource,
  target: Request.Target,
  resource: JsonObject,
  projection: Projection
): Effect.fn.Return<Created, E.ScimError> {
  const { learner } = source
  const isShown = learner.behaviour.memberDisplay
  const first = isShown ? Groups.withDisplay(resource) : resource
  const result = yield* Effect.result(createOnce(source, target, first, projection))
  if (Result.isSuccess(result)) return result.success
  const shown = Groups.withDisplay(resource)
  const isFormal = result.failure._tag === "InvalidRequest" && result.failure.status !== 0
  if (isShown || !isFormal || JSON.stringify(shown) === JSON.stringify(resource)) return yield* result.failure
  const again = yield* Effect.result(createOnce(source, target, shown, projection))
  if (Result.isFailure(again)) return yield* result.failure
  learner.note("memberDisplayRequired")
  learner.adapt({ memberDisplay: true })
  return again.success
})

/**
 * Creates a resource. Nulls are left out; a group's members are looked for afterwards, and added by PATCH when the server
 * ignored them, or could not take them all at once. A lost answer never creates twice: see the look-up.
 */
export const create = Effect.fnUntraced(function* (
  source: ResourceSource,
  endpoint: string,
  given: JsonObject,
  projection: Projection
): Effect.fn.Return<Created, E.ScimError> {
  const target = yield* Effect.fromResult(Request.endpointOf(endpoint))
  const resource = Request.withoutNulls(given)
  const members = memberIds(resource)
  const isLater = members.length > 0 && !source.learner.behaviour.createMembers
  const { members: _, ...bare } = resource
  const result = yield* Effect.result(createShown(source, target, isLater ? bare : resource, projection))
  const isLarge = Result.isFailure(result) && result.failure._tag === "PayloadTooLarge" && members.length > 0
  if (isLarge) source.learner.note("bodyLimit")
  const created = isLarge ? yield* createShown(source, target, bare, projection) : yield* Effect.fromResult(result)
  const one = yield* Effect.fromResult(Request.resourceOf(endpoint, created.id))
  source.newborn.add(one.path, yield* Clock.currentTimeMillis)
  const quirk = isLarge || isLater ? null : "createIgnoresMembers"
  if (members.length > 0) yield* Groups.keepMembers(source, one, members, quirk, true)
  return created
})
