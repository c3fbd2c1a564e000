/** What a pass over a phase learns of the server while it goes on. Pure but for itself; times are given to it. */
import * as Quarantine from "../provisioning/Quarantine.ts"
import type { ScimError } from "../scim/ScimError.ts"
import { type Trouble, troubleOf } from "./Trouble.ts"

/** How items that the server fails on are dealt with: `later` leaves them for another pass, `now` records the failure. */
export type Impatience = "later" | "now"

/** What ends a pass early. */
export type Ending = Exclude<Trouble, { readonly _tag: "Count" }>

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
  last: { readonly detail: string; readonly next: string } | null = null

  constructor(policy: Quarantine.QuarantinePolicy, quarantine: Quarantine.Quarantine, impatience: Impatience) {
    this.#policy = policy
    this.#impatience = impatience
    this.quarantine = quarantine
  }

  /** An item has an outcome that the server gave. */
  success(now: number): void {
    this.succeeded++
    this.quarantine = Quarantine.record(this.quarantine, this.#policy, "success", now)
  }

  /** The server answered that somebody else has what an item is to have. The item is left for another pass. */
  block(now: number): void {
    this.blocked++
    this.left++
    this.quarantine = Quarantine.record(this.quarantine, this.#policy, "success", now)
  }

  /** An error that concerns the connection. Says whether it is the item's outcome all the same; else the item is left. */
  failure(error: ScimError, now: number): "settle" | "leave" {
    const found = troubleOf(error)
    if (found._tag === "Count") {
      this.last = found
      this.quarantine = Quarantine.record(this.quarantine, this.#policy, "failure", now)
      if (this.quarantine._tag === "Paused" && this.trouble === null) {
        const millis = Math.max(0, this.quarantine.until - now)
        this.trouble = { ...found, _tag: "Wait", reason: "serverDown", millis }
      }
      if (this.#impatience === "now" && this.trouble === null) return "settle"
    } else {
      // A server that lets others be changed means this one.
      if (error._tag === "Forbidden" && this.succeeded > 0) return "settle"
      this.trouble ??= found
    }
    this.left++
    return "leave"
  }
}
