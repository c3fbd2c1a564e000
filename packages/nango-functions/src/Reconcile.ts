/** Everybody at once: what would be done, and doing it, a part in each call. */
import type { Decision } from "@loom-scim/core/provisioning/Decision"
import { decide, standing } from "@loom-scim/core/provisioning/Decision"
import type { HoldReason, Judgement } from "@loom-scim/core/provisioning/Guard"
import { heldBefore } from "@loom-scim/core/runs/Gate"
import { randomIds, runIdOf } from "@loom-scim/core/runs/Run"
import { phaseOf, phases } from "@loom-scim/core/runs/RunItem"
import type { ListIncomplete } from "@loom-scim/core/scim/ScimClientList"
import { incomplete } from "@loom-scim/core/scim/ScimClientList"
import { Clock, DateTime, Effect, Random } from "effect"
import type { Compared, CompareError } from "./Compare.ts"
import { compare } from "./Compare.ts"
import type { ReconcileUnderWay } from "./Lease.ts"
import { holding, renew } from "./Lease.ts"
import { field as managedField } from "./Managed.ts"
import * as Policy from "./Policy.ts"
import type { Allowance, ApplyInput, PlanInput } from "./ReconcileInputs.ts"
import type { ReconcileNango } from "./ReconcileNango.ts"
import type { Item, Told, Work } from "./ReconcilePass.ts"
import { pass } from "./ReconcilePass.ts"
import * as Run from "./ReconcileRun.ts"
import { actionOf, fitting, guardOf, planOf } from "./ReconcileShown.ts"
import type { Session } from "./Session.ts"

/** Says what would be done; changes nothing, neither on the server nor in the metadata. */
export const preview = (session: Session, input: PlanInput) => Effect.map(compare(session, input), planOf)

const usualSeconds = 60

/** What was allowed, as it counts: by whom, and about which plan. */
const decisionOf = (
  { judgement }: Pick<Run.Kept, "judgement">,
  { by, note = "", plan }: Allowance,
  at: DateTime.Utc
): Decision => decide(plan, judgement, { verdict: "allow", by: { name: by, face: "nango" }, at, note })

const outcomeOf = ({ action, outcome }: Told) => {
  const { id, key, label } = actionOf(action)
  const common = { action: action._tag, label, key, id }
  switch (outcome._tag) {
    case "Doubtful":
      return { ...common, outcome: "doubtful", message: outcome.doubt, next: "Look at it on the server." }
    case "Failed":
      return { ...common, outcome: "failed", error: outcome.error, message: outcome.message, next: outcome.next }
    case "Dropped":
      return { ...common, outcome: "dropped", message: outcome.reason, next: "Call plan-reconcile again." }
  }
}

const withoutNames = (judgement: Judgement): Judgement => {
  if (judgement._tag === "Clear") return judgement
  const [first, ...others] = judgement.reasons
  const bare = (reason: HoldReason): HoldReason => ("labels" in reason ? { ...reason, labels: [] } : reason)
  return { _tag: "Held", reasons: [bare(first), ...others.map(bare)] }
}

/** The run that goes on, or a new one for what is wanted now. */
const openRun = Effect.fnUntraced(function* (compared: Compared, earlier: Run.Progress | null) {
  if (earlier !== null && !earlier.kept.isOver && earlier.kept.wanted === compared.wanted) {
    return { progress: earlier, isNew: false }
  }
  const now = yield* Clock.currentTimeMillis
  const made = {
    id: runIdOf(now, yield* Random.nextIntBetween(0, randomIds)),
    wanted: compared.wanted,
    plan: compared.fingerprint,
    begun: new Date(now).toISOString(),
    judgement: withoutNames(compared.judgement)
  }
  return { progress: Run.Progress.begin(made, compared.plan.actions, earlier), isNew: true }
})

/** What is to be done yet, by the plan of now. What is no longer in it was done by a call that was killed, or is moot. */
const openItems = ({ plan }: Compared, progress: Run.Progress) => {
  const items: Array<Item> = []
  let later = 0
  const seen = new Set<number>()
  for (const action of plan.actions) {
    if (phaseOf(action) === null) continue
    const position = progress.positionOf(action)
    if (position === null) {
      later++
      continue
    }
    seen.add(position)
    const state = progress.stateOf(position)
    if (state === "planned" || state === "intended") items.push({ action, position })
  }
  for (let position = 0; position < progress.size; position++) {
    if (seen.has(position)) continue
    const state = progress.stateOf(position)
    if (state === "intended") progress.set(position, "done")
    else if (state === "planned") progress.set(position, "moot")
  }
  return { items, later }
}

