/**
 * A step broken into the single things to do: a sentence to vouch for, a choice, a value to type or paste, a check to
 * run. Every face renders these and submits the answer; none knows the steps by itself.
 */
import { DateTime } from "effect"
import * as DomainTasks from "./DomainTasks.ts"
import * as Guide from "./Guide.ts"
import type { State } from "./State.ts"
import type { Step } from "./Step.ts"
import type { Task } from "./TaskDraft.ts"
import { attest, choice, task, text } from "./TaskDraft.ts"

export type { Input, Task, TaskKind } from "./TaskDraft.ts"

const date = (at: DateTime.Utc | null): string => (at === null ? "unknown" : DateTime.formatIsoDateUtc(at))

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
  domains: DomainTasks.of,
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
