/** Carrying out some actions of one phase: intent, request, outcome, several at once, until trouble comes. */
import type { Action } from "@loom-scim/core/provisioning/Action"
import * as Quarantine from "@loom-scim/core/provisioning/Quarantine"
import type { Impatience } from "@loom-scim/core/runs/PassState"
import { PassState } from "@loom-scim/core/runs/PassState"
import { perform } from "@loom-scim/core/runs/Perform"
import type { ItemOutcome } from "@loom-scim/core/runs/RunItem"
import { failureOf } from "@loom-scim/core/runs/Verdict"
import type { ScimClientOperations } from "@loom-scim/core/scim/ScimClient"
import type { ScimError } from "@loom-scim/core/scim/ScimError"
import { isUncertain } from "@loom-scim/core/scim/ScimError"
import { Clock, Effect, Result } from "effect"
import type { ReconcileUnderWay } from "./Lease.ts"
import type { Managed } from "./Managed.ts"
import type { Progress } from "./ReconcileRun.ts"
import { stateOfOutcome } from "./ReconcileRun.ts"

/** An action, and where it is in the run. */
export interface Item {
  readonly action: Action
  readonly position: number
}

/** What an action came to, when that was not simply what was planned. */
export interface Told {
  readonly action: Action
  readonly outcome: Exclude<ItemOutcome, { readonly _tag: "Done" }>
}

/** What a pass works with. */
export interface Work {
  readonly client: ScimClientOperations
  readonly progress: Progress
  readonly managed: Managed
  /** Keeps where the run stands; fails when another call has taken over, and then nothing more may be sent. */
  readonly write: Effect.Effect<void, ReconcileUnderWay>
  /** Whether there is time for more. */
  readonly mayGoOn: Effect.Effect<boolean>
  /** Takes an outcome that people should see. */
  readonly tell: (told: Told) => void
}

/** How a pass ended: with what is left of its items, and the error that nothing goes on after, if any. */
export interface PassEnd {
  readonly left: ReadonlyArray<Item>
  readonly succeeded: number
  /** The first error of the connection that was met. */
  readonly met: ScimError | null
  readonly error: ScimError | null
}

/** Intents that are kept at once, and looked up after a function was killed. */
const batch = 24

const atOnce = 8

/** Goes once over the items. With `later`, those that the server fails on are left for another pass. */
export const pass = Effect.fnUntraced(function* (
  { client, managed, mayGoOn, progress, tell, write }: Work,
  items: ReadonlyArray<Item>,
  impatience: Impatience
): Effect.fn.Return<PassEnd, ReconcileUnderWay> {
  const state = new PassState(Quarantine.usual, Quarantine.initial, impatience)
  const left: Array<Item> = []
  let met: ScimError | null = null

  const settle = ({ action, position }: Item, outcome: ItemOutcome) => {
    progress.set(position, stateOfOutcome(outcome))
    if (outcome._tag !== "Done") tell({ action, outcome })
  }

  const one = (item: Item, wasIntended: boolean) =>
    Effect.gen(function* () {
      const unsent = () => {
        if (!wasIntended) progress.set(item.position, "planned")
        left.push(item)
      }
      if (state.trouble !== null) return unsent()
      const context = { inDoubt: wasIntended, idOf: managed.idOf.bind(managed) }
      const result = yield* Effect.result(perform(client, item.action, context))
      const now = yield* Clock.currentTimeMillis
      if (Result.isSuccess(result)) {
        state.success(now)
        for (const change of result.success.managed) managed.take(change)
        return settle(item, result.success.outcome)
      }
      const { failure } = result
      if (state.failure(failure, now) === "settle") return settle(item, failureOf(failure))
      met ??= failure
      if (isUncertain(failure)) left.push(item)
      else unsent()
    })

  for (let from = 0; from < items.length; from += batch) {
    const some = items.slice(from, from + batch)
    if (state.trouble !== null || !(yield* mayGoOn)) {
      left.push(...items.slice(from))
      break
    }
    const intended = some.map((item) => ({ item, was: progress.stateOf(item.position) === "intended" }))
    for (const { position } of some) progress.set(position, "intended")
    yield* write
    yield* Effect.forEach(intended, ({ item, was }) => one(item, was), { concurrency: atOnce, discard: true })
  }
  yield* write
  return { left, succeeded: state.succeeded, met, error: state.trouble === null ? null : met }
})
