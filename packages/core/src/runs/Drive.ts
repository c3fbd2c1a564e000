/** Carrying a run on, from wherever its journal says it stands, until it is over or has to stop. */
import { DateTime, Deferred, Effect, Option, Result } from "effect"
import type { ConnectedClient } from "../operations/ConnectedClient.ts"
import type { JournalFailure } from "../ports/Journal.ts"
import { Runs } from "../ports/Runs.ts"
import { standing } from "../provisioning/Decision.ts"
import * as Quarantine from "../provisioning/Quarantine.ts"
import { letGo } from "../provisioning/Undo.ts"
import type { ScimClientOperations } from "../scim/ScimClient.ts"
import type { SetupService } from "../setup/SetupService.ts"
import { DriveOptions } from "./DriveOptions.ts"
import { cancellerOf } from "./Cancellation.ts"
import { pass, type PassEnd } from "./DrivePass.ts"
import { heldBefore } from "./Gate.ts"
import * as Ids from "./Ids.ts"
import { openFor } from "./OpenFor.ts"
import { dropMoved } from "./Moved.ts"
import type { Impatience } from "./PassState.ts"
import { patiently } from "./Patience.ts"
import { isOver, type Run, type RunId, type RunStatus } from "./Run.ts"
import { RunEvents } from "./RunEvent.ts"
import { type Phase, phases } from "./RunItem.ts"
import { type Trouble, troubleOf } from "./Trouble.ts"

/** What the parts of carrying on share. */
export interface Drive {
  readonly id: RunId
  readonly client: ScimClientOperations
  /** Read once, and not before the users are all done: a directory may be large, and only members of groups need ids. */
  readonly ids: Effect.Effect<Ids.IdOf, JournalFailure, RunEvents>
  readonly toStop: Deferred.Deferred<void>
  readonly quarantine: { state: Quarantine.Quarantine }
}

/** `over`: nothing is left to do. `stopped`: something or somebody has to be waited for. */
export type DriveEnd = "over" | "stopped"

/** What else carrying on needs. */
export type DriveServices = Runs | RunEvents | ConnectedClient | SetupService

// How often a pass is repeated for items that the server failed on, before the failure is theirs.
const patientPasses = 2

/** Writes where a run stands, then tells it. With a number, it is a stop. */
const stand = Effect.fnUntraced(function* (id: RunId, status: RunStatus, stops: number | null = null) {
  const runs = yield* Runs
  const events = yield* RunEvents
  const at = yield* DateTime.now
  yield* patiently(id, stops === null ? runs.setStatus(id, status, at) : runs.stop(id, stops, status, at))
  yield* events.publish({ _tag: "StatusChanged", runId: id, at, status })
})

const stop = (id: RunId, stops: number, status: RunStatus) => Effect.as(stand(id, status, stops), "stopped" as const)

/**
 * Forgets what a run has undone of a take-over. Before the run is over, so that a process that dies on the way leaves it
 * to the next; doing it twice does no harm. A retry may be that of an undoing.
 */
const forget = Effect.fnUntraced(function* ({ connectionId, id, kind }: Run) {
  if (kind !== "undo" && kind !== "retry") return
  const runs = yield* Runs
  const changes = letGo(yield* patiently(id, runs.items(id, { states: ["done", "doubtful"] })))
  if (changes.length > 0) yield* patiently(id, runs.manage(connectionId, changes))
})

const end = Effect.fnUntraced(function* (run: Run, status: RunStatus, reason: "cancelled" | "rejected" | null) {
  const { id } = run
  const runs = yield* Runs
  if (reason !== null) yield* patiently(id, runs.drop(id, reason, yield* DateTime.now))
  yield* forget(run)
  yield* stand(id, status)
  return "over" as const
})

/**
 * Stops a run, unless somebody has cancelled it by now: such a run waits for nothing. A pass whose open items are all
 * under way ends without having looked for that.
 */
const halt = Effect.fnUntraced(function* (run: Run, stops: number, status: RunStatus) {
  const by = yield* cancellerOf(run.id)
  return by === null ? yield* stop(run.id, stops, status) : yield* end(run, { _tag: "Cancelled", by }, "cancelled")
})

const interrupted: RunStatus = {
  _tag: "Paused",
  reason: "interrupted",
  detail: "The run was stopped.",
  next: "Let it go on with: loom-scim resume",
  until: null
}

/** Waits for a time, or until the run is to stop or somebody cancels it. */
const rest = Effect.fnUntraced(function* (
  { id, toStop }: Drive,
  { detail, millis, next, reason }: Extract<Trouble, { readonly _tag: "Wait" }>
) {
  const until = DateTime.add(yield* DateTime.now, { milliseconds: Math.ceil(millis) })
  yield* stand(id, { _tag: "Paused", reason, detail, next, until })
  const cancelled = Effect.gen(function* () {
    while (true) {
      yield* Effect.sleep("1 second")
      if ((yield* cancellerOf(id)) !== null) return
    }
  })
  yield* Effect.raceAll([Effect.sleep(Math.ceil(millis)), Deferred.await(toStop), cancelled])
  if (!Deferred.isDoneUnsafe(toStop)) yield* stand(id, { _tag: "Running" })
})

/** Whether a server that failed on everything answers at all; what is wrong with it otherwise. */
const ailing = Effect.fnUntraced(function* ({ client }: Drive) {
  const result = yield* Effect.result(client.raw("/Users?count=1"))
  return Result.isFailure(result) ? troubleOf(result.failure) : null
})

