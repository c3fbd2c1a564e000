/** What the operations on everybody are given. Types only, since they are part of the declarations that functions see. */
import type { Policy, ProvisionInput } from "./PeopleInputs.ts"

/** Somebody who is to be there. */
export interface DesiredPerson extends Omit<ProvisionInput, "adopt"> {
  /** True when left out; somebody who is inactive keeps their user and loses access. */
  readonly active?: boolean | undefined
  /** Names of groups. */
  readonly groups?: ReadonlyArray<string> | undefined
}

/** A group that is to be there. */
export interface DesiredGroup {
  readonly externalId: string
  readonly displayName: string
}

/** Everybody who is to be there. */
export interface PlanInput {
  readonly people: ReadonlyArray<DesiredPerson>
  readonly groups?: ReadonlyArray<DesiredGroup> | undefined
  readonly adopt?: "never" | "unclaimed" | "any" | undefined
  readonly leftGroups?: "empty" | "delete" | undefined
  /** Instead of what the connection's metadata says. */
  readonly policy?: Policy | undefined
}

/** A person's decision about one plan, as it was shown. */
export interface Allowance {
  readonly by: string
  readonly plan: string
  readonly note?: string | undefined
}

/** The same, and how much of it at once. */
export interface ApplyInput extends PlanInput {
  readonly maxActions?: number | undefined
  readonly maxSeconds?: number | undefined
  readonly allow?: Allowance | undefined
}
