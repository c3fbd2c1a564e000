/** What the API says when it says no, as an error to catch. */

/** The fields of RFC 9457 problem details, and those that this API adds to every one of them. */
export interface ProblemDetails {
  /** Stable; match on it. `about:blank` when something between you and the API answered. */
  readonly type: string
  readonly title: string
  readonly status: number
  /** What happened, for people. */
  readonly detail: string
  /** What to do about it, for people. */
  readonly next: string
  /** The id of the request, as in the server's log. */
  readonly instance: string | undefined
}

/** The start of every `type` of this API. */
const scheme = "urn:loom-scim:problem:"

/**
 * The API refused or failed.
 *
 * @example
 * try {
 *   await client.connections.get({ connection: "acme" })
 * } catch (error) {
 *   if (error instanceof ProblemError && error.is("not-found")) console.log(error.next)
 *   else throw error
 * }
 */
export class ProblemError extends Error implements ProblemDetails {
  override readonly name = "ProblemError"
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly next: string
  readonly instance: string | undefined
  /** The whole problem as it was sent: some kinds have `reason`, `missing`, `errors` or `retryAfter` besides. */
  readonly problem: Readonly<Record<string, unknown>>

  constructor(details: ProblemDetails, problem: Readonly<Record<string, unknown>>) {
    super(`${details.title}: ${details.detail} ${details.next}`.trim())
    this.type = details.type
    this.title = details.title
    this.status = details.status
    this.detail = details.detail
    this.next = details.next
    this.instance = details.instance
    this.problem = problem
  }

  /** Whether it is of a kind, by the last part of its `type`: `not-found`, `refused`, `precondition-failed`, … */
  is(kind: string): boolean {
    return this.type === `${scheme}${kind}`
  }
}
