/**
 * Carrying out many actions in bulk requests (RFC 7644 §3.7), for servers that were proven to take them.
 *
 * What is not fit for bulk goes by itself: a change that the server takes only in parts, one larger than its limits, and
 * one with a text that would be taken for a reference. Roles are read back singly, since answers in bulk seldom show
 * resources; so is who is in the way of a creation, and whether what was to be removed is gone.
 */
import { Effect, Result } from "effect"
import type { Action } from "../provisioning/Action.ts"
import * as Bulk from "../scim/Bulk.ts"
import type { BulkOutcome } from "../scim/BulkResponse.ts"
import * as PatchForm from "../scim/PatchForm.ts"
import type { Behaviour, Profile } from "../scim/Profile.ts"
import type { ScimClientOperations } from "../scim/ScimClient.ts"
import { conflictKeys } from "../scim/ScimClientIdentity.ts"
import * as Request from "../scim/ScimClientRequest.ts"
import * as E from "../scim/ScimError.ts"
import { toError } from "../scim/ScimErrorAnswer.ts"
import { perform as performOne, settled } from "./Perform.ts"
import { look, ofConflict } from "./PerformCreate.ts"
import { doubtAfter, operationsOf } from "./PerformPatch.ts"
import { created, ifGone, type UserAction, wantedOf } from "./PerformUser.ts"
import { done, forgotten, isOfConnection, kept, type Performed } from "./Verdict.ts"

/** An action that can be one of many in a request: it needs no id but its own. */
export type BulkAction = UserAction | Extract<Action, { readonly _tag: "GroupDelete" }>

/** How one of them went. */
export type BulkResult =
  | (Performed & { readonly _tag: "Performed" })
  /** It may have been carried out: to be performed singly, in doubt. */
  | { readonly _tag: "Unanswered" }
  /** It surely was not carried out. */
  | { readonly _tag: "NotSent" }

/** How all of them went. */
export interface BulkPerformed {
  /** One per action, in the order given. */
  readonly results: ReadonlyArray<BulkResult>
  /** What concerns the whole connection and ended it early. Null otherwise; bulk itself may have been refused, see the profile. */
  readonly stoppedBy: E.ScimError | null
}

/** Whether an action can be one of many. */
export const isBulkable = (action: Action): action is BulkAction => {
  switch (action._tag) {
    case "Create":
    case "Update":
    case "RoleChange":
    case "Reactivate":
    case "Adopt":
    case "Deactivate":
    case "Delete":
    case "GroupDelete":
      return true
    default:
      return false
  }
}

/** What a server says it takes in one request, or what most do. */
export const limitsOf = ({ claims }: Pick<Profile, "claims">): Bulk.BulkLimits => ({
  maxOperations: claims?.maxOperations ?? 100,
  maxPayloadSize: claims?.maxPayloadSize ?? 1_000_000
})

const endpointOf = ({ _tag }: BulkAction) => (_tag === "GroupDelete" ? "Groups" : "Users")

const changeOf = (action: BulkAction, bulkId: string, behaviour: Behaviour): Bulk.BulkOperation | null => {
  if (action._tag === "Create") {
    return { method: "POST", path: "/Users", bulkId, data: Request.withoutNulls(action.resource) }
  }
  const target = Request.resourceOf(endpointOf(action), action.id)
  if (Result.isFailure(target)) return null
  const { path } = target.success
  if (action._tag === "Delete" || action._tag === "GroupDelete") return { method: "DELETE", path }
  const operations = operationsOf(action.operations)
  if (Result.isFailure(operations)) return null
  const [only, ...others] = PatchForm.encode(operations.success, behaviour)
  return only === undefined || others.length > 0
    ? null
    : { method: "PATCH", path, data: JSON.parse(Request.patchBody(only)) }
}

/** The operation of an action; null for one that has to go by itself. */
const operationOf = (
  action: BulkAction,
  bulkId: string,
  behaviour: Behaviour,
  limits: Bulk.BulkLimits
): Bulk.BulkOperation | null => {
  const operation = changeOf(action, bulkId, behaviour)
  if (operation === null || Bulk.referencesOf(operation).size > 0) return null
  return Result.isSuccess(Bulk.takeBatch([operation], [[0]], new Map(), limits, null)) ? operation : null
}

/** The error that the same request would have met by itself. */
const errorOf = (action: BulkAction, { error, status }: Extract<BulkOutcome, { readonly _tag: "Failed" }>) => {
  const isRemoval = action._tag === "Delete" || action._tag === "GroupDelete"
  const one = `/${endpointOf(action)}/{id}`
  const operation = action._tag === "Create" ? "POST /Users" : `${isRemoval ? "DELETE" : "PATCH"} ${one}`
  const answer = { operation, status, headers: {}, body: JSON.stringify(error), url: "", nowMillis: 0 }
  // It was scrubbed when it was read.
  return toError(answer, (text) => text)
}

const succeeded = (
  client: ScimClientOperations,
  action: BulkAction,
  { id, resource }: Extract<BulkOutcome, { readonly _tag: "Done" }>
): Effect.Effect<Performed | null, E.ScimError> => {
  switch (action._tag) {
    case "Create":
      // Somebody was created, and only a look tells who.
      return Effect.succeed(id === null ? null : created(action, { id, by: "answer", resource: resource ?? {} }))
    case "Delete":
    case "GroupDelete":
      return Effect.succeed(done(action.id, "answer", null, forgotten(endpointOf(action), action.id)))
    default: {
      const managed = kept("Users", action.id, action.key)
      // Reading everybody who was deactivated would undo what bulk is for.
      const changes = resource === null ? action.changes.filter(({ path }) => path !== "active") : action.changes
      return Effect.map(doubtAfter(client, action.id, changes, resource), (doubt) =>
        done(action.id, "answer", doubt, managed)
      )
    }
  }
}

