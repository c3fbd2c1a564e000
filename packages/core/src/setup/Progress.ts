/** How far each step is, derived from the state: never stored, so it cannot disagree with the evidence. */
import type { State } from "./State.ts"
import { verifiedDomains } from "./State.ts"
import type { Invalidation } from "./Evidence.ts"
import * as Step from "./Step.ts"

/** Whether members outside were looked for since the verified domains last changed, and the finding dealt with. */
export const membersReviewed = (state: State): boolean => {
  if (state.members === null) return false
  if (state.members.evidence._tag === "Attested") return true
  const now = new Set(verifiedDomains(state))
  const then = state.members.review.domains
  return then.length === now.size && then.every((domain) => now.has(domain))
}

/** Whether there is nobody outside, or a person has accepted that those will be locked out. */
const lockoutSettled = (state: State): boolean =>
  state.members !== null && (state.members.review.outsideCount === 0 || state.lockout !== null)

/** SSO works: valid metadata, a default role, and a person has logged in with it. */
export const ssoConfigured = (state: State): boolean =>
  state.metadata !== null && state.metadata.lapsed === null && state.defaultRole !== null && state.ssoTest !== null

const done: Readonly<Record<Step.Step, (state: State) => boolean>> = {
  prerequisites: ({ prerequisites }) => prerequisites.enterprisePlan !== null && prerequisites.samlSso !== null,
  domains: (state) =>
    state.domains.length > 0 &&
    state.domains.every((entry) => entry.evidence !== null) &&
    membersReviewed(state) &&
    lockoutSettled(state),
  sso: (state) => ssoConfigured(state) && state.enforce !== null && state.relogin !== null,
  credentials: ({ endpoint, token }) => endpoint !== null && token !== null && token.lapsed === null,
  bridgeUrl: ({ bridgeUrl }) => bridgeUrl !== null,
  domainCapture: ({ capture }) => capture !== null,
  deprovisioning: ({ deprovisioning, loss }) =>
    deprovisioning === "deactivate" || (deprovisioning === "delete" && loss !== null),
  connect: ({ connected }) => connected !== null
}

/** Whether every requirement of a step is met. */
export const isDone = (state: State, step: Step.Step): boolean => done[step](state)

const guardHolds: Readonly<Record<Step.Guard, (state: State) => boolean>> = {
  prerequisites: done.prerequisites,
  verifiedDomain: (state) => verifiedDomains(state).length > 0,
  configuredSso: ssoConfigured,
  credentials: done.credentials,
  everythingElse: (state) => Step.all.every((step) => step === "connect" || done[step](state))
}

/** The first step that keeps another one shut, or undefined when it is open. */
export const blockedBy = (state: State, step: Step.Step): Step.Step | undefined => {
  const failing = Step.guards[step].find((guard) => !guardHolds[guard](state))
  switch (failing) {
    case undefined:
      return undefined
    case "prerequisites":
    case "credentials":
      return failing
    case "verifiedDomain":
      return "domains"
    case "configuredSso":
      return "sso"
    case "everythingElse":
      return Step.all.find((other) => other !== "connect" && !done[other](state))
  }
}

/** How a step stands. `started` has some of its requirements met. */
export type Status = "blocked" | "open" | "started" | "done" | "invalidated"

/** A step with everything a face shows beside it. */
export interface StepProgress {
  readonly step: Step.Step
  readonly status: Status
  readonly blockedBy: Step.Step | undefined
  readonly invalidation: Invalidation | undefined
}

const started: Readonly<Record<Step.Step, (state: State) => boolean>> = {
  prerequisites: ({ prerequisites }) => prerequisites.enterprisePlan !== null || prerequisites.samlSso !== null,
  domains: ({ domains }) => domains.length > 0,
  sso: ({ defaultRole, enforce, metadata }) => metadata !== null || defaultRole !== null || enforce !== null,
  credentials: ({ endpoint, token }) => endpoint !== null || token !== null,
  bridgeUrl: () => false,
  domainCapture: () => false,
  deprovisioning: ({ deprovisioning }) => deprovisioning !== null,
  connect: ({ probe }) => probe !== null
}

/** How one step stands. */
export const of = (state: State, step: Step.Step): StepProgress => {
  const blocker = blockedBy(state, step)
  const isFinished = done[step](state)
  const invalidation = isFinished ? undefined : state.invalidations.find((entry) => entry.step === step)
  const status: Status = isFinished
    ? "done"
    : invalidation !== undefined
      ? "invalidated"
      : blocker !== undefined
        ? "blocked"
        : started[step](state)
          ? "started"
          : "open"
  return { step, status, blockedBy: isFinished ? undefined : blocker, invalidation }
}

/** All eight, in order. */
export const all = (state: State): ReadonlyArray<StepProgress> => Step.all.map((step) => of(state, step))

/** Where a person goes on: the first step that is not done. `connect` when all are. */
export const current = (state: State): Step.Step => Step.all.find((step) => !done[step](state)) ?? "connect"
