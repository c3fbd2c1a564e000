/** From an answer that is no success to the typed error it stands for. */
import * as RetryAfter from "./RetryAfter.ts"
import * as E from "./ScimError.ts"
import * as Body from "./ScimErrorBody.ts"
import * as Scrub from "./ScimErrorScrub.ts"

/** What is looked at of an answer. */
export interface FailedAnswer {
  /** Method and path without ids. */
  readonly operation: string
  readonly status: number
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
  /** The URL asked for, to resolve a relative Location. */
  readonly url: string
  readonly nowMillis: number
}

const originOf = (location: string | undefined, base: string): string | null => {
  if (location === undefined || !URL.canParse(location, base)) return null
  const { origin } = new URL(location, base)
  return origin === "null" ? null : origin
}

/** The error for a body that cannot be used. */
export const malformed = (
  answer: Pick<FailedAnswer, "operation" | "status" | "body">,
  reason: E.MalformedReason,
  scrub: (text: string) => string
): E.Malformed =>
  new E.Malformed({
    operation: answer.operation,
    status: answer.status,
    scimType: null,
    detail: null,
    reason: reason !== "tooLong" && Body.isWebPage(answer.body) ? "webPage" : reason,
    excerpt: Scrub.excerpt(answer.body, scrub)
  })

/**
 * The typed error of an answer, by HTTP status and scimType (RFC 7644 §3.12, tables 8 and 9; RFC 9865 §2.3). The status
 * of the body counts only when HTTP claims success, which some servers do.
 */
export const toError = (answer: FailedAnswer, scrub: (text: string) => string): E.ScimError => {
  const read = Body.decode(answer.body, scrub)
  const status = answer.status < 300 ? (read.status ?? 500) : answer.status
  const fields = { operation: answer.operation, status, scimType: read.scimType, detail: read.detail }
  // 408 is a fault that passes, as 504 is: somebody in between may have given up after the request went on.
  if (status >= 500 || status === 408) return new E.ServerFault(fields)
  if (status < 400) {
    // 304 and its like answer no question that was asked.
    const origin = originOf(answer.headers["location"], answer.url)
    return status === 304 || status < 300
      ? malformed(answer, "notJson", scrub)
      : new E.Redirected({ ...fields, origin: origin === null ? null : scrub(origin) })
  }
  switch (status) {
    case 401:
      return new E.Unauthorized(fields)
    case 403:
      return new E.Forbidden(fields)
    case 404:
    case 410:
      return new E.NotFound(fields)
    case 409:
      return new E.Conflict({ ...fields, resource: null })
    case 412:
      return new E.PreconditionFailed(fields)
    case 413:
      return new E.PayloadTooLarge(fields)
    case 429: {
      const { waitMillis } = RetryAfter.parse(answer.headers["retry-after"], answer.nowMillis, answer.headers["date"])
      return new E.RateLimited({ ...fields, retryAfterMillis: waitMillis })
    }
    default:
  }
  switch (read.scimType) {
    case "uniqueness":
      return new E.Conflict({ ...fields, resource: null })
    case "invalidFilter":
      return new E.InvalidFilter(fields)
    case "tooMany":
      return new E.TooMany(fields)
    default:
      return new E.InvalidRequest(fields)
  }
}
