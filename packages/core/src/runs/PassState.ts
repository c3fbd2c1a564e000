/** What a pass over a phase learns of the server while it goes on. Pure but for itself; times are given to it. */
import * as Quarantine from "../provisioning/Quarantine.ts"
import type { ScimError } from "../scim/ScimError.ts"
import type { ItemOutcome } from "./RunItem.ts"
import { type Trouble, troubleOf } from "./Trouble.ts"

/** How items that the server fails on are dealt with: `later` leaves them for another pass, `now` records the failure. */
export type Impatience = "later" | "now"

/** What ends a pass early. */
export type Ending = Exclude<Trouble, { readonly _tag: "Count" }>

interface Words {
  readonly detail: string
  readonly next: string
}

/** Judges the outcomes of a pass as they come. */
export class PassState {
  readonly #policy: Quarantine.QuarantinePolicy
  readonly #impatience: Impatience
  /** Goes on from what earlier passes left. */
  quarantine: Quarantine.Quarantine
  /** What ends the pass early; null while nothing does. */
  trouble: Ending | null = null
  /** Items that get no outcome in this pass because of the server, blocked ones among them. */
  left = 0
  succeeded = 0
  /** Items that were refused a name which another item of the pass may give up yet. */
  blocked = 0
  /** The last error that was counted. */
  last: Words | null = null

  constructor(policy: Quarantine.QuarantinePolicy, quarantine: Quarantine.Quarantine, impatience: Impatience) {
    this.#policy = policy
    this.#impatience = impatience
    this.quarantine = quarantine
  }

  /** An item has an outcome that the server gave. */
  success(now: number): void {
    this.succeeded++
    this.#record("success", now)
  }

  /** An item has an outcome. One that failed was refused; one that was dropped says nothing of the server. */
  settle(outcome: ItemOutcome, now: number): void {
    if (outcome._tag === "Done" || outcome._tag === "Doubtful") return this.success(now)
    this.succeeded++
    if (outcome._tag === "Failed") this.#refused({ detail: outcome.message, next: outcome.next }, now)
  }

  /** The server answered that somebody else has what an item is to have. The item is left for another pass. */
  block(now: number): void {
    this.blocked++
    this.left++
    this.#record("success", now)
  }

  /** An error that concerns the connection. Says whether it is the item's outcome all the same; else the item is left. */
  failure(error: ScimError, now: number): "settle" | "leave" {
    const found = troubleOf(error)
    if (found._tag === "Count") {
      this.last = found
      this.#record("failure", now)
      this.#pause(found, now)
      if (this.#impatience === "now" && this.trouble === null) return "settle"
    } else {
      // A server that lets others be changed means this one.
      if (error._tag === "Forbidden" && this.succeeded > 0) {
        this.#refused({ detail: error.message, next: error.next }, now)
        return "settle"
      }
      this.trouble ??= found
    }
    this.left++
    return "leave"
  }

  #record(outcome: Quarantine.Outcome, now: number): void {
    this.quarantine = Quarantine.record(this.quarantine, this.#policy, outcome, now)
  }

  #refused(last: Words, now: number): void {
    this.#record("refusal", now)
    this.#pause(last, now)
  }

  /** Ends the pass when the last outcome was one too many. */
  #pause({ detail, next }: Words, now: number): void {
    const { quarantine } = this
    if (quarantine._tag !== "Paused" || this.trouble !== null) return
    const wait = { _tag: "Wait", millis: Math.max(0, quarantine.until - now), next } as const
    this.trouble =
      quarantine.because === "failure"
        ? { ...wait, reason: "serverDown", detail }
        : { ...wait, reason: "refusals", detail: `Of the last ${this.#policy.window} most were refused. ${detail}` }
  }
}
