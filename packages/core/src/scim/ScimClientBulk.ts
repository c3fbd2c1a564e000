/** Sending any number of operations in as few bulk requests as the server allows (RFC 7644 §3.7). */
import { Effect, Result, Schema } from "effect"
import * as Bulk from "./Bulk.ts"
import * as BulkResponse from "./BulkResponse.ts"
import { isUncertain, type ScimError } from "./ScimError.ts"
import type { Transport } from "./Transport.ts"

/** The operations cannot be sent in bulk; nothing was sent. */
export class BulkNotPossible extends Schema.TaggedError<BulkNotPossible>()("BulkNotPossible", {
  reason: Schema.Literals(["DuplicateBulkId", "UnknownReference", "DoesNotFit"]),
  /** Position of the operation in what was given. */
  index: Schema.Int
}) {
  override get message(): string {
    return `Operation ${this.index} cannot be sent in bulk (${this.reason}).`
  }
  get next(): string {
    return this.reason === "DoesNotFit"
      ? "Send this operation by itself, or split it; it exceeds what the server takes in one bulk request."
      : "Give every created resource a bulkId of its own, and refer to those only."
  }
}

/** How operations are sent. */
export interface BulkOptions extends Bulk.BulkLimits {
  /** Stops after this many errors, counted over all requests; absent: never. */
  readonly failOnErrors?: number
}

/** How it went. */
export interface BulkReport {
  /** One per operation, in the order they were given. */
  readonly outcomes: ReadonlyArray<BulkResponse.BulkOutcome>
  readonly requests: number
  /** The request that ended it early, when it was not answered with outcomes; null otherwise. */
  readonly stoppedBy: ScimError | BulkNotPossible | null
}

/**
 * Orders, splits and sends. A request is never repeated when it may have been carried out: its operations are then
 * `Unanswered`. One that is refused as too large (413) was not carried out: it is split in half, and all that follow keep
 * to what was learned; what is refused even alone has `Failed`. Fails only when the first request does, for another
 * reason, and surely was not carried out; later trouble is `stoppedBy`, so that no outcome is lost.
 */
export const run = Effect.fnUntraced(function* (
  transport: Transport,
  operations: ReadonlyArray<Bulk.BulkOperation>,
  options: BulkOptions
): Effect.fn.Return<BulkReport, ScimError | BulkNotPossible> {
  const refusal = ({ _tag, index }: Bulk.BulkRefused) => new BulkNotPossible({ reason: _tag, index })
  const ordered = Bulk.order(operations)
  if (Result.isFailure(ordered)) return yield* refusal(ordered.failure)
  const outcomes: Array<BulkResponse.BulkOutcome> = operations.map(() => ({ _tag: "NotSent", reason: "stopped" }))
  const ids = new Map<string, string>()
  const lost = new Set<string>()
  let units = ordered.success
  let learned: Bulk.BulkLimits = options
  let acceptedBytes = 0
  let errors = 0
  let requests = 0

  const note = (index: number, outcome: BulkResponse.BulkOutcome): void => {
    outcomes[index] = outcome
    const operation = operations[index]
    if (outcome._tag === "Failed") errors++
    if (operation?.method !== "POST") return
    if (outcome._tag === "Done" && outcome.id !== null) ids.set(operation.bulkId, outcome.id)
    else lost.add(operation.bulkId)
  }

  /** Drops units that refer to what was not created. References go backwards, so one look at the first is enough. */
  const dropOrphans = (): void => {
    units = units.filter((unit) => {
      const isOrphan = unit.some((index) => {
        const operation = operations[index]
        return operation !== undefined && [...Bulk.referencesOf(operation)].some((name) => lost.has(name))
      })
      if (isOrphan) for (const index of unit) note(index, { _tag: "NotSent", reason: "referenceFailed" })
      return !isOrphan
    })
  }

  while (units.length > 0) {
    const left = options.failOnErrors === undefined ? null : options.failOnErrors - errors
    if (left !== null && left <= 0) break
    const batch = Bulk.takeBatch(operations, units, ids, options, left, learned)
    if (Result.isFailure(batch)) {
      const stoppedBy = refusal(batch.failure)
      return requests === 0 ? yield* stoppedBy : { outcomes, requests, stoppedBy }
    }
    const { body, bytes, indices } = batch.success
    const answer = yield* Effect.result(
      transport.call({ method: "POST", path: "/Bulk", label: "/Bulk", body, retry: "unsent" })
    )
    requests++
    if (Result.isSuccess(answer)) {
      acceptedBytes = Math.max(acceptedBytes, bytes)
      const sent = indices.flatMap((index) => operations[index] ?? [])
      const found = BulkResponse.correlate(sent, answer.success.json, transport.scrub)
      for (const [position, outcome] of found.entries()) {
        const index = indices[position]
        if (index !== undefined) note(index, outcome)
      }
    } else if (answer.failure._tag === "PayloadTooLarge") {
      if (batch.success.units > 1) {
        learned = Bulk.learn(learned, batch.success, acceptedBytes)
        continue
      }
      const { detail, scimType, status } = answer.failure
      for (const index of indices) note(index, { _tag: "Failed", status, error: { status, scimType, detail } })
    } else {
      const stoppedBy = answer.failure
      if (requests === 1 && !isUncertain(stoppedBy)) return yield* stoppedBy
      if (isUncertain(stoppedBy)) for (const index of indices) note(index, { _tag: "Unanswered" })
      return { outcomes, requests, stoppedBy }
    }
    units = units.slice(batch.success.units)
    if (lost.size > 0) dropOrphans()
  }
  return { outcomes, requests, stoppedBy: null }
})