const nextOf = (status: string, { doubtful, failed }: Run.Counts, later: number): string => {
  switch (status) {
    case "held":
      return "The guard holds what is left: look at guard. If it is meant so, call again with the same input and allow, which names who says so and this plan."
    case "unfinished":
      return "Call again with the same input; it goes on where this call ended."
    default:
      return failed + doubtful + later === 0
        ? "Nothing: everything is as it is to be."
        : "See results, then call plan-reconcile: what failed, or has changed since, is planned anew."
  }
}

const carryOut = Effect.fnUntraced(function* (
  session: Session<ReconcileNango>,
  input: ApplyInput
): Effect.fn.Return<unknown, CompareError | ListIncomplete | ReconcileUnderWay> {
  const { client, nango } = session
  const { allow, maxActions = Number.POSITIVE_INFINITY, maxSeconds = usualSeconds } = input
  const earlier = Run.Progress.read(yield* Policy.metadataOf(session))
  const compared = yield* compare(session, input)
  const { managed, plan, verdict } = compared
  const error = incomplete("GET /Users", verdict)
  if (error !== undefined) return yield* error

  const { isNew, progress } = yield* openRun(compared, earlier)
  const { items, later } = openItems(compared, progress)
  if (allow?.plan === progress.kept.plan) progress.decided(decisionOf(progress.kept, allow, yield* DateTime.now))
  const { decision, judgement } = progress.kept
  const stands = standing(progress.kept.plan, judgement, decision === null ? [] : [decision])
  const gate = stands._tag === "Go" ? phases.length : phases.indexOf(heldBefore(judgement))

  const keep = (metadata: Readonly<Record<string, unknown>>) => Effect.promise(() => nango.updateMetadata(metadata))
  const write = Effect.andThen(
    renew(nango),
    Effect.suspend(() => Effect.asVoid(keep({ [Run.field]: progress.stored })))
  )
  const keepManaged = Effect.suspend(() => (managed.isChanged ? keep({ [managedField]: managed.stored }) : Effect.void))
  if (isNew && progress.size > 0) {
    yield* renew(nango)
    yield* keep({ [managedField]: managed.stored, [Run.planField]: progress.storedPlan, [Run.field]: progress.stored })
  }

  // From here, so that each call gets something done however long the reading took.
  const begun = yield* Clock.currentTimeMillis
  const end = begun + maxSeconds * 1000
  const results: Array<Told> = []
  const work: Work = {
    client,
    progress,
    managed,
    write,
    mayGoOn: Effect.map(Clock.currentTimeMillis, (now) => now < end),
    tell: (told) => void results.push(told)
  }
  let isHeld = false
  let isCut = false
  let budget = maxActions
  for (const [index, phase] of phases.entries()) {
    const open = items.filter(({ action }) => phaseOf(action) === phase)
    if (open.length === 0) continue
    isHeld = index >= gate
    isCut = budget <= 0
    if (isHeld || isCut) break
    const some = open.slice(0, budget)
    budget -= some.length
    const first = yield* pass(work, some, "later")
    const isPatient = first.error === null && first.met !== null
    // A server that failed on everything is asked whether it works at all, before the failures are those of the objects.
    if (isPatient && first.succeeded === 0) yield* client.raw("/Users?count=1")
    const second = isPatient ? yield* pass(work, first.left, "now") : first
    if (second.error !== null) {
      yield* keepManaged
      return yield* second.error
    }
    isCut = second.left.length > 0 || some.length < open.length
    if (isCut) break
  }
  const status = isHeld ? "held" : isCut ? "unfinished" : "completed"
  yield* keepManaged
  if (status === "completed") progress.over()
  if (progress.size > 0) {
    yield* write
    if (status === "completed") yield* keep({ [Run.planField]: null })
  }
  const { counts } = progress
  const shown = fitting(results.map(outcomeOf))
  return {
    run: progress.kept.id,
    plan: progress.kept.plan,
    status,
    planned: progress.size,
    counts,
    conflicts: plan.counts["Conflict"] ?? 0,
    later,
    // Names are not kept, and shown as long as it is the same plan.
    guard: guardOf(compared.fingerprint === progress.kept.plan ? compared.judgement : judgement),
    allowedBy: decision === null ? null : decision.by.name,
    results: shown,
    resultsTotal: results.length,
    next: nextOf(status, counts, later)
  }
})

/** Does a part of what is to be done, and goes on in the next call. Called again after any end, it does nothing twice. */
export const apply = (session: Session<ReconcileNango>, input: ApplyInput) => {
  const { nango } = session
  // Nango keeps a connection for a minute, and what was read before may be older than the end of another call.
  const refreshed = Effect.promise(() => nango.updateMetadata({}))
  return holding(nango, Effect.andThen(refreshed, carryOut(session, input)))
}