/** Waits longer each time, as a quarantine does. */
const downFor = Effect.fnUntraced(function* (drive: Drive, { detail, next }: NonNullable<PassEnd["last"]>) {
  const { quarantine } = yield* DriveOptions
  const { pauses } = drive.quarantine.state
  const millis = Quarantine.pauseAfter(quarantine, pauses)
  drive.quarantine.state = { _tag: "Open", outcomes: [], pauses: pauses + 1 }
  yield* rest(drive, { _tag: "Wait", reason: "serverDown", millis, detail, next })
})

type PhaseEnd = "through" | "cancel" | Extract<RunStatus, { readonly _tag: "Paused" }>

const phaseThrough = Effect.fnUntraced(function* (
  drive: Drive,
  phase: Phase
): Effect.fn.Return<PhaseEnd, JournalFailure, DriveServices> {
  let names: Impatience = "later"
  for (let passes = 1; ; passes++) {
    const { blocked, halted, last, left, succeeded, trouble } = yield* pass(
      drive,
      phase,
      passes > patientPasses ? "now" : "later",
      names
    )
    if (halted === "cancel") return "cancel"
    if (trouble?._tag === "Stop") {
      const { detail, next, reason } = trouble
      return { _tag: "Paused", reason, detail, next, until: null }
    }
    if (halted === "stop" || Deferred.isDoneUnsafe(drive.toStop)) return interrupted
    if (trouble !== null) {
      yield* rest(drive, trouble)
      passes = 0
    } else if (left === 0) return "through"
    else if (blocked > 0 && succeeded > 0) {
      // Names were given up meanwhile, and each of them may be what another waits for.
      passes = 0
    } else if (blocked === left) names = "now"
    else if (succeeded === 0 && last !== null && (yield* ailing(drive)) !== null) {
      yield* downFor(drive, last)
      passes = 0
    }
  }
})

/** What of a run that was held is not to be done any longer; waits for a server that cannot be asked. */
const lookedAgain = Effect.fnUntraced(function* (
  drive: Drive,
  { judgement }: Run
): Effect.fn.Return<PhaseEnd, JournalFailure, DriveServices> {
  while (true) {
    if (Deferred.isDoneUnsafe(drive.toStop)) return interrupted
    if ((yield* cancellerOf(drive.id)) !== null) return "cancel"
    const looked = yield* Effect.result(dropMoved(drive, judgement))
    if (Result.isSuccess(looked)) return "through"
    if (looked.failure._tag === "JournalFailure") return yield* looked.failure
    const trouble = troubleOf(looked.failure)
    if (trouble._tag === "Stop") return { ...trouble, _tag: "Paused", until: null }
    yield* trouble._tag === "Wait" ? rest(drive, trouble) : downFor(drive, trouble)
  }
})

/**
 * Carries a run on. `stops` is the number that its next stop gets. Every outcome is in the journal before anybody hears
 * of it, so this may be interrupted by anything, at any moment, and be begun again.
 */
export const drive = Effect.fn("Run.drive")(function* (
  id: RunId,
  stops: number,
  toStop: Deferred.Deferred<void>
): Effect.fn.Return<DriveEnd, JournalFailure, DriveServices> {
  const runs = yield* Runs
  const events = yield* RunEvents
  const found = yield* patiently(id, runs.find(id))
  if (Option.isNone(found) || isOver(found.value.status)) return "over"
  const run: Run = found.value
  if (run.cancelledBy !== null) return yield* end(run, { _tag: "Cancelled", by: run.cancelledBy }, "cancelled")
  const stands = standing(run.plan, run.judgement, yield* patiently(id, runs.decisions(id)))
  if (stands._tag === "Rejected") return yield* end(run, { _tag: "Rejected", by: stands.decision.by }, "rejected")
  const opened = yield* Effect.result(openFor(run.connectionId))
  if (Result.isFailure(opened)) return yield* stop(id, stops, opened.failure)
  const { client, remember } = opened.success
  const work: Drive = {
    id,
    client,
    ids: yield* Effect.cached(Effect.map(patiently(id, runs.managed(run.connectionId)), Ids.among)),
    toStop,
    quarantine: { state: Quarantine.initial }
  }
  const gate = stands._tag === "Waits" ? phases.indexOf(heldBefore(run.judgement)) : phases.length
  yield* stand(id, { _tag: "Running" })
  const stopped = Effect.fnUntraced(function* (ended: Exclude<PhaseEnd, "through">) {
    if (ended !== "cancel") return yield* halt(run, stops, ended)
    return yield* end(run, { _tag: "Cancelled", by: (yield* cancellerOf(id)) ?? run.startedBy }, "cancelled")
  })
  if (stands._tag === "Go" && run.judgement._tag === "Held") {
    const looked = yield* Effect.ensuring(lookedAgain(work, run), remember)
    if (looked !== "through") return yield* stopped(looked)
  }
  // Once is enough: a phase leaves the items of the others as they are.
  const counts = yield* patiently(id, runs.counts(id))
  const open = counts.filter(({ state }) => state === "planned" || state === "intended")
  for (const [index, phase] of phases.entries()) {
    const left = open.reduce((sum, one) => (one.phase === phase ? sum + one.count : sum), 0)
    if (left === 0) continue
    if (stands._tag === "Waits" && index >= gate) {
      return yield* halt(run, stops, { _tag: "Waiting", reasons: stands.reasons })
    }
    yield* events.publish({ _tag: "PhaseBegan", runId: id, at: yield* DateTime.now, phase, left })
    const ended = yield* Effect.ensuring(phaseThrough(work, phase), remember)
    if (ended !== "through") return yield* stopped(ended)
  }
  return yield* end(run, { _tag: "Completed" }, null)
})
