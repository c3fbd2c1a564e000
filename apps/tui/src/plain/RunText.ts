/** What runs are called: phases, states, pauses and outcomes in words, in one place for lines, screens and reports. */
import type { Action, ConflictReason } from "@loom-scim/core/provisioning/Action"
import { describe } from "@loom-scim/core/provisioning/Action"
import type { PauseReason, Run, RunId, RunKind, RunStatus } from "@loom-scim/core/runs/Run"
import type { Dropped, ItemOutcome, ItemState, Phase } from "@loom-scim/core/runs/RunItem"
import type { Actor } from "@loom-scim/core/setup/Evidence"
import { DateTime } from "effect"
import { printable } from "./Printable.ts"

/** The parts of a run; `does` ends the sentence "it will …". */
export const phaseWords: Record<Phase, { readonly title: string; readonly does: string }> = {
  changes: { title: "Changes", does: "change people" },
  creations: { title: "Creations", does: "create people" },
  groups: { title: "Groups", does: "create, adopt and rename groups" },
  memberships: { title: "Memberships", does: "add members to groups" },
  removals: { title: "Removals", does: "take members out of groups" },
  departures: { title: "Departures", does: "take people's access away" },
  groupDeletions: { title: "Group deletions", does: "delete groups" }
}

/** The longest title. */
export const phaseWidth = Math.max(...Object.values(phaseWords).map(({ title }) => title.length))

/** What each kind of run is for. */
export const kindWords: Record<RunKind, string> = {
  reconcile: "everybody of the source",
  incremental: "whoever changed in the source",
  provision: "one person",
  retry: "what another run left undone",
  undo: "the opposite of another run"
}

/** Why a run does not go on, as a headline; the run itself says the particulars and what to do. */
export const pauseWords: Record<PauseReason, string> = {
  unauthorized: "The server no longer takes the token",
  forbidden: "The server takes the token and forbids the request",
  serverDown: "The server does not answer as it should",
  rateLimited: "The server asked to be left alone for a while",
  refusals: "The server refuses most of what is asked",
  storage: "The data of loom-scim cannot be written",
  interrupted: "It was stopped",
  misconfigured: "The connection does not lead to the server it should",
  unexpected: "Something happened that loom-scim does not know"
}

/** How a run stands, in a word or two. One that is not carried out here may be at work in another process, or have lost its own. */
export const statusWords: Record<RunStatus["_tag"], string> = {
  Running: "not over",
  Waiting: "waits for a decision",
  Paused: "paused",
  Completed: "completed",
  Cancelled: "cancelled",
  Rejected: "rejected"
}

/** How an item stands. */
export const stateWords: Record<ItemState, string> = {
  planned: "not begun",
  intended: "uncertain",
  done: "done",
  doubtful: "doubtful",
  failed: "failed",
  dropped: "not tried"
}

/** Why something was not tried, and what a person does about it. */
export const droppedWords: Record<
  (typeof Dropped.Type)["reason"],
  { readonly why: string; readonly next: (id: string) => string }
> = {
  cancelled: { why: "the run was cancelled", next: (id) => `Do it after all: loom-scim retry ${id}` },
  rejected: { why: "it was rejected", next: () => "Nothing, unless the rejection was a mistake: plan again." },
  notCreated: {
    why: "whom or what it needs could not be created",
    next: (id) => `See to what failed first, then: loom-scim retry ${id}`
  },
  conflict: { why: "it cannot be told what is to be done", next: () => "Resolve the conflict, then plan again." },
  moved: { why: "the user was changed while the run waited for a decision", next: () => "Plan again." },
  lastAdmin: { why: "nobody would be an admin any more", next: () => "Make somebody else an admin, then plan again." }
}

const conflictNext: Record<ConflictReason, string> = {
  sameKey: "Correct the source, so that each key stands for one person.",
  sameUserName: "Correct the source or the mapping, so that each user name stands for one person.",
  sameEmail: "Correct the source, so that each primary address belongs to one person.",
  sameName: "Give the groups different names.",
  severalMatch: "Remove or rename the resources that are too many, or give the right one the external id.",
  pointsToTwo: "Correct the user's name or address on the server, or the record in the source.",
  otherExternalId: "Find out what else manages it. To take it over all the same: --adopt any",
  idMissing: "Examine the server: loom-scim doctor",
  notExpressible: "Make the change by hand, or examine the server: loom-scim doctor --write",
  sourceChanged: "Plan again, from a source that does not change meanwhile."
}

/** What came of an action: why, and what a person does next. Nothing of both for what was simply done. */
export interface Verdict {
  readonly why: string
  /** The server's words, empty when there are none. */
  readonly said: string
  readonly next: string
}

/** An outcome in words; `id` is the run's. */
export const verdictOf = (outcome: ItemOutcome, id: string, action?: Action): Verdict => {
  switch (outcome._tag) {
    case "Done":
      return { why: outcome.by === "found" ? "it was so already" : "", said: "", next: "" }
    case "Doubtful":
      return {
        why: printable(outcome.doubt),
        said: "",
        next: `Look at it on the server; to try again: loom-scim retry ${id}`
      }
    case "Failed":
      return { why: printable(outcome.message), said: printable(outcome.detail ?? ""), next: printable(outcome.next) }
    case "Dropped": {
      if (action?._tag === "Conflict") {
        return { why: describe(action.reason), said: printable(action.detail), next: conflictNext[action.reason] }
      }
      const { next, why } = droppedWords[outcome.reason]
      return { why, said: "", next: next(id) }
    }
  }
}

/** Who did something, and through what. */
export const whoText = ({ face, name }: Actor): string => `${printable(name)} (${face})`

/** A moment, to the second, in UTC. */
export const momentText = (at: DateTime.Utc): string => `${DateTime.formatIso(at).slice(0, 19).replace("T", " ")} UTC`

/** Where a run stands, with who or why. */
export const statusText = ({ status }: Pick<Run, "status">): string => {
  const word = statusWords[status._tag]
  switch (status._tag) {
    case "Cancelled":
    case "Rejected":
      return `${word} by ${whoText(status.by)}`
    case "Paused":
      return `${word}: ${pauseWords[status.reason].toLowerCase()}`
    case "Running":
    case "Waiting":
    case "Completed":
      return word
  }
}

/** The commands with which a person goes on. */
export const goOn = (id: RunId) => ({
  resume: `loom-scim resume ${id}`,
  cancel: `loom-scim cancel ${id}`,
  allow: `loom-scim allow ${id} --note "why"`,
  reject: `loom-scim reject ${id} --note "why"`,
  show: `loom-scim runs show ${id}`,
  retry: `loom-scim retry ${id}`
})
