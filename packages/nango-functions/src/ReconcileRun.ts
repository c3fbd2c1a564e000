/**
 * A plan being carried out over several calls, kept with the connection: what was planned, as a fingerprint of each
 * action, and how far each of them is, as a character. The plan itself is made anew by each call, and of it only what was
 * planned, judged and allowed at the beginning is done: whatever else has changed since is left to the next run.
 */
import type { Action } from "@loom-scim/core/provisioning/Action"
import { Decision } from "@loom-scim/core/provisioning/Decision"
import { canonical, fingerprintOf } from "@loom-scim/core/provisioning/Fingerprint"
import { Judgement } from "@loom-scim/core/provisioning/Guard"
import type { ItemOutcome } from "@loom-scim/core/runs/RunItem"
import { phaseOf } from "@loom-scim/core/runs/RunItem"
import { Option, Predicate, Schema } from "effect"
import { toJson } from "./Resources.ts"

/** The field of the metadata that changes with every step. */
export const field = "loomScimRun"

/** The field that is written once; long, so apart. */
export const planField = "loomScimRunPlan"

/**
 * How far an action is. `intended` may have been sent, and nobody knows how it ended. `moot`: by the time it was its turn
 * it was not needed any more, or was no longer what had been planned.
 */
export const State = Schema.Literals(["planned", "intended", "done", "doubtful", "failed", "dropped", "moot"])
export type State = typeof State.Type

const signs: Readonly<Record<State, string>> = {
  planned: ".",
  intended: "i",
  done: "d",
  doubtful: "q",
  failed: "f",
  dropped: "n",
  moot: "m"
}

const bySign = new Map(State.literals.map((state) => [signs[state], state]))

/** What is kept of a run. Neither names nor values are in it. */
export const Kept = Schema.Struct({
  id: Schema.String,
  /** The fingerprint of what was asked for; another input is another run. */
  wanted: Schema.String,
  /** The fingerprint of the plan, which decisions are about. */
  plan: Schema.String,
  begun: Schema.String,
  judgement: Judgement,
  decision: Schema.NullOr(Decision),
  /** A character for each action, by `signs`. */
  states: Schema.String,
  isOver: Schema.Boolean
})
export type Kept = typeof Kept.Type

const Digests = Schema.Struct({ id: Schema.String, digests: Schema.String })

const decode = Schema.decodeUnknownOption(Kept)
const decodeDigests = Schema.decodeUnknownOption(Digests)
const encode = Schema.encodeSync(Kept)

const digestLength = fingerprintOf("").length

const memberOf = ({ id, key }: { readonly id: string | null; readonly key: string | null }): string => key ?? id ?? ""

/** What makes an action the same one in the plan of a later call: all that it does, and none of what the run changes. */
const identityOf = (action: Action): unknown => {
  switch (action._tag) {
    case "GroupCreate":
      // Killed after the group was made: what is left is to add the members.
      return ["fill", action.key]
    case "MembersAdd":
      return ["fill", memberOf(action)]
    case "MembersRemove":
      return ["empty", memberOf(action), action.members.map(memberOf)]
    case "GroupAdopt":
    case "GroupRename":
    case "GroupDelete":
      return { ...action, basis: null, at: null }
    case "Deactivate":
    case "Delete":
      // The rest of the user is in the basis, but for what only the server sets.
      return { ...action, before: null, at: null }
    default:
      return { ...action, at: null }
  }
}

const digestOf = (action: Action): string => fingerprintOf(canonical(toJson(identityOf(action))))

/** How many actions are how far. */
export type Counts = Readonly<Record<State, number>>

/** How far a run is. */
export class Progress {
  readonly #positions = new Map<string, number>()
  readonly #digests: string
  readonly #states: Array<string>
  #kept: Omit<Kept, "states">

  private constructor(kept: Kept, digests: string) {
    this.#kept = kept
    this.#states = [...kept.states]
    this.#digests = digests
    for (let at = 0; at < digests.length; at += digestLength) {
      this.#positions.set(digests.slice(at, at + digestLength), at / digestLength)
    }
  }

  /** Begins one. What an earlier run left intended is looked up before it is sent again. */
  static begin(
    made: Omit<Kept, "decision" | "isOver" | "states">,
    actions: ReadonlyArray<Action>,
    earlier: Progress | null
  ): Progress {
    const digests = actions.filter((action) => phaseOf(action) !== null).map(digestOf)
    const states = digests.map(
      (digest) => signs[earlier?.stateOfDigest(digest) === "intended" ? "intended" : "planned"]
    )
    return new Progress({ ...made, decision: null, isOver: false, states: states.join("") }, digests.join(""))
  }

  /** Reads the one that is kept; null without one, and when it cannot be read. */
  static read(metadata: unknown): Progress | null {
    if (!Predicate.hasProperty(metadata, field) || !Predicate.hasProperty(metadata, planField)) return null
    const kept = Option.getOrNull(decode(metadata[field]))
    const plan = Option.getOrNull(decodeDigests(metadata[planField]))
    if (kept === null || plan === null || kept.id !== plan.id) return null
    return kept.states.length * digestLength === plan.digests.length ? new Progress(kept, plan.digests) : null
  }

  get kept(): Omit<Kept, "states"> {
    return this.#kept
  }

  /** How many actions were planned. */
  get size(): number {
    return this.#states.length
  }

  /** Where an action of a plan of now is in this run; null for one that was not planned. */
  positionOf(action: Action): number | null {
    return this.#positions.get(digestOf(action)) ?? null
  }

  stateOf(position: number): State {
    return bySign.get(this.#states[position] ?? "") ?? "planned"
  }

  /** Of what another run planned, how far it is; null when it did not. */
  stateOfDigest(digest: string): State | null {
    const position = this.#positions.get(digest)
    return position === undefined ? null : this.stateOf(position)
  }

  set(position: number, state: State): void {
    this.#states[position] = signs[state]
  }

  decided(decision: Decision): void {
    this.#kept = { ...this.#kept, decision }
  }

  over(): void {
    this.#kept = { ...this.#kept, isOver: true }
  }

  get counts(): Counts {
    const counts = { planned: 0, intended: 0, done: 0, doubtful: 0, failed: 0, dropped: 0, moot: 0 }
    for (let position = 0; position < this.size; position++) counts[this.stateOf(position)]++
    return counts
  }

  /** For the metadata, at every step. */
  get stored(): typeof Kept.Encoded {
    return encode({ ...this.#kept, states: this.#states.join("") })
  }

  /** For the metadata, once. */
  get storedPlan(): typeof Digests.Encoded {
    return { id: this.#kept.id, digests: this.#digests }
  }
}

const byOutcome: Readonly<Record<ItemOutcome["_tag"], State>> = {
  Done: "done",
  Doubtful: "doubtful",
  Failed: "failed",
  Dropped: "dropped"
}

/** The state of an action with that outcome. */
export const stateOfOutcome = ({ _tag }: ItemOutcome): State => byOutcome[_tag]
