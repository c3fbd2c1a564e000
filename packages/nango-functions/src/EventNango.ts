/** What events need of the `nango` that they are given. Types only, of `nango` and ours. */
import type { NangoAction } from "nango"
import type { FunctionNango } from "./FunctionNango.ts"

/** An event's `nango`. */
export type EventNango = FunctionNango & Pick<NangoAction, "log">

/** The function of an event. */
export type Event = (nango: EventNango) => Promise<void>
