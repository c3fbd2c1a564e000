/** PATCH in the form the server understands: other forms are tried after a refusal, and the one that is taken is kept. */
import { Effect, Result } from "effect"
import { isJsonObject } from "./Json.ts"
import { shownMembers } from "./Members.ts"
import * as PatchForm from "./PatchForm.ts"
import type { Behaviour, Learner } from "./Profile.ts"
import * as Request from "./ScimClientRequest.ts"
import type { PatchOperation, Projection } from "./ScimClientTypes.ts"
import type { ScimError } from "./ScimError.ts"
import type { Answer, Transport } from "./Transport.ts"

/** What changes to one resource need. */
export interface ChangeSource {
  readonly transport: Transport
  readonly learner: Learner
}

/** What is asked for. */
export interface PatchCall {
  readonly target: Request.Target
  readonly operations: ReadonlyArray<PatchOperation>
  /** For the first request only: later ones meet the version that the first one made. */
  readonly ifMatch: string | null
  readonly projection: Projection
}

/** The ids of a group's members as the server shows them; null when it does not show any, even when asked by name. */
export const membersOf = Effect.fnUntraced(function* (
  { learner, transport }: ChangeSource,
  target: Request.Target
): Effect.fn.Return<ReadonlyArray<string> | null, ScimError> {
  const read = (query: string) =>
    Effect.map(
      transport.call({ method: "GET", path: target.path + query, label: target.label, retry: "always" }),
      ({ json }) => (isJsonObject(json) ? shownMembers(json) : null)
    )
  if (!learner.has("readsWithoutMembers")) {
    const shown = yield* read("")
    if (shown !== null) return shown
  }
  const asked = yield* read(Request.projectionQuery({ attributes: ["members"] }))
  if (asked !== null && asked.length > 0) learner.note("readsWithoutMembers")
  return asked
})

/** Refusals that another form may escape. A value that is taken, unknown or protected stays so in any form. */
const isFormal = (error: ScimError): boolean =>
  error._tag === "InvalidRequest" &&
  error.status !== 0 &&
  !["noTarget", "mutability", "sensitive", "uniqueness"].includes(error.scimType ?? "")

const isTooLarge = (error: ScimError): boolean => error._tag === "PayloadTooLarge" || error._tag === "TooMany"

// Servers that limit a PATCH take 100 members or operations and more, and not all of them say so with 413.
const smallestSilentLimit = 50

/** Sends a PATCH; the answer is the last request's. */
export const patch = Effect.fnUntraced(function* (
  source: ChangeSource,
  { ifMatch, operations, projection, target }: PatchCall
): Effect.fn.Return<Answer, ScimError> {
  const { learner, transport } = source
  const label = target.label
  const path = target.path + Request.projectionQuery(projection)

  const send = Effect.fnUntraced(function* (behaviour: Behaviour): Effect.fn.Return<Answer, ScimError> {
    const members = PatchForm.needsMembers(operations, behaviour) ? yield* membersOf(source, target) : null
    const isEmpty = operations.length === 0
    const requests = isEmpty ? [[]] : PatchForm.encode(operations, behaviour, members ?? [])
    let condition = ifMatch
    let last: Answer | undefined
    for (const request of requests) {
      const body = Request.patchBody(request)
      last = yield* transport.call({ method: "PATCH", path, label, body, ifMatch: condition, retry: "unsent" })
      condition = null
      learner.hasPatched ||= !isEmpty
    }
    // Nothing to send, such as clearing a group without members: the resource as it is.
    return last ?? (yield* transport.call({ method: "GET", path, label, retry: "always" }))
  })

  /** Puts members back who were not meant to leave, or nobody was. */
  const restored = Effect.fnUntraced(function* (ids: ReadonlyArray<string>): Effect.fn.Return<void, ScimError> {
    const value = ids.map((id) => ({ value: id }))
    for (const request of PatchForm.encode([{ op: "add", path: "members", value }], learner.behaviour)) {
      yield* transport.call({ method: "PATCH", path, label, body: Request.patchBody(request), retry: "unsent" })
    }
  })

  /**
   * A removal by value may have emptied the group: it is then as if it had not been sent, and null comes back.
   */
  const verified = Effect.fnUntraced(function* (behaviour: Behaviour): Effect.fn.Return<Answer | null, ScimError> {
    const before = yield* membersOf(source, target)
    const answer = yield* send(behaviour)
    const after = yield* membersOf(source, target)
    if (before === null) return answer
    const gone = PatchForm.removedMembers(operations)
    const left = new Set(after)
    if (before.every((id) => gone.has(id) || left.has(id))) return answer
    learner.note("memberValueRemovalRefused")
    yield* restored(before.filter((id) => !left.has(id)))
    return null
  })

  /** Other forms within the given limits. Fails with `refusal` when none is taken. */
  const inOtherForm = Effect.fnUntraced(function* (
    limits: Partial<Behaviour>,
    refusal: ScimError
  ): Effect.fn.Return<Answer, ScimError> {
    const alternatives = PatchForm.alternatives(operations, learner.behaviour, learner.hasPatched).filter(
      // It was seen to empty the group.
      ({ isDoubtful }) => !isDoubtful || !learner.has("memberValueRemovalRefused")
    )
    for (const chosen of PatchForm.combinations(alternatives)) {
      const change: Partial<Behaviour> = Object.assign({}, limits, ...chosen.map((one) => one.change))
      const behaviour = { ...learner.behaviour, ...change }
      const isDoubtful = chosen.some((one) => one.isDoubtful)
      const result = yield* Effect.result(isDoubtful ? verified(behaviour) : send(behaviour))
      if (Result.isFailure(result)) {
        if (isFormal(result.failure)) continue
        return yield* result.failure
      }
      if (result.success === null) return yield* refusal
      learner.note(...chosen.map(({ quirk }) => quirk))
      learner.adapt(change)
      return result.success
    }
    return yield* refusal
  })

  const within = Effect.fnUntraced(function* (limits: Partial<Behaviour>): Effect.fn.Return<Answer, ScimError> {
    const result = yield* Effect.result(send({ ...learner.behaviour, ...limits }))
    if (Result.isFailure(result)) {
      return yield* isFormal(result.failure) ? inOtherForm(limits, result.failure) : result.failure
    }
    learner.adapt(limits)
    return result.success
  })

  const whole = yield* Effect.result(within({}))
  if (Result.isSuccess(whole)) return whole.success
  const refusal = whole.failure
  for (let size = PatchForm.sizeOf(PatchForm.encode(operations, learner.behaviour)); ; size = Math.ceil(size / 2)) {
    const limits = PatchForm.halved(size)
    const isWorthIt = isTooLarge(refusal) || (isFormal(refusal) && size > smallestSilentLimit)
    if (limits === undefined || !isWorthIt) return yield* refusal
    const result = yield* Effect.result(within(limits))
    if (Result.isSuccess(result)) {
      learner.note(refusal._tag === "PayloadTooLarge" ? "bodyLimit" : "patchOperationLimit")
      return result.success
    }
    if (!isTooLarge(result.failure) && !isFormal(result.failure)) return yield* result.failure
  }
})
