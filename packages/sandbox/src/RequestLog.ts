import type { RequestHandler } from "express"

/** One request as it arrived. No header and no body is ever kept, so no token can be. */
export interface LoggedRequest {
  readonly method: string
  /** Path without query. */
  readonly path: string
  /** Raw query without `?`; empty when there is none. */
  readonly query: string
  /** Arrival, ISO 8601 in UTC. */
  readonly at: string
  /** HTTP status; null while unanswered, and for ever when the connection was dropped. */
  readonly status: number | null
}

// Enough for a long test, little enough to forget about.
const KEPT = 10_000

/** The last 10,000 requests, oldest first. */
export class RequestLog {
  #entries: Array<Omit<LoggedRequest, "status"> & { status: number | null }> = []

  entries(): ReadonlyArray<LoggedRequest> {
    return this.#entries
  }

  clear(): void {
    this.#entries = []
  }

  /** Records every request that passes, in the order of arrival. */
  middleware(): RequestHandler {
    return (req, res, next) => {
      const cut = req.originalUrl.indexOf("?")
      const entry: Omit<LoggedRequest, "status"> & { status: number | null } = {
        method: req.method,
        path: cut < 0 ? req.originalUrl : req.originalUrl.slice(0, cut),
        query: cut < 0 ? "" : req.originalUrl.slice(cut + 1),
        at: new Date().toISOString(),
        status: null
      }
      this.#entries.push(entry)
      if (this.#entries.length > KEPT) this.#entries.shift()
      res.on("finish", () => {
        entry.status = res.statusCode
      })
      next()
    }
  }
}
