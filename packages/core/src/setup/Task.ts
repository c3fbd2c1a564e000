/**
 * A step broken into the single things to do: a sentence to vouch for, a choice, a value to type or paste, a check to
 * run. Every face renders these and submits the answer; none knows the steps by itself.
 */
import { DateTime } from "effect"
import type { DomainName } from "./Domain.ts"
import type { Evidence } from "./Evidence.ts"
import * as Guide from "./Guide.ts"
import * as Progress from "./Progress.ts"
import type { State } from "./State.ts"
import { verifiedDomains } from "./State.ts"
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

const date = (at: DateTime.Utc | null): string => (at === null ? "unknown" : DateTime.formatIsoDateUtc(at))

type Draft = Omit<Task, "id" | "domain" | "step" | "required" | "value" | "evidence" | "problem" | "hint"> &
  Partial<Pick<Task, "domain" | "required" | "value" | "evidence" | "problem" | "hint">>

const task = (step: Step, draft: Draft): Task => ({
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

const attest = (statement: string): Input => ({ _tag: "Attest", statement })
const choice = (options: ReadonlyArray<Guide.OptionGuide>): Input => ({ _tag: "Choice", options })
const text = (placeholder: string, suggestion = "", multiline = false): Input => ({
  _tag: "Text",
  placeholder,
  suggestion,
  multiline
})

const prerequisites = ({ prerequisites }: State): ReadonlyArray<Task> =>
  (["enterprisePlan", "samlSso"] as const).map((kind) =>
    task("prerequisites", {
      kind,
      label: kind === "enterprisePlan" ? "Enterprise plan" : "SAML SSO available",
      input: attest(Guide.statements[kind]),
      done: prerequisites[kind] !== null,
      evidence: prerequisites[kind]
    })
  )

const domains = (state: State): ReadonlyArray<Task> => {
  const perDomain = state.domains.flatMap((entry): ReadonlyArray<Task> => {
    const { domain, evidence, expectedTxt, failure, method } = entry
    const methodTask = task("domains", {
      kind: "domainMethod",
      domain,
      label: `${domain}: how to verify`,
      input: choice(Guide.options.domainMethod),
      done: method !== null,
      value: method
    })
    const problem = failure === null ? null : `${failure.saw}. ${failure.next}`
    const attestTask = task("domains", {
      kind: "attestDomain",
      domain,
      label: `${domain}: verified in Loom`,
      hint: "Loom sends a mail to an address in the domain; follow its link, then confirm here.",
      input: attest(Guide.domainStatement(domain, method ?? "email")),
      required: method === "email",
      done: evidence !== null,
      evidence,
      problem: method === "email" ? problem : null
    })
    if (method === null) return [methodTask]
    if (method === "email") return [methodTask, attestTask]
    const txtTask = task("domains", {
      kind: "expectedTxt",
      domain,
      label: `${domain}: TXT value`,
      hint: "Copy it from Loom's domain verification, and add it in your DNS at the apex (host @).",
      input: text("loom-site-verification=…"),
      done: expectedTxt !== null,
      value: expectedTxt
    })
    if (expectedTxt === null) return [methodTask, txtTask]
    const verifyTask = task("domains", {
      kind: "verifyDomain",
      domain,
      label: `${domain}: check DNS`,
      hint: `Looks for ${expectedTxt} at ${domain} and _acme-challenge.${domain}.`,
      input: { _tag: "Run", verb: "Check DNS" },
      done: evidence !== null,
      evidence,
      problem
    })
    return entry.seenOnce && evidence === null
      ? [methodTask, txtTask, verifyTask, attestTask]
      : [methodTask, txtTask, verifyTask]
  })
  const addTask = task("domains", {
    kind: "addDomain",
    label: state.domains.length === 0 ? "Your e-mail domain" : "Add another domain",
    hint: state.domains.length === 0 ? "" : "Optional. Type -example.com to take one off the list.",
    input: text("example.com"),
    required: state.domains.length === 0,
    done: state.domains.length > 0,
    value: state.domains.map(({ domain }) => domain).join(", ") || null
  })
  const allVerified = state.domains.length > 0 && verifiedDomains(state).length === state.domains.length
  if (!allVerified) return state.domains.length === 0 ? [addTask] : [...perDomain, addTask]
  const { lockout, members } = state
  const reviewed = Progress.membersReviewed(state)
  const membersTask = task("domains", {
    kind: "members",
    label: "Existing members",
    hint: "Paste e-mail addresses or the path of Loom's member export (CSV); type none when there are no members yet.",
    input: text("members.csv, pasted addresses, or none", "", true),
    done: reviewed,
    value: members === null ? null : `${members.review.members} members, ${members.review.outsideCount} outside`,
    evidence: reviewed ? (members?.evidence ?? null) : null,
    problem: members !== null && !reviewed ? "The verified domains have changed since; check the list again." : null
  })
  if (members === null || !reviewed || members.review.outsideCount === 0) return [...perDomain, membersTask, addTask]
  const { outside, outsideCount } = members.review
  const shown = outside.slice(0, 3).join(", ")
  const more = outsideCount > 3 ? ` and ${outsideCount - 3} more` : ""
  const lockoutTask = task("domains", {
    kind: "lockout",
    label: `${outsideCount} would be locked out`,
    hint: `${shown}${more}. Verify their domains too, or change their addresses, or accept it.`,
    input: attest(Guide.statements.lockout),
    done: lockout !== null,
    evidence: lockout
  })
  return [...perDomain, membersTask, lockoutTask, addTask]
}

const sso = ({ defaultRole, enforce, metadata, relogin, ssoTest }: State): ReadonlyArray<Task> => [
  task("sso", {
    kind: "metadata",
    label: "Identity provider metadata",
    hint: "The URL or file of your identity provider's SAML metadata for Loom, or its XML pasted.",
    input: text("https://idp.example.com/metadata, metadata.xml, or <EntityDescriptor …", "", true),
    done: metadata !== null && metadata.lapsed === null,
    value: metadata?.entityID ?? null,
    evidence: metadata?.evidence ?? null,
    problem: metadata?.lapsed ?? null
  }),
  task("sso", {
    kind: "defaultRole",
    label: "Default role",
    hint: "Set the same in Loom's SSO settings.",
    input: choice(Guide.options.defaultRole),
    done: defaultRole !== null,
    value: defaultRole
  }),
  task("sso", {
    kind: "ssoTest",
    label: "Test one log-in",
    hint: "Open Loom in a private browser window and log in through SSO with your own account.",
    input: attest(Guide.statements.ssoTest),
    done: ssoTest !== null,
    evidence: ssoTest
  }),
  task("sso", {
    kind: "enforce",
    label: "Enforce SSO",
    hint: "Set the same in Loom's SSO settings.",
    input: choice(Guide.options.enforce),
    done: enforce !== null,
    value: enforce
  }),
  task("sso", {
    kind: "relogin",
    label: "Existing users log in again",
    hint: "After enabling SSO, existing users must log out and log in again through SSO to be recognised as members.",
    input: attest(Guide.statements.relogin),
    done: relogin !== null,
    evidence: relogin
  })
]

const credentials = ({ endpoint, token }: State): ReadonlyArray<Task> => [
  task("credentials", {
    kind: "endpoint",
    label: "SCIM endpoint",
    hint: "As shown in the set-up console, for example https://api.workos.com/scim/v2.0/….",
    input: text("https://api.workos.com/scim/v2.0/…"),
    done: endpoint !== null,
    value: endpoint
  }),
  task("credentials", {
    kind: "token",
    label: "Bearer token",
    hint: "Paste it; it is not shown, and sealed before anything else happens.",
    input: { _tag: "Secret" },
    done: token !== null && token.lapsed === null,
    value: token === null ? null : `fingerprint ${token.fingerprint}, taken ${date(token.obtainedAt)}`,
    problem: token?.lapsed ?? null
  }),
  ...(token === null
    ? []
    : [
        task("credentials", {
          kind: "tokenExpiry",
          label: "Token expiry",
          hint: token.expiryAssumed
            ? `Taken as ${date(token.expiresAt)}, one year, which is a guess. State the date if the console shows one.`
            : "Change it when the token is renewed.",
          input: text("2027-12-31", date(token.expiresAt)),
          required: false,
          done: !token.expiryAssumed,
          value: `${date(token.expiresAt)}${token.expiryAssumed ? " (assumed)" : ""}`
        })
      ])
]

const bridgeUrl = ({ bridgeUrl, endpoint }: State): ReadonlyArray<Task> => [
  task("bridgeUrl", {
    kind: "bridgeUrl",
    label: "Bridge URL",
    hint: "The endpoint itself unless you run a bridge of your own in front of it.",
    input: text("https://scim.example.com", bridgeUrl?.url ?? endpoint ?? ""),
    done: bridgeUrl !== null,
    value: bridgeUrl?.url ?? null,
    evidence: bridgeUrl?.evidence ?? null
  })
]

const domainCapture = ({ capture }: State): ReadonlyArray<Task> => [
  task("domainCapture", {
    kind: "capture",
    label: "Domain capture",
    input: choice(Guide.options.capture),
    done: capture !== null,
    value: capture
  })
]

const deprovisioning = ({ deprovisioning, loss }: State): ReadonlyArray<Task> => [
  task("deprovisioning", {
    kind: "deprovisioning",
    label: "Member deprovisioning",
    input: choice(Guide.options.deprovisioning),
    done: deprovisioning !== null,
    value: deprovisioning
  }),
  ...(deprovisioning === "delete"
    ? [
        task("deprovisioning", {
          kind: "loss",
          label: "The loss is understood",
          input: attest(Guide.statements.loss),
          done: loss !== null,
          evidence: loss
        })
      ]
    : [])
]

const connect = ({ connected, probe }: State): ReadonlyArray<Task> => {
  const fatal = probe?.report.findings.find(({ severity }) => severity === "fatal")
  return [
    task("connect", {
      kind: "probe",
      label: "Validate the credentials",
      hint: "Asks the endpoint for its abilities and one user, with your token and with a wrong one.",
      input: { _tag: "Run", verb: "Validate" },
      done: probe !== null && probe.evidence !== null,
      evidence: probe?.evidence ?? null,
      problem: fatal === undefined ? null : `${fatal.message} ${fatal.next}`
    }),
    task("connect", {
      kind: "connect",
      label: "Establish the connection",
      input: { _tag: "Run", verb: "Connect" },
      done: connected !== null,
      evidence: connected?.evidence ?? null
    })
  ]
}

const byStep: Readonly<Record<Step, (state: State) => ReadonlyArray<Task>>> = {
  prerequisites,
  domains,
  sso,
  credentials,
  bridgeUrl,
  domainCapture,
  deprovisioning,
  connect
}

/** The tasks of a step, in the order a person does them. */
export const of = (state: State, step: Step): ReadonlyArray<Task> => byStep[step](state)

/** The next thing to do in a step: its first required task that is not done. */
export const next = (state: State, step: Step): Task | undefined =>
  of(state, step).find((candidate) => candidate.required && !candidate.done)
