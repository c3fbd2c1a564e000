/** Replacing a token: what a person pastes, and whether the server takes it before the one that works is given up. */
import { Effect, Redacted, Schema } from "effect"
import type { ScimProbe } from "../scim/Probe.ts"
import * as ProbeReport from "../scim/ProbeReport.ts"
import { refused, type SetupRefused } from "./SetupRefused.ts"
import type { State } from "./State.ts"

/** The server was asked with the new token and did not take it; the old one is still in place. */
export class TokenNotTaken extends Schema.TaggedError<TokenNotTaken>()("TokenNotTaken", {
  /** `notReached`: no request got so far as to use the token. */
  reason: Schema.Union([ProbeReport.ProbeOutcome, Schema.Literal("notReached")]),
  detail: Schema.String,
  next: Schema.String
}) {
  override get message(): string {
    return `${this.detail} ${this.next}`
  }
}

/** A token without what comes with it when it is copied out of a header. */
export const bare = (token: Redacted.Redacted): Redacted.Redacted =>
  Redacted.make(
    Redacted.value(token)
      .trim()
      .replace(/^Bearer\s+/i, "")
  )

/** Fails unless the server takes the token; nothing is recorded. */
export const prove = Effect.fn("Rotation.prove")(function* (
  prober: ScimProbe["Service"],
  { bridgeUrl }: Pick<State, "bridgeUrl">,
  token: Redacted.Redacted
): Effect.fn.Return<void, SetupRefused | TokenNotTaken> {
  if (bridgeUrl === null) {
    const detail = "There is no bridge URL yet to try the token against."
    return yield* refused("ReportToken", "stepBlocked", detail, "Set it up first, with a first token.", "bridgeUrl")
  }
  const { allowPrivateNetwork, url } = bridgeUrl
  const report = yield* prober.run({ url, token: bare(token), allowPrivateNetwork })
  if (ProbeReport.succeeded(report)) return
  const fatal = ProbeReport.firstFatal(report)
  return yield* new TokenNotTaken({
    reason: fatal?.outcome ?? "notReached",
    detail: `The new token was not taken over: ${fatal?.message ?? "the user list was not reached."}`,
    next: `${fatal?.next ?? "Look at the server."} The old token is still in place.`
  })
})
