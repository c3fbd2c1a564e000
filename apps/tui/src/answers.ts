/** The answers file for scripted set-ups: YAML, checked by a schema, without secrets. */
import { CapturePolicy, DeprovisioningPolicy, EnforceSso, MemberRole } from "@loom-scim/core/setup/Choice"
import type { Answer } from "@loom-scim/core/setup/Answer"
import { VerificationMethod } from "@loom-scim/core/setup/Domain"
import type { Connection } from "@loom-scim/core/setup/SetupService"
import type { Task } from "@loom-scim/core/setup/Task"
import type { Redacted } from "effect"
import { Effect, Schema } from "effect"
import { codes, Ended } from "./Exit.ts"
import { fileTrouble } from "./plain/FileTrouble.ts"

/** What an answers file holds. Every `confirm…` key must be `true`: a script vouches for it as its author would. */
export const Answers = Schema.Struct({
  name: Schema.NonEmptyString,
  confirm: Schema.Struct({
    enterprisePlan: Schema.Literal(true),
    samlSso: Schema.Literal(true),
    ssoTest: Schema.Literal(true),
    relogin: Schema.Literal(true),
    /** Needed when members outside the verified domains are found. */
    lockout: Schema.optionalKey(Schema.Literal(true)),
    /** Needed for `deprovisioning: delete`. */
    loss: Schema.optionalKey(Schema.Literal(true)),
    /** Needed for domains verified by e-mail. */
    domains: Schema.optionalKey(Schema.Literal(true))
  }),
  domains: Schema.NonEmptyArray(
    Schema.Struct({
      domain: Schema.NonEmptyString,
      method: VerificationMethod,
      /** The TXT value, for `method: dnsTxt`. */
      txt: Schema.optionalKey(Schema.NonEmptyString)
    })
  ),
  /** Path of the member export, pasted addresses, or `none`. */
  members: Schema.NonEmptyString,
  sso: Schema.Struct({
    /** URL, path or XML. */
    metadata: Schema.NonEmptyString,
    defaultRole: MemberRole,
    enforce: EnforceSso
  }),
  endpoint: Schema.NonEmptyString,
  /** `YYYY-MM-DD`; one year is assumed without it. */
  tokenExpires: Schema.optionalKey(Schema.NonEmptyString),
  /** The endpoint without it. */
  bridgeUrl: Schema.optionalKey(Schema.NonEmptyString),
  domainCapture: CapturePolicy,
  deprovisioning: DeprovisioningPolicy
})
export type Answers = typeof Answers.Type

const usage = (detail: string) => new Ended({ code: codes.usage, reason: "AnswersInvalid", detail })

/** Reads and checks a file. The YAML library is loaded only here. */
export const read = Effect.fn("answers.read")(function* (path: string) {
  const { readFile } = yield* Effect.promise(() => import("node:fs/promises"))
  const text = yield* Effect.tryPromise({
    try: () => readFile(path, "utf8"),
    catch: (cause) => usage(`The answers file ${path} cannot be read: ${fileTrouble(cause)}`)
  })
  const { parse } = yield* Effect.promise(() => import("yaml"))
  const document: unknown = yield* Effect.try({
    try: (): unknown => parse(text),
    catch: (cause) => usage(`${path} is not YAML: ${cause instanceof Error ? cause.message : "cannot be parsed"}`)
  })
  return yield* Schema.decodeUnknownEffect(Answers)(document, { onExcessProperty: "error", errors: "all" }).pipe(
    Effect.mapError((error) => usage(`${path} does not fit:\n${error.message}`))
  )
})

/** An answer, or why the file has none for the task. */
export type Found = Answer | { readonly _tag: "None"; readonly why: string }

const none = (why: string): Found => ({ _tag: "None", why })
const value = (text: string): Found => ({ _tag: "Value", value: text })
const confirmed = (given: true | undefined, key: string): Found =>
  given === true ? { _tag: "Confirm" } : none(`it needs "confirm.${key}: true" in the answers file`)

/** The next domain of the file that the connection does not have yet. */
export const missingDomain = (answers: Answers, { state }: Connection): string | undefined =>
  answers.domains.find(({ domain }) => !state.domains.some((entry) => entry.domain === domain.toLowerCase()))?.domain

/** What the file says to a task. */
export const answerTo = (answers: Answers, token: Redacted.Redacted, task: Task): Found => {
  const { confirm } = answers
  const domain = answers.domains.find((entry) => entry.domain.toLowerCase() === task.domain)
  switch (task.kind) {
    case "enterprisePlan":
    case "samlSso":
    case "ssoTest":
    case "relogin":
    case "lockout":
    case "loss":
      return confirmed(confirm[task.kind], task.kind)
    case "addDomain":
      return value(answers.domains[0].domain)
    case "domainMethod":
      return domain === undefined ? none("the file does not name this domain") : value(domain.method)
    case "expectedTxt":
      return domain?.txt === undefined ? none("the file has no txt for this domain") : value(domain.txt)
    case "attestDomain":
      return confirmed(confirm.domains, "domains")
    case "members":
      return value(answers.members)
    case "metadata":
      return value(answers.sso.metadata)
    case "defaultRole":
      return value(answers.sso.defaultRole)
    case "enforce":
      return value(answers.sso.enforce)
    case "endpoint":
      return value(answers.endpoint)
    case "token":
      return { _tag: "Secret", value: token }
    case "tokenExpiry":
      return answers.tokenExpires === undefined ? none("the file states no expiry") : value(answers.tokenExpires)
    case "bridgeUrl":
      return value(answers.bridgeUrl ?? answers.endpoint)
    case "capture":
      return value(answers.domainCapture)
    case "deprovisioning":
      return value(answers.deprovisioning)
    case "verifyDomain":
    case "probe":
    case "connect":
      return { _tag: "Confirm" }
  }
}
