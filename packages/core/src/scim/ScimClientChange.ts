/** Reading and changing one resource (RFC 7644 §3.4.1, §3.5, §3.6), with what servers get wrong about it. */
import { isJsonObject, type JsonObject } from "./Json.ts"
import { Effect, Result } from "effect"
import { idOf } from "./ListPage.ts"
import * as Groups from "./ScimClientGroups.ts"
import type { Newborn } from "./ScimClientNewborn.ts"
import { memberIds } from "./Members.ts"
import * as Observe from "./ScimClientObserve.ts"
import { type ChangeSource, patch as sendPatch } from "./ScimClientPatch.ts"
import * as Request from "./ScimClientRequest.ts"
import type { Changed, ChangeOptions, PatchOperation, Projection, Versioned } from "./ScimClientTypes.ts"
import type { ScimError } from "./ScimError.ts"
import type { Answer, Call } from "./Transport.ts"
import type { ResolvedOptions } from "./TransportOptions.ts"

/** What operations on one resource need. */
export interface ResourceSource extends ChangeSource {
  readonly options: ResolvedOptions
  /** Where what is created is remembered for a moment. */
  readonly newborn: Newborn
}

/** Whether whole resources are asked for: parts of one show nothing of what the server leaves out. */
const isWhole = ({ attributes, excludedAttributes }: Projection): boolean =>
  attributes === undefined && excludedAttributes === undefined

/** Reads an answer that has to be a resource. */
export const toVersioned = (
  source: ChangeSource,
  answer: Answer,
  projection: Projection
): Effect.Effect<Versioned, ScimError> => {
  const { json } = answer
  if (!isJsonObject(json)) return Effect.fail(answer.malformed("notObject"))
  const version = Request.versionOf(answer.headers["etag"], json)
  if (isWhole(projection)) Observe.answered(source.learner, json, version)
  return Effect.succeed({ resource: json, version })
}

/** A change succeeded whatever its answer holds: a body that is no resource is as good as none. */
const toChanged = ({ learner }: ChangeSource, { headers, json, status }: Answer, projection: Projection): Changed => {
  const resource = isJsonObject(json) && idOf(json) !== null ? json : null
  const version = Request.versionOf(headers["etag"], resource)
  if (resource !== null && isWhole(projection)) Observe.answered(learner, resource, version)
  return { resource, version, status }
}

/** Reads one. */
export const get = Effect.fnUntraced(function* (
  source: ResourceSource,
  endpoint: string,
  id: string,
  projection: Projection = {}
): Effect.fn.Return<Versioned, ScimError> {
  const { label, path } = yield* Effect.fromResult(Request.resourceOf(endpoint, id))
  const query = Request.projectionQuery(projection)
  const ask = source.transport.call({ method: "GET", path: path + query, label, retry: "always" })
  return yield* toVersioned(source, yield* ask, projection)
})

/** The condition to send, unless versions mean nothing to the server. */
const conditionOf = ({ learner }: ChangeSource, options: ChangeOptions, resource: JsonObject | null): string | null => {
  const version =
    options.version === undefined ? Request.versionOf(undefined, resource) : Request.toEntityTag(options.version)
  if (version === null || !learner.behaviour.conditions) return null
  return learner.has("etagConstant") ? null : version
}

/**
 * Sends a conditional change. When the server calls its own present version stale, versions mean nothing to it and are
 * left out from then on; when the version did change, the failure stands: somebody else was there.
 */
const conditionally = Effect.fnUntraced(function* (
  source: ResourceSource,
  { label, path }: Request.Target,
  condition: string | null,
  send: (ifMatch: string | null) => Effect.Effect<Answer, ScimError>
): Effect.fn.Return<Answer, ScimError> {
  const result = yield* Effect.result(send(condition))
  if (Result.isSuccess(result)) return result.success
  if (result.failure._tag !== "PreconditionFailed" || condition === null) return yield* result.failure
  const now = yield* Effect.result(source.transport.call({ method: "GET", path, label, retry: "always" }))
  const answer = Result.getOrUndefined(now)
  const json = answer?.json
  const version = Request.versionOf(answer?.headers["etag"], isJsonObject(json) ? json : null)
  if (version !== condition) return yield* result.failure
  source.learner.note("preconditionStale")
  source.learner.adapt({ conditions: false })
  return yield* send(null)
})

