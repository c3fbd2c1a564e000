/** What the guard holds, in words: data in one place, for plans, runs and screens. */
import type { HoldTag } from "@loom-scim/core/provisioning/Decision"
import type { HoldReason, Judgement, Threshold } from "@loom-scim/core/provisioning/Guard"
import type { Run } from "@loom-scim/core/runs/Run"
import { printable } from "./Printable.ts"

/** A reason in a few words, and what a person looks at before they allow it. */
export const holds: Record<HoldTag, { readonly title: string; readonly look: string }> = {
  TooManyLosses: {
    title: "more people would lose access than is usual",
    look: "Is the source whole, and is the mapping's filter right? Most often it is one of these, and nobody has left."
  },
  TooManyDeletions: {
    title: "more people would be deleted than is usual",
    look: "Deleting cannot be undone. Is the source whole, and should they not rather be deactivated?"
  },
  TooManyRemovals: {
    title: "more people would be taken out of groups than is usual",
    look: "Does the source have its groups? A column that is missing or empty looks as if everybody had left theirs."
  },
  TooManyGroupDeletions: {
    title: "more groups would be deleted than is usual",
    look: "Does the source have its groups, by the same names? A group that is deleted loses what it was given in Loom."
  },
  ProtectedPeople: {
    title: "protected people would lose their access or their role",
    look: "They are protected by the policy. Put them back into the source, or take them out of the policy."
  },
  ProtectedGroups: {
    title: "protected groups would lose members or their name",
    look: "They are protected by the policy. Correct the source, or take them out of the policy."
  },
  LastAdmin: {
    title: "too few admins would be left",
    look: "Without an admin nobody can manage the workspace. Give somebody the role first."
  },
  OutsideDomains: {
    title: "people would get addresses outside the verified domains",
    look: "They could not log in. Verify the domain, or correct the addresses in the source."
  }
}

const isAboutSource: ReadonlySet<HoldTag> = new Set([
  "TooManyLosses",
  "TooManyDeletions",
  "TooManyRemovals",
  "TooManyGroupDeletions"
])

const isProtection: ReadonlySet<HoldTag> = new Set(["ProtectedPeople", "ProtectedGroups"])

const ofAnother = {
  undo: "They have it from the run that is undone, and lose it with that. Is it the run that you mean?",
  retry: "The source was not read again. Is this still to be done? If you are not sure, plan again: loom-scim apply"
} as const

/** What a person looks at before they allow it. A run about another has no source that could be wrong. */
export const lookOf = ({ kind }: Pick<Run, "kind">, tag: HoldTag): string => {
  if (kind !== "undo" && kind !== "retry") return holds[tag].look
  if (isProtection.has(tag)) return "They are protected by the policy. Leave them as they are, or change the policy."
  return isAboutSource.has(tag) ? ofAnother[kind] : holds[tag].look
}

const limit = ({ count, percent }: Threshold): string =>
  [...(count === null ? [] : [String(count)]), ...(percent === null ? [] : [`${percent} %`])].join(" or ")

/** That all of them lose access, or are deleted, is held whatever the limit is. */
const bound = ({ count, limit: most, of }: Extract<HoldReason, { readonly of: number }>): string =>
  count < of ? `the limit is ${limit(most)}` : "all at once are never tolerated"

const named = (
  { count, labels }: { readonly count: number; readonly labels: ReadonlyArray<string> },
  names: number
): string => {
  const shown = labels.slice(0, names).map(printable)
  const more = count - shown.length
  return `${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`
}

/** A reason with its numbers and names, at most so many of these. */
export const held = (reason: HoldReason, names = Number.POSITIVE_INFINITY): string => {
  switch (reason._tag) {
    case "TooManyLosses":
      return `${reason.count} of ${reason.of} people we manage would lose access (${bound(reason)})`
    case "TooManyDeletions":
      return `${reason.count} of ${reason.of} people we manage would be deleted (${bound(reason)})`
    case "TooManyRemovals":
      return `${reason.count} of ${reason.of} people we manage would be taken out of groups (the limit is ${limit(reason.limit)})`
    case "TooManyGroupDeletions":
      return `${reason.count} groups would be deleted (the limit is ${limit(reason.limit)})`
    case "ProtectedPeople":
      return `protected people would be changed (${reason.count}): ${named(reason, names)}`
    case "ProtectedGroups":
      return `protected groups would be changed (${reason.count}): ${named(reason, names)}`
    case "LastAdmin":
      return `${reason.after} of ${reason.before} admins would be left; ${reason.minimum} have to stay`
    case "OutsideDomains":
      return `outside the verified domains, and could not log in (${reason.count}): ${named(reason, names)}`
  }
}

/** Those reasons of a judgement, each with its numbers; by their titles where the judgement has none of them. */
export const heldBy = (judgement: Judgement, tags: ReadonlyArray<HoldTag>, names?: number): ReadonlyArray<string> =>
  tags.map((tag) => {
    const reason = judgement._tag === "Held" ? judgement.reasons.find(({ _tag }) => _tag === tag) : undefined
    return reason === undefined ? holds[tag].title : held(reason, names)
  })
