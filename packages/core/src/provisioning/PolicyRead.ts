/** Reads a guard policy as a person wrote it: whatever it leaves out is careful. */
import { Result, Schema, Struct } from "effect"
import type { DomainName } from "../setup/Domain.ts"
import { faultsOf } from "./DecodeFaults.ts"
import { careful, GuardPolicy, Threshold } from "./Guard.ts"
import { KnownFilter } from "./Protection.ts"

const Limit = Threshold.mapFields(Struct.map(Schema.optionalKey))

/** The file. Verified domains are not in it: the program knows them. */
export const PolicyText = Schema.Struct({
  losses: Schema.optionalKey(Limit),
  deletions: Schema.optionalKey(Limit),
  removals: Schema.optionalKey(Limit),
  groupDeletions: Schema.optionalKey(Schema.Struct({ count: Schema.optionalKey(Threshold.fields.count) })),
  tolerated: Schema.optionalKey(GuardPolicy.fields.tolerated),
  protectedPeople: Schema.optionalKey(GuardPolicy.fields.protectedPeople),
  protectedFilter: Schema.optionalKey(GuardPolicy.fields.protectedFilter),
  protectedGroups: Schema.optionalKey(GuardPolicy.fields.protectedGroups),
  minAdmins: Schema.optionalKey(GuardPolicy.fields.minAdmins)
})
export type PolicyText = typeof PolicyText.Type

/** The file as somebody gives it. What was kept of one may have a filter that would not be taken any more. */
export const GivenPolicy = Schema.Struct({
  ...PolicyText.fields,
  protectedFilter: Schema.optionalKey(Schema.NullOr(KnownFilter))
})

/** What is wrong in a policy file. */
export class PolicyRefused extends Schema.TaggedError<PolicyRefused>()("PolicyRefused", {
  /** One per fault: where it is, and what is wrong. */
  faults: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return `The policy cannot be used:\n${this.faults.map((fault) => `  ${fault}`).join("\n")}`
  }
  get next(): string {
    return "Correct it there; docs/reconcile.md has every field with an example."
  }
}

const decode = Schema.decodeUnknownResult(GivenPolicy, { errors: "all", onExcessProperty: "error" })

/** A policy over {@link careful}, for a workspace with these domains. A limit that is half given keeps its other half. */
export const policyOf = (text: PolicyText, domains: ReadonlyArray<DomainName>): GuardPolicy => ({
  ...careful,
  ...text,
  losses: { ...careful.losses, ...text.losses },
  deletions: { ...careful.deletions, ...text.deletions },
  removals: { ...careful.removals, ...text.removals },
  groupDeletions: { ...careful.groupDeletions, ...text.groupDeletions },
  domains
})

/** Makes a policy of a value that came from YAML or JSON; an empty file is careful. */
export const read = (value: unknown, domains: ReadonlyArray<DomainName>): Result.Result<GuardPolicy, PolicyRefused> => {
  const decoded = decode(value ?? {})
  return Result.isSuccess(decoded)
    ? Result.succeed(policyOf(decoded.success, domains))
    : Result.fail(new PolicyRefused({ faults: faultsOf(decoded.failure) }))
}
