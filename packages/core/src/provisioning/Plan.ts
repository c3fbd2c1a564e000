/** A plan: what is to be done, what was counted, and what was not concluded. It is data and can be kept. */
import { Schema } from "effect"
import type { JsonObject } from "../scim/Json.ts"
import type { ListVerdict } from "../scim/List.ts"
import { Action, tags } from "./Action.ts"
import { canonical, fingerprintOf } from "./Fingerprint.ts"
import type { DesiredGroup, Person } from "./Person.ts"
import { Census, Withheld } from "./Census.ts"
import { Planner } from "./Planner.ts"
import type { PlanOptions } from "./PlanOptions.ts"
import { Unmatched } from "./Protection.ts"
import type { Settlement } from "./Settlement.ts"

/** A plan. Skips are counted and left out of `actions`. */
export const Plan = Schema.Struct({
  version: Schema.Literal(1),
  census: Census,
  withheld: Schema.Array(Withheld),
  /** What the policy protects by name or filter and nobody is; absent when there is nothing of the kind. */
  unmatched: Schema.optionalKey(Schema.Array(Unmatched)),
  /** How many of each kind of action, by tag; kinds that do not occur are left out. */
  counts: Schema.Record(Schema.String, Schema.Int),
  /** How many were left as they are, by reason. */
  skipped: Schema.Record(Schema.String, Schema.Int),
  /** The first by name of those who were `notAdopted`; absent when there are none. */
  notAdopted: Schema.optionalKey(Schema.Array(Schema.String)),
  /** In the order in which they are to be done. */
  actions: Schema.Array(Action)
})
export type Plan = typeof Plan.Type

const order = new Map<string, number>(tags.map((tag, index) => [tag, index]))
const rankOf = (action: Action): number => order.get(action._tag) ?? tags.length
const nameOf = (action: Action): string =>
  `${action.label}\n${action.key ?? ""}\n${"id" in action ? (action.id ?? "") : ""}`

/**
 * The order of doing: changes before creations, since they free user names; creations before groups, since members
 * need ids; whatever takes away comes last. Within a kind by name, so that equal inputs in any order make equal plans.
 */
export const compare = (left: Action, right: Action): number => {
  const byKind = rankOf(left) - rankOf(right)
  if (byKind !== 0) return byKind
  const [a, b] = [nameOf(left), nameOf(right)]
  return a < b ? -1 : a > b ? 1 : 0
}

/** Of those who were not adopted, so many are named. */
const maxNotAdopted = 10

/** Counts actions and keeps those that do something or need a decision. */
export class PlanBuilder {
  readonly #actions: Array<Action> = []
  readonly #counts = new Map<string, number>()
  readonly #skipped = new Map<string, number>()
  #notAdopted: ReadonlyArray<string> = []

  /** Takes the next action; null is nothing. */
  add(action: Action | null): void {
    if (action === null) return
    if (action._tag === "Skip") {
      this.#skipped.set(action.reason, (this.#skipped.get(action.reason) ?? 0) + 1)
      if (action.reason === "notAdopted") this.#leave(action.label)
      return
    }
    this.#counts.set(action._tag, (this.#counts.get(action._tag) ?? 0) + 1)
    this.#actions.push(action)
  }

  /** Keeps the first by name, so that the order of people does not matter. */
  #leave(label: string): void {
    const last = this.#notAdopted[maxNotAdopted - 1]
    if (last !== undefined && last <= label) return
    const sorted = [...this.#notAdopted, label].toSorted((a, b) => (a < b ? -1 : 1))
    this.#notAdopted = sorted.slice(0, maxNotAdopted)
  }

  /** The plan of all that was taken. */
  build({
    census,
    unmatched = [],
    withheld
  }: Pick<Settlement, "census" | "withheld"> & Partial<Pick<Settlement, "unmatched">>): Plan {
    const sorted = (counts: ReadonlyMap<string, number>) =>
      Object.fromEntries([...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    return {
      version: 1,
      census,
      withheld,
      ...(unmatched.length === 0 ? {} : { unmatched }),
      counts: sorted(this.#counts),
      skipped: sorted(this.#skipped),
      ...(this.#notAdopted.length === 0 ? {} : { notAdopted: this.#notAdopted }),
      actions: this.#actions.toSorted(compare)
    }
  }
}

/** Both sides, as far as they fit into memory. */
export interface PlanInput {
  readonly people: Iterable<Person>
  readonly groups?: Iterable<DesiredGroup>
  readonly unreadable?: Iterable<string | null>
  readonly users: Iterable<JsonObject>
  readonly actualGroups?: Iterable<JsonObject>
  readonly sourceFailure?: string | null
  readonly usersVerdict: ListVerdict
}

/** Plans in one call. `people` is gone through twice, so it is to be a collection and no generator. */
export const plan = (input: PlanInput, options: PlanOptions): Plan => {
  const planner = new Planner(options)
  const builder = new PlanBuilder()
  for (const person of input.people) planner.desired(person)
  for (const key of input.unreadable ?? []) planner.unreadable(key)
  for (const group of input.groups ?? []) planner.desiredGroup(group)
  for (const user of input.users) builder.add(planner.actual(user))
  for (const group of input.actualGroups ?? []) planner.actualGroup(group)
  const settlement = planner.finish({ sourceFailure: input.sourceFailure ?? null, users: input.usersVerdict })
  for (const person of input.people) builder.add(settlement.settle(person))
  for (const action of settlement.rest()) builder.add(action)
  return builder.build(settlement)
}

/** Whether a plan does nothing and asks nothing. */
export const isEmpty = ({ actions }: Plan): boolean => actions.length === 0

/** The fingerprint of what a plan does, for decisions about exactly this plan. */
export const fingerprint = ({ actions }: Pick<Plan, "actions">): string =>
  fingerprintOf(actions.map((action) => canonical({ ...action })).join("\n"))
