/** The last runs of a connection: how each stands, and what came of it. */
import type { ItemCount } from "@loom-scim/core/ports/Runs"
import type { HoldTag } from "@loom-scim/core/provisioning/Decision"
import type { Run } from "@loom-scim/core/runs/Run"
import type { ItemState } from "@loom-scim/core/runs/RunItem"
import type { Html } from "./html.ts"
import { html } from "./html.ts"
import { when } from "./time.ts"

/** A run, and how many of its items stand how. */
export interface ShownRun {
  readonly run: Run
  readonly counts: ReadonlyArray<ItemCount>
}

const runTone: Readonly<Record<Run["status"]["_tag"], string>> = {
  Running: "wait",
  Waiting: "wait",
  Paused: "bad",
  Completed: "good",
  Cancelled: "soft",
  Rejected: "soft"
}

const heldFor: Readonly<Record<HoldTag, string>> = {
  TooManyLosses: "too many people would lose access",
  TooManyDeletions: "too many people would be deleted",
  TooManyRemovals: "too many people would be taken out of groups",
  TooManyGroupDeletions: "too many groups would be deleted",
  ProtectedPeople: "protected people would be changed",
  ProtectedGroups: "protected groups would be changed",
  LastAdmin: "too few admins would be left",
  OutsideDomains: "addresses are outside the verified domains"
}

/** How many items there are in each state, in the words of the terminal. */
const countWords: ReadonlyArray<readonly [states: ReadonlyArray<ItemState>, words: string]> = [
  [["done"], "done"],
  [["doubtful"], "doubtful"],
  [["failed"], "failed"],
  [["dropped"], "not tried"],
  [["planned", "intended"], "left"]
]

const sum = (counts: ReadonlyArray<ItemCount>): number => counts.reduce((all, { count }) => all + count, 0)

/** What came of it; what a plan left to a person is in no phase. */
const tally = (counts: ReadonlyArray<ItemCount>): string => {
  const conflicts = sum(counts.filter(({ phase }) => phase === null))
  const parts = countWords.flatMap(([states, words]) => {
    const count = sum(counts.filter(({ phase, state }) => phase !== null && states.includes(state)))
    return count === 0 ? [] : [`${count} ${words}`]
  })
  const all = conflicts === 0 ? parts : [...parts, `${conflicts} ${conflicts === 1 ? "conflict" : "conflicts"}`]
  return all.length === 0 ? "nothing" : all.join(", ")
}

const isWhole = ({ counts }: ShownRun): boolean => counts.every(({ state }) => state === "done")

const tone = (shown: ShownRun): string =>
  shown.run.status._tag === "Completed" && !isWhole(shown) ? "bad" : runTone[shown.run.status._tag]

const runWords = (shown: ShownRun): Html => {
  const { status } = shown.run
  switch (status._tag) {
    case "Waiting":
      return html`waits for a person to allow or reject it:
      ${status.reasons.map((reason) => heldFor[reason]).join(", ")}`
    case "Paused":
      return html`paused: ${status.detail} ${status.next}`
    case "Completed":
      return isWhole(shown) ? html`✓ completed` : html`✗ completed, but not all of it was done`
    default:
      return html`${status._tag.toLowerCase()}`
  }
}

/** The runs as a table, the newest first. */
export const runs = (all: ReadonlyArray<ShownRun>): Html =>
  all.length === 0
    ? html`<p>None yet.</p>`
    : html`<div class="scroll" role="region" aria-label="Last runs" tabindex="0">
        <table>
          <thead>
            <tr>
              <th scope="col">Begun</th>
              <th scope="col">Stands</th>
              <th scope="col">What came of it</th>
              <th scope="col">Kind</th>
              <th scope="col">Source</th>
              <th scope="col">By</th>
              <th scope="col">Run</th>
            </tr>
          </thead>
          <tbody>
            ${all.map((shown) => {
              const { counts, run } = shown
              return html`<tr>
                <td>${when(run.startedAt)}</td>
                <td class="${tone(shown)}">${runWords(shown)}</td>
                <td>${tally(counts)}</td>
                <td>${run.kind}</td>
                <td>${run.source}</td>
                <td>${run.startedBy.name}</td>
                <td>${run.id}</td>
              </tr>`
            })}
          </tbody>
        </table>
      </div>`
