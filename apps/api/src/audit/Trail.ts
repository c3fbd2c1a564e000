/** What a request has left in the audit log so far, and who is to be named there. */
import { Principal } from "@loom-scim/contract/Security"
import type { Actor } from "@loom-scim/core/setup/Evidence"
import { Context, Effect, Option } from "effect"

/** Counts the entries of one request; null outside of requests. */
export const Trail = Context.Reference<{ entries: number } | null>("loom-scim-api/audit/Trail", {
  defaultValue: () => null
})

/** Notes that something was recorded. */
export const leave = Effect.map(Trail, (trail) => {
  if (trail !== null) trail.entries++
})

/** Whoever is calling; the server itself where nobody is. */
export const actor: Effect.Effect<Actor> = Effect.map(Effect.serviceOption(Principal), (caller) => ({
  name: Option.match(caller, { onNone: () => "loom-scim-api", onSome: ({ kind, name }) => `${kind} ${name}` }),
  face: "api"
}))
