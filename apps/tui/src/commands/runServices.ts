/** What commands on runs have beside the services of every command, and how they name a run. */
import type { RunEvents } from "@loom-scim/core/runs/RunEvent"
import { isOver, type Run } from "@loom-scim/core/runs/Run"
import { RunRefused, RunService } from "@loom-scim/core/runs/RunService"
import { Sync } from "@loom-scim/core/runs/Sync"
import type { Actor, Face } from "@loom-scim/core/setup/Evidence"
import { Effect, Layer, Option } from "effect"
import { codes, Ended } from "../Exit.ts"
import type { ClientServices, Environment } from "../Services.ts"
import { elsewhere, layer, runLayer } from "../Services.ts"
import { Looks } from "./looks.ts"
import { Planning } from "./planning.ts"
import { Proposals } from "./proposals.ts"
import { Reconciling } from "./reconciling.ts"
import { runIdFrom } from "./runId.ts"
import { SavedPlans } from "./savedPlans.ts"
import { untilUnread } from "../unread.ts"
import type { SharedFlags } from "./shared.ts"
import { actorOf, within } from "./shared.ts"

/** What a command on runs may use, here and over a server. */
export type RunServices =
  | ClientServices
  | Looks
  | RunService
  | RunEvents
  | Planning
  | Reconciling
  | Proposals
  | SavedPlans

/** Whether a person is at the screen and can be asked. */
export const isInteractive = ({ json }: SharedFlags): boolean =>
  !json && process.stdin.isTTY && process.stdout.isTTY && process.env["TERM"] !== "dumb"

/** Through which face a person acts here. */
export const faceOf = (flags: SharedFlags): Face => (isInteractive(flags) ? "tui" : "cli")

/** Who acts: the account on this machine, and whom it acts for if that was said. */
export const actingAs = (face: Face, as: Option.Option<string>): Actor => {
  const account = actorOf(face)
  const name = Option.getOrElse(as, () => "").trim()
  return name === "" || name === account.name ? account : { ...account, name: `${name} (account ${account.name})` }
}

const carriedHere = Layer.mergeAll(
  Reconciling.layer,
  Planning.layer,
  Proposals.layer,
  SavedPlans.layer,
  Looks.layer
).pipe(Layer.provideMerge(Sync.layer), Layer.provideMerge(runLayer))

/** Where runs are carried out. */
const runs = {
  here: (environment: Environment) => Layer.provideMerge(carriedHere, layer(environment)),
  there: elsewhere
}

/** Runs a command over runs and all that carries them out. */
export const withRuns = <A, E extends { readonly _tag: string; readonly message: string }>(
  flags: SharedFlags,
  use: Effect.Effect<A, E, RunServices>
): Effect.Effect<A, Ended> => untilUnread(within(flags, faceOf(flags), runs, use))

const refused = (reason: string, detail: string) => new Ended({ code: codes.refused, reason, detail })

/** The run that is named; the only one that is not over when none is. */
export const runOf = Effect.fn("runs.runOf")(function* (named: Option.Option<string>) {
  const { list, report } = yield* RunService
  if (Option.isSome(named)) return (yield* report(yield* runIdFrom(named.value))).run
  const [first, ...others]: ReadonlyArray<Run> = yield* list({ unfinished: true })
  if (first === undefined) return yield* refused("NoUnfinishedRun", "Every run is over. See them with: loom-scim runs")
  if (others.length > 0) {
    const ids = [first, ...others].map(({ id }) => id).join(", ")
    return yield* refused("SeveralRuns", `Several runs are not over: ${ids}. Name one of them.`)
  }
  return first
})

/** The run that is named, which has to be over. */
export const overRun = Effect.fn("runs.overRun")(function* (named: string) {
  const { run } = yield* (yield* RunService).report(yield* runIdFrom(named))
  if (isOver(run.status)) return run
  return yield* new RunRefused({
    runId: run.id,
    reason: "notOver",
    detail: `Run ${run.id} is not over.`,
    next: `Let it go on (loom-scim resume ${run.id}; when it is held, loom-scim allow or reject) or end it (loom-scim cancel ${run.id}) first.`
  })
})
