/**
 * The eight steps from "we bought Loom Enterprise" to "people are provisioned by SCIM", their order, and what each
 * needs before it can be worked on.
 */
import { Schema } from "effect"

/** The steps in the order a person meets them. They are a graph with guards, not the pages of a wizard. */
export const all = [
  "prerequisites",
  "domains",
  "sso",
  "credentials",
  "bridgeUrl",
  "domainCapture",
  "deprovisioning",
  "connect"
] as const

/** One of the eight steps. */
export const Step = Schema.Literals(all)
export type Step = typeof Step.Type

/**
 * What a step stands on. A step is open for work when each of these holds; `verifiedDomain` and `configuredSso` are
 * weaker than "the step is done", because Loom lets SSO be configured while a second domain is still pending.
 */
export type Guard = "prerequisites" | "verifiedDomain" | "configuredSso" | "credentials" | "everythingElse"

/** The guards of every step. */
export const guards: Readonly<Record<Step, ReadonlyArray<Guard>>> = {
  prerequisites: [],
  domains: ["prerequisites"],
  sso: ["prerequisites", "verifiedDomain"],
  credentials: ["prerequisites", "verifiedDomain", "configuredSso"],
  bridgeUrl: ["prerequisites", "verifiedDomain", "configuredSso", "credentials"],
  domainCapture: ["prerequisites", "verifiedDomain"],
  deprovisioning: ["prerequisites"],
  connect: ["everythingElse"]
}

/** The position of a step, 1 to 8, as it is shown to people. */
export const position = (step: Step): number => all.indexOf(step) + 1
