/** Requests past our client, for what it does not show: media types, and what a wrong token opens. */
import type { CheckError } from "@loom-scim/core/scim/DoctorSession"
import type { Answer } from "@loom-scim/core/scim/probeFindings"
import { judgeWrongToken } from "@loom-scim/core/scim/probeFindings"
import type { ProbeFinding, ProbeName, ProbeReport } from "@loom-scim/core/scim/ProbeReport"
import { Effect, Predicate } from "effect"
import type { Session } from "./Session.ts"

const headerOf = (headers: unknown, name: string): string | null => {
  const value = Predicate.isObject(headers) ? Reflect.get(headers, name) : undefined
  return Predicate.isString(value) ? value : null
}

const answerOf = (value: unknown): Answer | null => {
  if (!Predicate.hasProperty(value, "status") || !Predicate.isNumber(value.status)) return null
  const type = headerOf(Predicate.hasProperty(value, "headers") ? value.headers : undefined, "content-type")
  const contentType = type?.split(";")[0]?.trim().toLowerCase() ?? null
  return { status: value.status, contentType, redirectOrigin: null, retryAfter: null, body: "" }
}

/** The answer to a GET, without its body; null when there was none. */
const asked = (
  { nango }: Session,
  endpoint: string,
  headers: Readonly<Record<string, string>> = {}
): Effect.Effect<Answer | null> =>
  Effect.promise(() =>
    nango
      .proxy({ method: "GET", endpoint, headers: { ...headers }, retries: 0, responseType: "text" })
      .then(answerOf, (error: unknown) => (Predicate.hasProperty(error, "response") ? answerOf(error.response) : null))
  )

// The proxy puts in the connection's token, but for a request that brings one.
const wrongToken = { authorization: "Bearer wrong-token-of-a-check" }

const users = "/Users?count=1"

// The same question in other words: Nango's mocks tell requests apart by what is asked, and not by the token.
const usersOnceMore = "/Users?startIndex=1&count=1"

/** What a wrong token is answered with; null when there was no answer. */
export const forWrongToken = (session: Session): Effect.Effect<Answer | null> =>
  asked(session, usersOnceMore, wrongToken)

const findingOf = (
  probe: ProbeName,
  { contentType, status }: Answer,
  judged: Pick<ProbeFinding, "message" | "next" | "outcome" | "severity">
): ProbeFinding => ({ probe, ...judged, status, contentType, latencyMillis: null })

const media = { accept: "application/scim+json, application/json" }

/** The part of a probe's report that the doctor takes from it. */
export const report = (session: Session): Effect.Effect<ProbeReport, CheckError> =>
  Effect.gen(function* () {
    const plain = { outcome: "ok", severity: "ok", message: "", next: "" } as const
    const findings: Array<ProbeFinding> = []
    for (const [probe, path] of [
      ["discovery", "/ServiceProviderConfig"],
      ["users", users]
    ] as const) {
      const answer = yield* asked(session, path, media)
      if (answer !== null) findings.push(findingOf(probe, answer, plain))
    }
    const wrong = yield* forWrongToken(session)
    if (wrong !== null) findings.push(findingOf("wrongToken", wrong, judgeWrongToken(wrong)))
    return { findings, totalUsers: null, claims: null }
  })
