/** What a task is, and how one is made from the little that differs between tasks. */
import type { DomainName } from "./Domain.ts"
import type { Evidence } from "./Evidence.ts"
import type * as Guide from "./Guide.ts"
import type { Step } from "./Step.ts"

/** The kinds of task. */
export type TaskKind =
  | "enterprisePlan"
  | "samlSso"
  | "addDomain"
  | "domainMethod"
  | "expectedTxt"
  | "verifyDomain"
  | "attestDomain"
  | "members"
  | "lockout"
  | "metadata"
  | "defaultRole"
  | "ssoTest"
  | "enforce"
  | "relogin"
  | "endpoint"
  | "token"
  | "tokenExpiry"
  | "bridgeUrl"
  | "capture"
  | "deprovisioning"
  | "loss"
  | "probe"
  | "connect"

/** How a task is answered. */
export type Input =
  | { readonly _tag: "Attest"; readonly statement: string }
  | { readonly _tag: "Choice"; readonly options: ReadonlyArray<Guide.OptionGuide> }
  | { readonly _tag: "Text"; readonly placeholder: string; readonly suggestion: string; readonly multiline: boolean }
  | { readonly _tag: "Secret" }
  | { readonly _tag: "Run"; readonly verb: string }

/** One thing to do. */
export interface Task {
  /** Stable within a connection, for example `enterprisePlan` or `verifyDomain:example.com`. */
  readonly id: string
  readonly kind: TaskKind
  readonly domain: DomainName | null
  readonly step: Step
  readonly label: string
  readonly hint: string
  readonly input: Input
  /** Optional tasks may stay undone. */
  readonly required: boolean
  readonly done: boolean
  /** What was answered, for showing; never a secret. */
  readonly value: string | null
  readonly evidence: Evidence | null
  /** What the last attempt failed with, and what to do. */
  readonly problem: string | null
}

type Draft = Omit<Task, "id" | "domain" | "step" | "required" | "value" | "evidence" | "problem" | "hint"> &
  Partial<Pick<Task, "domain" | "required" | "value" | "evidence" | "problem" | "hint">>

/** Fills a draft up; the id is made from kind and domain. */
export const task = (step: Step, draft: Draft): Task => ({
  step,
  domain: null,
  required: true,
  value: null,
  evidence: null,
  problem: null,
  hint: "",
  ...draft,
  id: draft.domain == null ? draft.kind : `${draft.kind}:${draft.domain}`
})

/** A sentence to vouch for. */
export const attest = (statement: string): Input => ({ _tag: "Attest", statement })
/** One of several options. */
export const choice = (options: ReadonlyArray<Guide.OptionGuide>): Input => ({ _tag: "Choice", options })
/** Something to type or paste. */
export const text = (placeholder: string, suggestion = "", multiline = false): Input => ({
  _tag: "Text",
  placeholder,
  suggestion,
  multiline
})
