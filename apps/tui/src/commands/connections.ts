/** `loom-scim connections list | show | remove` */
import { Actor } from "@loom-scim/core/setup/Evidence"
import * as Progress from "@loom-scim/core/setup/Progress"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import * as Step from "@loom-scim/core/setup/Step"
import { Console, DateTime, Effect, Option, Schema } from "effect"
import { codes, Ended } from "../Exit.ts"
import * as Report from "../plain/Report.ts"
import { required } from "../Selection.ts"
import { confirmed } from "./confirm.ts"
import { Removing, removals } from "./removing.ts"
import type { SharedFlags } from "./shared.ts"
import { outputOf, within, withSetups } from "./shared.ts"

const done = (statuses: ReadonlyArray<Progress.StepProgress>) =>
  statuses.filter(({ status }) => status === "done").length

export const list = (flags: SharedFlags) =>
  Effect.gen(function* () {
    const connections = yield* (yield* SetupService).list
    if (flags.json) {
      const rows = connections.map(({ id, state }) => ({
        connection: id,
        name: state.name,
        connected: state.connected !== null,
        stepsDone: done(Progress.all(state)),
        bridgeUrl: state.bridgeUrl?.url ?? null
      }))
      return yield* Console.log(JSON.stringify({ connections: rows }))
    }
    if (connections.length === 0) return yield* Console.log("No connections yet. Begin one with: loom-scim setup")
    for (const { id, state } of connections) {
      const how = state.connected === null ? `${done(Progress.all(state))} of ${Step.all.length} steps` : "connected"
      yield* Console.log(`${id.padEnd(24)} ${how.padEnd(14)} ${state.bridgeUrl?.url ?? ""}`.trimEnd())
    }
    return undefined
  }).pipe((effect) => withSetups(flags, "cli", effect))

/** The log as one line an event: sequence, time, who, through which face, what. */
export const show = (flags: SharedFlags, { id }: { readonly id: string }) =>
  Effect.gen(function* () {
    const connection = yield* required(Option.some(id))
    const events = yield* (yield* SetupService).events(connection.id)
    const log = events.map(({ actor, at, event, sequence }) => ({
      sequence,
      at: DateTime.formatIso(at),
      actor: Schema.encodeSync(Actor)(actor),
      event: event._tag
    }))
    if (flags.json) return yield* Console.log(JSON.stringify({ ...Report.statusJson(connection), events: log }))
    yield* Console.log(Report.status(connection, outputOf(flags).glyphs))
    yield* Console.log("\nEvents")
    for (const { actor, at, event, sequence } of log) {
      yield* Console.log(`${String(sequence).padStart(4)} ${at} ${actor.name} (${actor.face}) ${event}`)
    }
    return undefined
  }).pipe((effect) => withSetups(flags, "cli", effect))

export const remove = (flags: SharedFlags, { id, yes }: { readonly id: string; readonly yes: boolean }) =>
  Effect.gen(function* () {
    const connection = yield* required(Option.some(id))
    const question = `Remove ${connection.id} and forget its token? Nothing changes in Loom. [y/N] `
    if (!yes && !(yield* confirmed(question))) {
      return yield* new Ended({ code: codes.refused, reason: "NotConfirmed", detail: "Nothing was removed." })
    }
    yield* (yield* Removing).remove(connection.id)
    return yield* Console.log(
      flags.json
        ? JSON.stringify({ removed: connection.id })
        : `Removed ${connection.id}; its token is forgotten, its log is kept.`
    )
  }).pipe((effect) => within(flags, "cli", removals, effect))
