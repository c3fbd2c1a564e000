/** What is counted of every answer. Labels hold no path, no caller and nothing else that has no end. */
import { Duration, Effect, Metric } from "effect"

const requests = Metric.counter("http_server_requests", { description: "Answers by method and status" })
const latency = Metric.timer("http_server_latency", {
  description: "Milliseconds from the request to its answer; streams until they begin"
})

const methods = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])

/** Counts one answer. */
export const answered = (method: string, status: number, millis: number): Effect.Effect<void> => {
  const attributes = { method: methods.has(method) ? method : "other" }
  return Effect.andThen(
    Metric.update(Metric.withAttributes(requests, { ...attributes, status: String(status) }), 1),
    Metric.update(Metric.withAttributes(latency, attributes), Duration.millis(millis))
  )
}
