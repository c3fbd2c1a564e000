/**
 * From the answer to a task to the change it makes. Every face hands over what a person typed, chose or confirmed;
 * what it means is decided here, once.
 */
import type { Redacted } from "effect"
import { DateTime, Effect, Option, Result, Schema } from "effect"
import type { MetadataSource } from "../ports/SamlMetadata.ts"
import { MemberList } from "../ports/MemberList.ts"
import * as BridgeUrl from "./BridgeUrl.ts"
import { CapturePolicy, DeprovisioningPolicy, EnforceSso, MemberRole } from "./Choice.ts"
import type { PersonCommand } from "./Command.ts"
import type { ConnectionId } from "./ConnectionId.ts"
import * as Domain from "./Domain.ts"
import type { Actor } from "./Evidence.ts"
import { emailsIn } from "./MemberReview.ts"
import { SetupRefused } from "./SetupRefused.ts"
import type { Connection } from "./SetupService.ts"
import { SetupService } from "./SetupService.ts"
import type { Task } from "./Task.ts"

/** What a face hands over. `Confirm` answers attestations and runs checks. */
export type Answer =
  | { readonly _tag: "Confirm" }
  | { readonly _tag: "Value"; readonly value: string }
  | { readonly _tag: "Secret"; readonly value: Redacted.Redacted }

/** What is allowed beyond the defaults. */
export interface Options {
  /** Lets addresses of private networks and of this machine pass, for labs. */
  readonly allowPrivateNetwork: boolean
}

/** Where metadata comes from, told by the look of the input; an entityID may follow a source behind `#`. */
const metadataSource = (
  input: string,
  allowPrivateNetwork: boolean
): { readonly source: MetadataSource; readonly entityID: string | undefined } => {
  const trimmed = input.trim()
  if (trimmed.startsWith("<")) return { source: { kind: "paste", xml: trimmed }, entityID: undefined }
  const hash = trimmed.indexOf("#")
  const location = hash < 0 ? trimmed : trimmed.slice(0, hash)
  const entityID = hash < 0 ? undefined : trimmed.slice(hash + 1) || undefined
  return /^https?:\/\//i.test(location)
    ? { source: { kind: "url", location, allowPrivateNetwork }, entityID }
    : { source: { kind: "file", location }, entityID }
}

const problemOf = <A>(result: Result.Result<A, string>): string | undefined =>
  Result.isFailure(result) ? result.failure : undefined

/** Judges what stands in an input field while it is being typed: undefined when it may be submitted. */
export const problem = (task: Task, value: string, options: Options): string | undefined => {
  switch (task.kind) {
    case "addDomain":
      return problemOf(Domain.parse(value.trim().replace(/^-/, "")))
    case "expectedTxt":
      return problemOf(Domain.parseExpectedTxt(value))
    case "endpoint":
    case "bridgeUrl":
      return problemOf(Result.mapError(BridgeUrl.parse(value, options), ({ message }) => message))
    case "tokenExpiry":
      return Option.isSome(parseDate(value)) ? undefined : "Type a date as 2027-12-31."
    case "token":
      return value.trim().length < 8 ? "Paste the whole token." : undefined
    case "members":
    case "metadata":
      return value.trim() === "" ? "Type or paste something." : undefined
    default:
      return undefined
  }
}

const parseDate = (value: string): Option.Option<DateTime.Utc> =>
  /^\d{4}-\d{2}-\d{2}$/.test(value.trim())
    ? Option.map(DateTime.make(`${value.trim()}T00:00:00Z`), DateTime.toUtc)
    : Option.none()

