/** The set-up as the API shows it: steps with their words, tasks with their evidence, and how to answer them. */
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { DomainName } from "@loom-scim/core/setup/Domain"
import { Evidence } from "@loom-scim/core/setup/Evidence"
import { Step } from "@loom-scim/core/setup/Step"
import { Schema } from "effect"
import { shown } from "./Shown.ts"

/** How a task is answered: a sentence to confirm, one of some values, a text, a secret, or a check to run. */
export const Input = Schema.TaggedUnion({
  Attest: { statement: Schema.String },
  Choice: {
    options: Schema.Array(Schema.Struct({ value: Schema.String, label: Schema.String, means: Schema.String }))
  },
  Text: { placeholder: Schema.String, suggestion: Schema.String, multiline: Schema.Boolean },
  Secret: {},
  Run: { verb: Schema.String }
})

const taskExample = {
  id: "samlSso",
  kind: "samlSso",
  domain: null,
  step: "prerequisites",
  label: "SAML SSO available",
  hint: "",
  input: { _tag: "Attest", statement: "SAML SSO is available in our workspace's security settings." },
  required: true,
  done: false,
  value: null,
  evidence: null,
  problem: null
} as const

/** One thing to do. */
export const SetupTask = Schema.Struct({
  /** Stable within a connection. */
  id: Schema.String,
  kind: Schema.String,
  domain: Schema.NullOr(DomainName),
  step: Step,
  label: Schema.String,
  hint: Schema.String,
  input: Input,
  required: Schema.Boolean,
  done: Schema.Boolean,
  /** What was answered; never a secret. */
  value: Schema.NullOr(Schema.String),
  evidence: Schema.NullOr(Evidence),
  /** What the last attempt failed with, and what to do. */
  problem: Schema.NullOr(Schema.String)
}).pipe(shown("SetupTask", "One thing to do, and what was done.", taskExample))

const stepExample = {
  step: "prerequisites",
  position: 1,
  title: "Prerequisites",
  why: "SCIM is part of Loom Enterprise.",
  consolePath: ["Loom", "Workspace settings"],
  warnings: [],
  howToGetThere: "Confirm the Enterprise plan and that SAML SSO is available to your workspace.",
  status: "started",
  blockedBy: null,
  invalidation: null,
  tasks: [taskExample]
} as const

/** A step: the words a person follows, how far it is, and its tasks. */
export const SetupStep = Schema.Struct({
  step: Step,
  position: Schema.Int,
  title: Schema.String,
  why: Schema.String,
  /** Where to click in Loom, outermost first. */
  consolePath: Schema.Array(Schema.String),
  warnings: Schema.Array(Schema.String),
  howToGetThere: Schema.String,
  status: Schema.Literals(["blocked", "open", "started", "done", "invalidated"]),
  blockedBy: Schema.NullOr(Step),
  invalidation: Schema.NullOr(Schema.Struct({ because: Schema.String, endangers: Schema.String })),
  tasks: Schema.Array(SetupTask)
}).pipe(shown("SetupStep", "A step, its words and its tasks.", stepExample))

/** The whole set-up of a connection. */
export const Setup = Schema.Struct({
  connection: ConnectionId,
  name: Schema.String,
  sequence: Schema.Int,
  connected: Schema.Boolean,
  currentStep: Step,
  /** The ids of the tasks that can be done now: of every step that is open, the next one. */
  next: Schema.Array(Schema.String),
  steps: Schema.Array(SetupStep)
}).pipe(
  shown("Setup", "Where the set-up stands; its ETag is its sequence.", {
    connection: "acme",
    name: "Acme",
    sequence: 2,
    connected: false,
    currentStep: "prerequisites",
    next: ["samlSso"],
    steps: [stepExample]
  })
)
export type Setup = typeof Setup.Type

/** What answers a task: `Confirm` for attestations and checks, `Value` for choices and texts, `Secret` for the token. */
export const TaskAnswer = Schema.TaggedUnion({
  Confirm: {},
  Value: { value: Schema.String.check(Schema.isMaxLength(524_288)) },
  // Encoded in clear on purpose: clients of this definition write it into the one request that brings it. No answer has it.
  Secret: { secret: Schema.RedactedFromValue(Schema.String.check(Schema.isMaxLength(8192))) }
}).pipe(shown("TaskAnswer", "What answers a task.", { _tag: "Value", value: "example.com" }))
