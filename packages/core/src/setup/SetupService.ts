/** The only door to a journey: what a person decides, and what verifiers report. */
import { Context, Effect, Layer } from "effect"
import type { JournalFailure } from "../ports/Journal.ts"
import { Journal } from "../ports/Journal.ts"
import type { VaultFailure } from "../ports/Vault.ts"
import { Vault } from "../ports/Vault.ts"
import type { PersonCommand } from "./Command.ts"
import type { ConnectionId } from "./ConnectionId.ts"
import { fromName } from "./ConnectionId.ts"
import type { Actor } from "./Evidence.ts"
import type { Recorded } from "./Event.ts"
import type { Connection, SetupError } from "./JourneyLog.ts"
import * as JourneyLog from "./JourneyLog.ts"
import * as PlainText from "./PlainText.ts"
import { refused, type SetupRefused } from "./SetupRefused.ts"
import * as Verifiers from "./Verifiers.ts"

export type { Connection, SetupError } from "./JourneyLog.ts"

/** The set-up of every connection. Each change yields the connection after it. */
export class SetupService extends Context.Service<
  SetupService,
  Verifiers.Verifiers & {
    /** Every connection that was not removed. */
    readonly list: Effect.Effect<ReadonlyArray<Connection>, JournalFailure>
    /** A connection by its id; refused when there is none or it was removed. */
    readonly get: (id: ConnectionId) => Effect.Effect<Connection, SetupRefused | JournalFailure>
    /** Those of the connections that are there, in the order given. */
    readonly present: (ids: ReadonlyArray<ConnectionId>) => Effect.Effect<ReadonlyArray<Connection>, JournalFailure>
    /** Its whole log, for audit. */
    readonly events: (id: ConnectionId) => Effect.Effect<ReadonlyArray<Recorded>, JournalFailure>
    readonly begin: (name: string, actor: Actor) => Effect.Effect<Connection, SetupError>
    /** Submits what a person decided or vouches for. */
    readonly submit: (id: ConnectionId, command: PersonCommand, actor: Actor) => Effect.Effect<Connection, SetupError>
    /** Forgets the token and takes the connection off the list; its log stays. */
    readonly remove: (id: ConnectionId, actor: Actor) => Effect.Effect<void, SetupError | VaultFailure>
  }
>()("@loom-scim/core/setup/SetupService") {
  /** Over the ports. */
  static readonly layer = Layer.effect(
    SetupService,
    Effect.gen(function* () {
      const journal = yield* Journal
      const vault = yield* Vault
      const log = JourneyLog.make(journal)
      const verifiers = yield* Verifiers.make(log)
      const { admitted, decide, load, present } = log

      const begin = Effect.fn("SetupService.begin")(function* (name: string, actor: Actor) {
        const trimmed = name.trim()
        if (trimmed === "") {
          return yield* refused("Begin", "missingInput", "A connection needs a name.", "For example your company's.")
        }
        const unfit = PlainText.refuseLine("The name of a connection", trimmed)
        if (unfit !== undefined) return yield* refused("Begin", "invalidInput", unfit, "Type it anew.")
        const id = fromName(trimmed, new Set(yield* journal.list))
        return yield* decide(yield* load(id), { _tag: "Begin", name: trimmed }, actor)
      })

      const submit = Effect.fn("SetupService.submit")(function* (
        id: ConnectionId,
        command: PersonCommand,
        actor: Actor
      ) {
        return yield* decide(yield* load(id), command, actor)
      })

      const remove = Effect.fn("SetupService.remove")(function* (id: ConnectionId, actor: Actor) {
        yield* decide(yield* load(id), { _tag: "Remove" }, actor, (append) => vault.change(id, { keep: [] }, append))
      })

      return SetupService.of({
        ...verifiers,
        list: Effect.flatMap(journal.list, present),
        get: (id) => admitted(id, "Remove"),
        present,
        events: (id) => journal.load(id),
        begin,
        submit,
        remove
      })
    })
  )
}
