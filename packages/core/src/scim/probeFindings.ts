/** From an answer to what it means and what to do: the words of the probe, as pure functions. */
import { Predicate, Result } from "effect"
import * as BridgeUrl from "../setup/BridgeUrl.ts"
import type { ProbeFinding, ProbeReport } from "./ProbeReport.ts"

/** What came back, as far as the probe looks at it. */
export interface Answer {
  readonly status: number
  /** The media type without parameters, in lower case. */
  readonly contentType: string | null
  /** The origin a redirect points at; null when it has none that can be read. */
  readonly redirectOrigin: string | null
  /** Retry-After in words, such as `30 seconds`; null when absent or unreadable. */
  readonly retryAfter: string | null
  /** Null when it was longer than the limit. Empty when it was not read because the status decides. */
  readonly body: string | null
}

/** The part of a finding that is judgement and not measurement. */
export type Judgement = Pick<ProbeFinding, "outcome" | "severity" | "message" | "next">

const fatal = (outcome: Judgement["outcome"], message: string, next: string): Judgement => ({
  outcome,
  severity: "fatal",
  message,
  next
})

const compareUrl = "Compare the bridge URL with the endpoint in the set-up console, character by character."

const isWebPage = ({ body, contentType }: Answer): boolean =>
  contentType === "text/html" ||
  contentType === "application/xhtml+xml" ||
  /^\uFEFF?\s{0,100}<(?:!doctype html|html)/i.test(body ?? "")

/** Judges the statuses that end a request whatever it asked for; undefined for 200. */
const judgeStatus = (answer: Answer): Judgement | undefined => {
  const { redirectOrigin, retryAfter, status } = answer
  const page = isWebPage(answer)
    ? " The answer was a web page, so a firewall or proxy in between may have given it: ask whoever runs it."
    : ""
  if (status === 200) return undefined
  if ([301, 302, 303, 307, 308].includes(status)) {
    const target = redirectOrigin ?? "another place"
    return fatal(
      "redirected",
      `The server redirects to ${target} (${status}); the token is not sent there.`,
      "Check the bridge URL; if the endpoint has moved, paste the new one from the set-up console."
    )
  }
  if (status === 401) {
    return fatal(
      "unauthorized",
      "The server does not accept the token (401).",
      `Copy the bearer token again from the set-up console; a token that was renewed there replaces the old one.${page}`
    )
  }
  if (status === 403) {
    return fatal(
      "forbidden",
      "The server does not allow this token to read the directory (403).",
      `Check that directory sync is on and that the token belongs to this endpoint.${page}`
    )
  }
  if (status === 404) {
    return fatal("notFound", "There is no SCIM service at this address (404).", `${compareUrl}${page}`)
  }
  if (status === 429) {
    const wait = retryAfter ?? "a minute"
    return fatal("rateLimited", "The server asks to slow down (429).", `Wait ${wait}, then validate again.`)
  }
  if (status >= 500) {
    return fatal(
      "serverError",
      `The server has a problem of its own (${status}).`,
      `Try again in a few minutes; if it stays, tell whoever runs the server the time and this status.${page}`
    )
  }
  return fatal(
    "unexpectedStatus",
    `The server answers ${status}, which SCIM does not foresee here.`,
    `${compareUrl}${page}`
  )
}

const tooLarge = "The answer is longer than 1 MiB"

/** The body as a JSON object, or why it is none. */
const readObject = (answer: Answer, what: string): Result.Result<object, Judgement> => {
  if (answer.body === null) {
    return Result.fail(
      fatal(
        "tooLarge",
        `${tooLarge}, although ${what} is short.`,
        "The server ignores count; ask its vendor to page lists."
      )
    )
  }
  if (isWebPage(answer)) {
    return Result.fail(
      fatal(
        "webPage",
        `The server answers with a web page instead of ${what}.`,
        `It may be a log-in page. ${compareUrl}`
      )
    )
  }
  const { body } = answer
  const parsed = Result.try((): unknown => JSON.parse(body.replace(/^\uFEFF/, "")))
  if (Result.isFailure(parsed)) {
    return Result.fail(
      fatal("notScim", `The server answers with something that is not JSON instead of ${what}.`, compareUrl)
    )
  }
  return Predicate.isObject(parsed.success)
    ? Result.succeed(parsed.success)
    : Result.fail(fatal("notScim", `The server answers with JSON that is not ${what}.`, compareUrl))
}

const field = (value: unknown, key: string): unknown => (Predicate.hasProperty(value, key) ? value[key] : undefined)

const mediaTypeNote = ({ contentType }: Answer): ReadonlyArray<string> =>
  contentType === "application/scim+json"
    ? []
    : [`It answers as ${contentType ?? "no media type"} instead of application/scim+json (RFC 7644 §3.1).`]

const ok = (message: string, notes: ReadonlyArray<string>): Judgement => ({
  outcome: "ok",
  severity: notes.length === 0 ? "ok" : "warning",
  message: [message, ...notes].join(" "),
  next: notes.length === 0 ? "" : "It can be used as it is; tell the server's vendor if you can."
})

/** Judges the addresses a host resolved to. */
export const judgeAddresses = (
  host: string,
  addresses: ReadonlyArray<string>,
  allowPrivateNetwork: boolean
): Judgement => {
  const refusal = addresses
    .map((address) => BridgeUrl.refuseResolved(host, address, allowPrivateNetwork))
    .find((reason) => reason !== undefined)
  return refusal === undefined
    ? ok(`${host} is at ${addresses.slice(0, 3).join(", ")}.`, [])
    : fatal("forbiddenAddress", refusal, "Use the public address of the server.")
}

