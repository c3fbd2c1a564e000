/** The tasks of the domains step: for each domain how it is proven, then who would be locked out. */
import * as Guide from "./Guide.ts"
import * as Progress from "./Progress.ts"
import type { DomainState, State } from "./State.ts"
import { verifiedDomains } from "./State.ts"
import type { Task } from "./TaskDraft.ts"
import { attest, choice, task, text } from "./TaskDraft.ts"

const ofDomain = (entry: DomainState): ReadonlyArray<Task> => {
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
}

/** In the order a person does them; adding another domain comes last and is optional. */
export const of = (state: State): ReadonlyArray<Task> => {
  const perDomain = state.domains.flatMap(ofDomain)
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