/** What a refusal comes to: as by itself, after a look where that takes one. */
const refused = Effect.fnUntraced(function* (
  client: ScimClientOperations,
  action: BulkAction,
  error: E.ScimError,
  gate: Effect.Effect<void, E.ScimError>
): Effect.fn.Return<Performed, E.ScimError> {
  if (action._tag === "Create" && error._tag === "Conflict") {
    yield* gate
    const wanted = wantedOf(action)
    const found = yield* look(client, wanted, conflictKeys(action.resource))
    const unsure = found._tag === "Unknown" && found.error?._tag !== "ListIncomplete" ? found.error : null
    if (unsure !== null && isOfConnection(unsure)) return yield* unsure
    const { detail, operation, scimType, status } = error
    const resource = found._tag === "Found" ? found.hit : null
    const made = ofConflict(wanted, new E.Conflict({ operation, status, scimType, detail, resource }), false)
    return created(action, yield* Effect.fromResult(made))
  }
  const isDeparture = action._tag === "Deactivate" || action._tag === "Delete" || action._tag === "GroupDelete"
  if (isDeparture && error._tag === "NotFound") return yield* ifGone(client, endpointOf(action), action.id, error)
  return yield* error
})

const nothing = Effect.succeed({ outcomes: [], requests: 0, stoppedBy: null })

/** Carries them out; never fails, so that no outcome is lost. */
export const perform = Effect.fnUntraced(function* (
  client: ScimClientOperations,
  actions: ReadonlyArray<BulkAction>,
  limits: Bulk.BulkLimits
): Effect.fn.Return<BulkPerformed> {
  const { behaviour } = yield* client.profile
  let stoppedBy: E.ScimError | null = null
  const notSent: BulkResult = { _tag: "NotSent" }
  const unanswered: BulkResult = { _tag: "Unanswered" }

  const operations = actions.map((action, position) => operationOf(action, String(position), behaviour, limits))
  const sent = operations.filter((operation) => operation !== null)
  const result = yield* Effect.result(sent.length === 0 ? nothing : client.bulk(sent, limits))
  const ended = Result.isSuccess(result) ? result.success.stoppedBy : result.failure
  // What could make it impossible goes by itself.
  if (ended?._tag === "BulkNotPossible") return yield* Effect.die(ended)
  if (ended !== null && isOfConnection(ended)) stoppedBy = ended
  // The server does without bulk, whatever it said before, so that the rest goes singly from now on.
  else if (ended !== null) yield* client.adapt({ bulk: false })
  const outcomes = Result.isSuccess(result) ? [...result.success.outcomes] : []

  // What was learnt already is kept, but nothing more is asked once the connection is known to be at fault.
  const gate = Effect.suspend(() => (stoppedBy === null ? Effect.void : Effect.fail(stoppedBy)))
  const careful: ScimClientOperations = {
    ...client,
    get: (...asked) => Effect.andThen(gate, client.get(...asked))
  }

  const after = Effect.fnUntraced(function* (effect: Effect.Effect<Performed | null, E.ScimError>, failed: BulkResult) {
    const performed = yield* Effect.result(effect)
    if (Result.isSuccess(performed)) {
      return performed.success === null ? unanswered : ({ _tag: "Performed", ...performed.success } as const)
    }
    stoppedBy ??= performed.failure
    return E.isUncertain(performed.failure) ? unanswered : failed
  })

  const answered = (action: BulkAction, outcome: BulkOutcome): Effect.Effect<BulkResult> => {
    switch (outcome._tag) {
      case "NotSent":
        return Effect.succeed(notSent)
      case "Unanswered":
        return Effect.succeed(unanswered)
      case "Done":
        return after(succeeded(careful, action, outcome), unanswered)
      case "Failed": {
        const error = errorOf(action, outcome)
        if (!isOfConnection(error)) return after(settled(refused(careful, action, error, gate)), unanswered)
        if (E.isUncertain(error)) return Effect.succeed(unanswered)
        stoppedBy ??= error
        return Effect.succeed(notSent)
      }
    }
  }

  const alone = (action: BulkAction) =>
    Effect.suspend(() =>
      stoppedBy === null
        ? after(performOne(client, action, { inDoubt: false, idOf: () => null }), notSent)
        : Effect.succeed(notSent)
    )

  let position = 0
  const pairs = actions.map((action, index) => {
    const outcome =
      operations[index] === null ? null : (outcomes[position++] ?? ({ _tag: "NotSent", reason: "stopped" } as const))
    return { action, outcome }
  })
  const together = yield* Effect.forEach(
    pairs,
    ({ action, outcome }) =>
      Effect.map(outcome === null ? Effect.succeed(null) : answered(action, outcome), (result) => ({ action, result })),
    { concurrency: "unbounded" }
  )
  const results = yield* Effect.forEach(
    together,
    ({ action, result }) => (result === null ? alone(action) : Effect.succeed(result)),
    { concurrency: "unbounded" }
  )
  return { results, stoppedBy }
})