/** Some servers send the boolean as text; anything else than true is no claim. */
const supported = (config: unknown, feature: string): boolean =>
  /^true$/i.test(String(field(field(config, feature), "supported")))

/**
 * Judges `GET /ServiceProviderConfig` (RFC 7644 §4, RFC 7643 §5). Nothing depends on it, so whatever is wrong with an
 * answer is a warning; only 429 is fatal, because the next request would meet it too.
 */
export const judgeDiscovery = (
  answer: Answer
): { readonly judgement: Judgement; readonly claims: ProbeReport["claims"] } => {
  const warn = (judgement: Judgement) => ({
    judgement: judgement.outcome === "rateLimited" ? judgement : { ...judgement, severity: "warning" as const },
    claims: null
  })
  if (answer.status === 404) {
    return warn({
      outcome: "notFound",
      severity: "warning",
      message: "The server does not describe itself: it has no /ServiceProviderConfig (404).",
      next: "Nothing to do: its abilities are found out by asking."
    })
  }
  const status = judgeStatus(answer)
  if (status !== undefined) return warn({ ...status, message: `/ServiceProviderConfig: ${status.message}` })
  const read = readObject(answer, "its ServiceProviderConfig")
  if (Result.isFailure(read)) return warn(read.failure)
  const listed = field(read.success, "Resources")
  const config: unknown = Array.isArray(listed) ? listed[0] : read.success
  const features = ["patch", "bulk", "filter", "etag"] as const
  if (!features.some((feature) => Predicate.isObject(field(config, feature)))) {
    return warn(fatal("notScim", "The server answers with JSON that is not its ServiceProviderConfig.", compareUrl))
  }
  const claims = {
    patch: supported(config, "patch"),
    bulk: supported(config, "bulk"),
    filter: supported(config, "filter"),
    etag: supported(config, "etag")
  }
  const claimed = features.filter((feature) => claims[feature]).join(", ") || "nothing optional"
  return { judgement: ok(`The server says it supports ${claimed}.`, mediaTypeNote(answer)), claims }
}

const listResponse = /^urn:ietf:params:scim:api:messages:2\.0:ListResponse$/i

const totalOf = (list: object): number | null => {
  const total = field(list, "totalResults")
  const value = Predicate.isString(total) && /^\d{1,9}$/.test(total) ? Number(total) : total
  return Predicate.isNumber(value) && Number.isSafeInteger(value) && value >= 0 ? value : null
}

/**
 * Judges `GET /Users?count=1` (RFC 7644 §3.4.2). A list is taken as one when it says so in `schemas`, or when it has no
 * `schemas` but `Resources` or `totalResults`.
 */
export const judgeUsers = (
  answer: Answer
): { readonly judgement: Judgement; readonly totalUsers: ProbeReport["totalUsers"] } => {
  const status = judgeStatus(answer)
  if (status !== undefined) return { judgement: status, totalUsers: null }
  const read = readObject(answer, "a SCIM list of users")
  if (Result.isFailure(read)) return { judgement: read.failure, totalUsers: null }
  const list = read.success
  const schemas = field(list, "schemas")
  const resources = field(list, "Resources")
  const totalUsers = totalOf(list)
  const isList =
    schemas === undefined
      ? Array.isArray(resources) || totalUsers !== null
      : [schemas].flat().some((schema) => Predicate.isString(schema) && listResponse.test(schema))
  if (!isList) {
    const next = "Check that the URL is the SCIM endpoint, not another interface of the same product."
    return {
      judgement: fatal("notScim", "The server answers with JSON that is not a SCIM list of users.", next),
      totalUsers: null
    }
  }
  const notes = [
    ...mediaTypeNote(answer),
    ...(schemas === undefined ? ["It leaves out schemas."] : []),
    ...(totalUsers === null ? ["It does not say how many users there are (totalResults)."] : []),
    ...(Array.isArray(resources) && resources.length > 1 ? ["It ignores count."] : [])
  ]
  const message =
    totalUsers === null ? "The token can read users." : `The token can read users; there are ${totalUsers}.`
  return { judgement: ok(message, notes), totalUsers }
}

/** Judges the request with a wrong token: only 401 and 403 prove that tokens are checked. */
export const judgeWrongToken = (answer: Answer): Judgement => {
  const { status } = answer
  if (status === 401 || status === 403) return ok(`A wrong token is refused (${status}).`, [])
  if (status === 429 || status >= 500) {
    const judged = judgeStatus(answer)
    if (judged !== undefined) {
      return { ...judged, message: `Whether a wrong token is refused could not be seen. ${judged.message}` }
    }
  }
  if (status >= 200 && status < 300) {
    return fatal(
      "tokenNotChecked",
      `The server answers a wrong token with ${status}, as it does the right one: it does not check the token.`,
      "Do not send people's data there: anyone could read and change the directory. Tell whoever runs the server."
    )
  }
  return fatal(
    "tokenNotChecked",
    `The server answers a wrong token with ${status} instead of 401 or 403, so it is not proven that it checks tokens.`,
    "Ask whoever runs the server to answer a wrong token with 401 (RFC 7644 §3.12)."
  )
}