/** Carries out the answer to a task. */
export const perform = Effect.fn("Answer.perform")(function* (
  id: ConnectionId,
  task: Task,
  answer: Answer,
  options: Options,
  actor: Actor
) {
  const setup = yield* SetupService
  const members = yield* MemberList
  const text = answer._tag === "Value" ? answer.value : ""
  const submit = (command: PersonCommand) => setup.submit(id, command, actor)
  const invalid = (detail: string) =>
    new SetupRefused({ command: task.kind, reason: "invalidInput", missing: null, detail, next: "" })
  const chosen = <A>(schema: Schema.Codec<A, string>, use: (value: A) => PersonCommand) => {
    const value = Schema.decodeUnknownOption(schema)(text)
    const allowed = task.input._tag === "Choice" ? task.input.options.map((option) => option.value).join(", ") : ""
    return Option.isNone(value)
      ? Effect.fail(invalid(`"${text}" is not one of: ${allowed}.`))
      : submit(use(value.value))
  }
  const parsed = <A>(result: Result.Result<A, string>, use: (value: A) => PersonCommand) =>
    Result.isFailure(result) ? Effect.fail(invalid(result.failure)) : submit(use(result.success))
  const onDomain = <E>(use: (domain: Domain.DomainName) => Effect.Effect<Connection, E>) =>
    task.domain === null ? Effect.fail(invalid("This task belongs to a domain.")) : use(task.domain)
  if (task.input._tag === "Attest" && answer._tag !== "Confirm") {
    return yield* invalid("This is confirmed or left open, nothing else.")
  }
  switch (task.kind) {
    case "enterprisePlan":
    case "samlSso":
      return yield* submit({ _tag: "AttestPrerequisite", prerequisite: task.kind })
    case "addDomain": {
      const removes = text.trim().startsWith("-")
      return yield* parsed(Domain.parse(text.trim().replace(/^-/, "")), (domain) =>
        removes ? { _tag: "RemoveDomain", domain } : { _tag: "AddDomain", domain }
      )
    }
    case "domainMethod":
      return yield* onDomain((domain) =>
        chosen(Domain.VerificationMethod, (method) => ({ _tag: "ChooseDomainMethod", domain, method }))
      )
    case "expectedTxt":
      return yield* onDomain((domain) =>
        parsed(Domain.parseExpectedTxt(text), (expectedTxt) => ({ _tag: "RecordExpectedTxt", domain, expectedTxt }))
      )
    case "verifyDomain":
      return yield* onDomain((domain) => setup.checkDomain(id, domain, actor))
    case "attestDomain":
      return yield* onDomain((domain) => submit({ _tag: "AttestDomain", domain }))
    case "members": {
      if (/^none$/i.test(text.trim())) return yield* submit({ _tag: "AttestNoMembers" })
      const emails = text.includes("@") ? emailsIn(text) : yield* members.fromFile(text.trim())
      return yield* setup.reviewMembers(id, emails, actor)
    }
    case "lockout":
      return yield* submit({ _tag: "AcknowledgeLockout" })
    case "metadata": {
      const { entityID, source } = metadataSource(text, options.allowPrivateNetwork)
      return yield* setup.readMetadata(id, source, entityID, actor)
    }
    case "defaultRole":
      return yield* chosen(MemberRole, (role) => ({ _tag: "ChooseDefaultRole", role }))
    case "ssoTest":
      return yield* submit({ _tag: "AttestSsoTest" })
    case "enforce":
      return yield* chosen(EnforceSso, (enforce) => ({ _tag: "ChooseEnforcement", enforce }))
    case "relogin":
      return yield* submit({ _tag: "AcknowledgeRelogin" })
    case "endpoint":
      return yield* parsed(
        Result.mapError(BridgeUrl.parse(text, options), ({ message }) => message),
        (endpoint) => ({ _tag: "RecordEndpoint", endpoint })
      )
    case "token":
      return yield* answer._tag === "Secret"
        ? setup.saveToken(id, answer.value, null, actor)
        : Effect.fail(invalid("A token is taken as a secret only."))
    case "tokenExpiry": {
      const expiresAt = parseDate(text)
      return yield* Option.isNone(expiresAt)
        ? Effect.fail(invalid("Type a date as 2027-12-31."))
        : submit({ _tag: "StateTokenExpiry", expiresAt: expiresAt.value })
    }
    case "bridgeUrl":
      return yield* setup.setBridgeUrl(id, text, options.allowPrivateNetwork, actor)
    case "capture":
      return yield* chosen(CapturePolicy, (policy) => ({ _tag: "ChooseCapture", policy }))
    case "deprovisioning":
      return yield* chosen(DeprovisioningPolicy, (policy) => ({ _tag: "ChooseDeprovisioning", policy }))
    case "loss":
      return yield* submit({ _tag: "AcknowledgeLoss" })
    case "probe":
      return yield* setup.probe(id, actor)
    case "connect":
      return yield* submit({ _tag: "Connect" })
  }
})