/** Patches. */
export const patch = Effect.fnUntraced(function* (
  source: ResourceSource,
  endpoint: string,
  id: string,
  operations: ReadonlyArray<PatchOperation>,
  options: ChangeOptions = {}
): Effect.fn.Return<Changed, ScimError> {
  const target = yield* Effect.fromResult(Request.resourceOf(endpoint, id))
  if (options.asGiven === true) {
    const path = target.path + Request.projectionQuery(options)
    const body = Request.patchBody(operations)
    const ifMatch = Request.toEntityTag(options.version)
    const call: Call = { method: "PATCH", path, label: target.label, body, ifMatch, retry: "unsent" }
    return toChanged(source, yield* source.transport.call(call), options)
  }
  const answer = yield* conditionally(source, target, conditionOf(source, options, null), (ifMatch) =>
    sendPatch(source, { target, operations, ifMatch, projection: options })
  )
  Observe.contradicted(source.learner, "patch")
  const changed = toChanged(source, answer, options)
  if (target.label !== "/Groups/{id}") return changed
  const resource = yield* Groups.keepName(source, target, operations, changed.resource)
  return resource === changed.resource
    ? changed
    : { ...changed, resource, version: Request.versionOf(undefined, resource) }
})

/** A replacement without `active` suspends people on some servers, so it is sent as it is there. */
const withActive = Effect.fnUntraced(function* (
  source: ResourceSource,
  { label, path }: Request.Target,
  resource: JsonObject
): Effect.fn.Return<JsonObject, ScimError> {
  if (typeof resource["userName"] !== "string" || resource["active"] !== undefined) return resource
  const { json } = yield* source.transport.call({ method: "GET", path, label, retry: "always" })
  const active = isJsonObject(json) ? json["active"] : undefined
  if (active === undefined || active === null) return resource
  return { ...resource, active: String(active).toLowerCase() === "true" }
})

/** Replaces. */
export const replace = Effect.fnUntraced(function* (
  source: ResourceSource,
  endpoint: string,
  id: string,
  given: JsonObject,
  options: ChangeOptions = {}
): Effect.fn.Return<Changed, ScimError> {
  const target = yield* Effect.fromResult(Request.resourceOf(endpoint, id))
  const whole = Request.withoutNulls(yield* withActive(source, target, given))
  const resource = source.learner.behaviour.memberDisplay ? Groups.withDisplay(whole) : whole
  const members = Array.isArray(resource["members"]) ? memberIds(resource) : null
  const put = conditionally(source, target, conditionOf(source, options, resource), (ifMatch) =>
    source.transport.call({
      method: "PUT",
      path: target.path + Request.projectionQuery(options),
      label: target.label,
      body: JSON.stringify(resource),
      ifMatch,
      // A repeated PUT with a condition would meet its own change and be told that somebody else made it.
      retry: ifMatch === null ? "always" : "unsent"
    })
  )
  const result = yield* Effect.result(put)
  if (Result.isSuccess(result)) {
    if (members !== null) yield* Groups.keepMembers(source, target, members, "replaceIgnoresMembers")
    return toChanged(source, result.success, options)
  }
  if (result.failure._tag !== "PayloadTooLarge" || members === null) return yield* result.failure
  // Too many members for one request: the rest of the group is changed by PATCH, and the members in parts.
  source.learner.note("bodyLimit")
  const operations = Request.replacements(resource)
  if (operations.length > 0) yield* patch(source, endpoint, id, operations, options)
  yield* Groups.keepMembers(source, target, members, null)
  const { resource: now, version } = yield* get(source, endpoint, id, options)
  return { resource: now, version, status: 200 }
})

/** Deletes. */
export const remove = Effect.fnUntraced(function* (
  source: ResourceSource,
  endpoint: string,
  id: string,
  options: Pick<ChangeOptions, "version"> = {}
): Effect.fn.Return<void, ScimError> {
  const target = yield* Effect.fromResult(Request.resourceOf(endpoint, id))
  yield* conditionally(source, target, conditionOf(source, options, null), (ifMatch) =>
    source.transport.call({ method: "DELETE", ...target, ifMatch, retry: "always", isGoneDone: true })
  )
})
