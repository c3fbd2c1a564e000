/** A plan as it is kept in a file: reviewed by a person, and applied later to what it was made for. */
import { Result, Schema } from "effect"
import type { DateTime } from "effect"
import type { Connected } from "../operations/ConnectedClient.ts"
import { BridgeUrl } from "../setup/BridgeUrl.ts"
import { ConnectionId } from "../setup/ConnectionId.ts"
import { faultsOf } from "./DecodeFaults.ts"
import { canonical, fingerprintOf } from "./Fingerprint.ts"
import { GuardPolicy } from "./Guard.ts"
import { Plan } from "./Plan.ts"
import { Recognised } from "./Recognised.ts"

const Content = Schema.Struct({
  version: Schema.Literal(1),
  connectionId: ConnectionId,
  /** The server whose users the plan is about. */
  url: BridgeUrl,
  madeAt: Schema.DateTimeUtcFromString,
  /** What a person calls the source. */
  source: Schema.String,
  adopt: Schema.Literals(["never", "unclaimed", "any"]),
  policy: GuardPolicy,
  /** Ours by external id, and not yet known as managed. */
  recognised: Schema.Array(Recognised),
  plan: Plan
})

/** Everything that applying needs. Secrets are not in it; people are, so it is as private as the source. */
export const PlanFile = Schema.Struct({
  ...Content.fields,
  /** Of all the rest: a file that was edited is refused. No signature: who may write the file may decide what is done. */
  fingerprint: Schema.String
})
export type PlanFile = typeof PlanFile.Type

const advice = {
  malformed: "Make the plan again: loom-scim plan --save FILE",
  otherVersion: "Make the plan again with this version: loom-scim plan --save FILE",
  changed: "Change the source, the mapping or the policy instead, and make the plan again",
  otherConnection: "Name the connection it was made for with --connection, or make a plan for this one",
  otherServer: "The connection has moved since: make the plan again",
  unfounded: "Make the plan again for this connection as it is: loom-scim plan --save FILE"
} as const

/** A file is no plan, or not one for this connection. */
export class PlanFileRefused extends Schema.TaggedError<PlanFileRefused>()("PlanFileRefused", {
  reason: Schema.Literals(["malformed", "otherVersion", "changed", "otherConnection", "otherServer", "unfounded"]),
  detail: Schema.String
}) {
  override get message(): string {
    return `${this.detail} ${this.next}.`
  }
  get next(): string {
    return advice[this.reason]
  }
}

/** What a file is made of. */
export interface PlanFileInput {
  readonly connected: Pick<Connected, "id" | "url">
  readonly madeAt: DateTime.Utc
  readonly source: string
  readonly adopt: PlanFile["adopt"]
  readonly policy: GuardPolicy
  readonly recognised: Iterable<Recognised>
  readonly plan: Plan
}

const encodeContent = Schema.encodeSync(Schema.toCodecJson(Content))

const fingerprintOfContent = (content: typeof Content.Type): string => fingerprintOf(canonical(encodeContent(content)))

/** With the fingerprint of what is in it. */
export const sealed = (content: typeof Content.Type): PlanFile => ({
  ...content,
  fingerprint: fingerprintOfContent(content)
})

/** Makes one. */
export const make = ({ connected, recognised, ...rest }: PlanFileInput): PlanFile =>
  sealed({
    version: 1,
    connectionId: connected.id,
    url: connected.url,
    ...rest,
    recognised: [...recognised]
  })

const encode = Schema.encodeSync(PlanFile)

const lines = (values: ReadonlyArray<unknown>): string =>
  values.length === 0 ? "[]" : `[\n${values.map((value) => JSON.stringify(value)).join(",\n")}\n]`

/** As JSON with an action a line, so that two plans can be compared line by line. */
export const toJson = (file: PlanFile): string => {
  const { plan, recognised, ...head } = encode(file)
  const { actions, ...counted } = plan
  const members = (object: object) =>
    Object.entries(object)
      .map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`)
      .join(",\n")
  return `{\n${members(head)},\n"recognised": ${lines(recognised)},\n"plan": {\n${members(counted)},\n"actions": ${lines(actions)}\n}\n}\n`
}

const Versioned = Schema.Struct({ version: Schema.Int })
const isVersioned = Schema.is(Versioned)
const decode = Schema.decodeUnknownResult(PlanFile, { errors: "all" })

const refused = (reason: PlanFileRefused["reason"], detail: string) =>
  Result.fail(new PlanFileRefused({ reason, detail }))

/** Reads one, or says why it is none. */
export const fromJson = (text: string): Result.Result<PlanFile, PlanFileRefused> => {
  const parsed = Result.try((): unknown => JSON.parse(text))
  if (Result.isFailure(parsed)) return refused("malformed", "The file is not JSON; it may have been cut off.")
  const value = parsed.success
  if (!isVersioned(value)) return refused("malformed", "The file is not a saved plan.")
  if (value.version !== 1) return refused("otherVersion", `The plan has version ${value.version}, known is 1.`)
  const decoded = decode(value)
  if (Result.isFailure(decoded)) {
    const [first = "", ...others] = faultsOf(decoded.failure)
    const more = others.length === 0 ? "" : `, and ${others.length} more`
    return refused("malformed", `The file is not a saved plan (${first}${more}).`)
  }
  if (fingerprintOfContent(decoded.success) !== decoded.success.fingerprint) {
    return refused("changed", "The file was changed after it was saved.")
  }
  return Result.succeed(decoded.success)
}

/** Refuses a plan that was made for another connection, or for another server of it. */
export const refuseOther = (
  { connectionId, url }: Pick<PlanFile, "connectionId" | "url">,
  connected: Pick<Connected, "id" | "url">
): Result.Result<void, PlanFileRefused> => {
  if (connectionId !== connected.id) {
    return refused("otherConnection", `The plan was made for the connection ${connectionId}, not for ${connected.id}.`)
  }
  return url === connected.url
    ? Result.void
    : refused("otherServer", `The plan was made for ${new URL(url).host}, and ${connectionId} is another server now.`)
}
