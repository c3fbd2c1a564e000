/** Events to store, and a look at what a failure shows. */
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { DomainName } from "@loom-scim/core/setup/Domain"
import type { Event, Recorded } from "@loom-scim/core/setup/Event"
import type { Array as Arr } from "effect"
import { DateTime, Redacted } from "effect"
import { inspect } from "node:util"

export const acme = ConnectionId.make("acme")
export const beta = ConnectionId.make("beta")

export const start = DateTime.makeUnsafe("2026-11-01T08:30:00.123Z")
const actor = { name: 'Ada "the" Löwe', face: "cli" } as const

/** A few events that between them hold dates, nested values, nulls and characters that need escaping. */
export const eventAt = (sequence: number): Event => {
  switch (sequence % 4) {
    case 1:
      return { _tag: "Begun", name: `Acme 'GmbH' № ${sequence}` }
    case 2:
      return { _tag: "DomainAdded", domain: DomainName.make(`d${sequence}.acme.com`) }
    case 3:
      return {
        _tag: "LockoutAcknowledged",
        evidence: { _tag: "Attested", by: actor, at: start, statement: "I told them; \\ and \u0007 too" }
      }
    default:
      return {
        _tag: "DomainCheckFailed",
        domain: DomainName.make("acme.com"),
        at: DateTime.add(start, { minutes: sequence }),
        saw: "",
        next: "Look again",
        conclusive: sequence % 8 === 0
      }
  }
}

export const entry = (id: ConnectionId, sequence: number): Recorded => ({
  connectionId: id,
  sequence,
  at: DateTime.add(start, { seconds: sequence }),
  actor,
  event: eventAt(sequence)
})

/** The events `from` to `to`, both included. */
export const entries = (id: ConnectionId, from: number, to: number): Arr.NonEmptyReadonlyArray<Recorded> => [
  entry(id, from),
  ...Array.from({ length: to - from }, (_, index) => entry(id, from + 1 + index))
]

export const token = (text: string): Redacted.Redacted => Redacted.make(text)

/** Everything a log, a screen or a debugger could print of a value. */
export const shown = (value: unknown): string =>
  [String(value), JSON.stringify(value), inspect(value, { depth: 10, showHidden: true })].join("\n")
