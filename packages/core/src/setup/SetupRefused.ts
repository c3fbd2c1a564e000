/** The journey's way of saying no. */
import { Schema } from "effect"
import type { Command } from "./Command.ts"
import { Step } from "./Step.ts"

/** A command was not accepted; nothing has changed. `missing` is the step to go to, `next` how to get there. */
export class SetupRefused extends Schema.TaggedError<SetupRefused>()("SetupRefused", {
  command: Schema.String,
  reason: Schema.Literals([
    "notBegun",
    "alreadyBegun",
    "removed",
    "stepBlocked",
    "unknownDomain",
    "duplicateDomain",
    "wrongMethod",
    "missingInput",
    "invalidInput",
    "notVerified",
    "expired",
    "nothingToAcknowledge",
    "noFreshProbe"
  ]),
  missing: Schema.NullOr(Step),
  detail: Schema.String,
  next: Schema.String
}) {
  override get message(): string {
    return `${this.detail} ${this.next}`.trim()
  }
}

/** A refusal of a command. */
export const refused = (
  command: Command["_tag"],
  reason: SetupRefused["reason"],
  detail: string,
  next = "",
  missing: Step | null = null
): SetupRefused => new SetupRefused({ command, reason, missing, detail, next })
