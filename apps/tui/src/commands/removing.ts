/** The removal of a connection: here with all that hangs on it, over a server as the server does it. */
import * as AuditedPorts from "@loom-scim/core/audit/AuditedPorts"
import { Runs } from "@loom-scim/core/ports/Runs"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import * as Removal from "@loom-scim/core/setup/Removal"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import * as Outbox from "@loom-scim/platform-node/webhooks/outbox"
import * as Retire from "@loom-scim/platform-node/webhooks/retire"
import { Context, Effect, Layer } from "effect"
import { layer, setups } from "../Services.ts"
import type { Environment, Places, SetupServices } from "../Services.ts"
import { actorOf } from "./shared.ts"

type Failure = Effect.Error<ReturnType<typeof Removal.removed>>

/** Removes connections. */
export class Removing extends Context.Service<
  Removing,
  { readonly remove: (id: ConnectionId) => Effect.Effect<void, Failure> }
>()("loom-scim/Removing") {}

const by = actorOf("cli")

/**
 * What a server does within seconds: webhooks that are to be told of the removal have it put on their way, for the next
 * server to send, and the others go.
 */
const webhooksGone = Effect.gen(function* () {
  const place = "The database"
  const { turn } = yield* Outbox.make(place)
  const retire = yield* Retire.make(place)
  return Effect.andThen(Effect.repeat(turn, { while: (isMore) => isMore }), retire)
})

const here = Layer.effect(
  Removing,
  Effect.gen(function* () {
    const services = yield* Effect.context<Removal.RemovalServices>()
    const { askToCancel } = yield* Runs
    const settleWebhooks = yield* webhooksGone
    return Removing.of({
      remove: (id) =>
        Effect.andThen(Effect.provideContext(Removal.removed(id, by, askToCancel), services), settleWebhooks)
    })
  })
).pipe(Layer.provide(AuditedPorts.layer({ actor: Effect.succeed(by), recorded: Effect.void })))

const there = Layer.effect(
  Removing,
  Effect.map(SetupService, ({ remove }) => Removing.of({ remove: (id) => remove(id, by) }))
)

/** Where connections are removed. */
export const removals = {
  here: (environment: Environment) => Layer.provideMerge(here, layer(environment)),
  there: (access, environment) => Layer.provideMerge(there, setups.there(access, environment))
} satisfies Places<SetupServices | Removing, unknown>
