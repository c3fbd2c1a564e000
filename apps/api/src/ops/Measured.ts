/** What is counted of every answer. Labels hold no path, no caller and nothing else that has no end. */
import { Duration, Metric } from "effect"
import type { Context } from "effect"

const requests = Metric.counter("http_server_requests", { description: "Answers by method and status" })
const latency = Metric.timer("http_server_latency", {
  description: "Milliseconds from the request to its answer; streams until they begin"
})

const methods = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])

const latencies = new Map<string, typeof latency>()
const counters = new Map<string, typeof requests>()

/** The one of these labels, made when it is first asked for: a metric finds its series by a key that takes long to make. */
const labelled = <M extends typeof latency | typeof requests>(kept: Map<string, M>, name: string, make: () => M): M => {
  const known = kept.get(name)
  if (known !== undefined) return known
  const made = make()
  kept.set(name, made)
  return made
}

/** Counts one answer, in the series that the context holds. */
export const answered = (context: Context.Context<never>, given: string, status: number, millis: number): void => {
  const method = methods.has(given) ? given : "other"
  const answers = labelled(counters, `${method} ${status}`, () =>
    Metric.withAttributes(requests, { method, status: String(status) })
  )
  const took = labelled(latencies, method, () => Metric.withAttributes(latency, { method }))
  answers.updateUnsafe(1, context)
  took.updateUnsafe(Duration.millis(millis), context)
}
