/** Counting requests and their time. */
import { type Context, Duration, Metric } from "effect"
import type { Call } from "./Transport.ts"

const requests = Metric.counter("scim_client_requests", { description: "Attempts by method, endpoint and status" })
const latency = Metric.timer("scim_client_latency", { description: "From sending to the end of the answer" })

/** Answers that asked to slow down (429). */
export const waits = Metric.counter("scim_client_rate_limited", {
  description: "Answers that asked to slow down (429)"
})

/** Counts an attempt, in the metrics of the context that it ran in. */
export type Count = (call: Call, outcome: string, millis: number, context: Context.Context<never>) => void

/** Metrics of one connection. */
export const make = (): Count => {
  const known = new Map<string, { readonly requests: typeof requests; readonly latency: typeof latency }>()
  /** Kept, since labelling a metric costs as much as a good part of a request. Labels are few: they hold no ids. */
  const labelled = (call: Call, outcome: string) => {
    const key = `${call.method} ${call.label} ${outcome}`
    const found = known.get(key)
    if (found !== undefined) return found
    const attributes = { method: call.method, endpoint: call.label }
    const made = {
      requests: Metric.withAttributes(requests, { ...attributes, outcome }),
      latency: Metric.withAttributes(latency, attributes)
    }
    known.set(key, made)
    return made
  }
  return (call, outcome, millis, context) => {
    const metrics = labelled(call, outcome)
    metrics.requests.updateUnsafe(1, context)
    metrics.latency.updateUnsafe(Duration.millis(millis), context)
  }
}
