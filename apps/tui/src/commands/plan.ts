/** `loom-scim plan` */
import { careful, judge, type HoldReason } from "@loom-scim/core/provisioning/Guard"
import { isEmpty } from "@loom-scim/core/provisioning/Plan"
import * as PlanText from "@loom-scim/core/provisioning/PlanText"
import * as Reconcile from "@loom-scim/core/provisioning/Reconcile"
import * as State from "@loom-scim/core/setup/State"
import { Console, Effect } from "effect"
import type { Option } from "effect"
import { codes, Ended, fromError } from "../Exit.ts"
import { withClient } from "./connected.ts"
import type { SharedFlags } from "./shared.ts"
import { mappingOf, sourceOf } from "./source.ts"

/** The command's own flags. */
export interface PlanFlags {
  readonly connection: Option.Option<string>
  readonly source: string
  readonly mapping: string
  readonly adopt: "never" | "unclaimed" | "any"
  readonly markdown: boolean
}

// Problems beyond these are counted: a wrong column makes one per person.
const shownProblems = 20

const held = (reason: HoldReason): string => {
  switch (reason._tag) {
    case "TooManyLosses":
      return `${reason.count} of ${reason.of} people we manage would lose access`
    case "TooManyDeletions":
      return `${reason.count} of ${reason.of} people we manage would be deleted`
    case "ProtectedPeople":
      return `protected people would be changed (${reason.count}): ${reason.labels.join(", ")}`
    case "ProtectedGroups":
      return `protected groups would be changed (${reason.count}): ${reason.labels.join(", ")}`
    case "LastAdmin":
      return `${reason.after} of ${reason.before} admins would be left; ${reason.minimum} have to stay`
    case "OutsideDomains":
      return `outside the verified domains, and could not log in (${reason.count}): ${reason.labels.join(", ")}`
  }
}

const remarks = ({ excluded, failure, problems, records }: Reconcile.Reconciled): ReadonlyArray<string> => [
  `${records} records read, ${excluded} left out by the mapping, ${problems.length} problems.`,
  ...problems.slice(0, shownProblems).map(({ at, detail, field }) => `  ${at}: ${field} ${detail}`),
  ...(problems.length > shownProblems ? [`  and ${problems.length - shownProblems} more`] : []),
  ...(failure === null ? [] : [`The source was not read to its end: ${failure.message}`])
]

/**
 * Compares a source with the server and shows what would be done; nothing is changed. Exit code 0: nothing to do, 2:
 * something to do, 4: the source could not be read whole, or records make no person.
 */
export const plan = (flags: SharedFlags, own: PlanFlags): Effect.Effect<void, Ended> =>
  withClient(flags, own.connection, (connected, { state }) =>
    Effect.gen(function* () {
      const mapping = yield* mappingOf(own.mapping)
      const source = yield* Effect.fromResult(sourceOf(own.source))
      const options = {
        adopt: own.adopt,
        leftGroups: "empty" as const,
        managed: { users: new Map<string, string>(), groups: new Set<string>() }
      }
      const made = yield* Effect.mapError(Reconcile.plan({ source, mapping, connected, options }), fromError)
      const judgement = judge(made.plan, { ...careful, domains: State.verifiedDomains(state) })
      if (flags.json) {
        const { excluded, plan: planned, problems, records } = made
        yield* Console.log(
          JSON.stringify({ records, excluded, problems, judgement, plan: JSON.parse(PlanText.toJson(planned)) })
        )
      } else if (own.markdown) yield* Console.log(PlanText.toMarkdown(made.plan))
      else {
        yield* Console.log(PlanText.toText(made.plan))
        yield* Console.log(`\n${remarks(made).join("\n")}`)
        if (judgement._tag === "Held") {
          yield* Console.log(
            `\nHeld until somebody allows it:\n${judgement.reasons.map((one) => `  ${held(one)}`).join("\n")}`
          )
        }
      }
      if (made.failure !== null || made.problems.length > 0) {
        const detail = "The source has records that cannot be used, or was not read to its end."
        return yield* new Ended({ code: codes.checkFailed, reason: "SourceProblems", detail })
      }
      if (!isEmpty(made.plan)) {
        return yield* new Ended({ code: codes.usage, reason: "SomethingToDo", detail: "There is something to do." })
      }
      return undefined
    })
  )
