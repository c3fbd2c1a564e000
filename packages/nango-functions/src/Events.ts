/** What happens when a connection is made, checked and deleted. */
import { judgeWrongToken } from "@loom-scim/core/scim/probeFindings"
import type { Profile } from "@loom-scim/core/scim/Profile"
import { describe } from "@loom-scim/core/scim/Profile"
import type { ScimError } from "@loom-scim/core/scim/ScimError"
import { Effect, Schema } from "effect"
import type { EventNango } from "./EventNango.ts"
import type { Told } from "./Failure.ts"
import { ofProfile } from "./Metadata.ts"
import { forWrongToken } from "./Probe.ts"
import type { Session } from "./Session.ts"

/** There is a server, and it speaks no SCIM there. */
export class NoScimService extends Schema.TaggedError<NoScimService>()("NoScimService", { status: Schema.Int }) {
  override get message(): string {
    return `There is no SCIM service at this address (${this.status}).`
  }
  get next(): string {
    return "Compare the endpoint with that of the set-up console, character by character."
  }
}

/** The server answers whoever asks: it cannot be seen whether this token is right, and people's data would be open. */
export class TokenNotChecked extends Schema.TaggedError<TokenNotChecked>()("TokenNotChecked", {
  message: Schema.String,
  next: Schema.String
}) {}

const checkToken = Effect.fnUntraced(function* (session: Session): Effect.fn.Return<void, TokenNotChecked> {
  const answer = yield* forWrongToken(session)
  if (answer === null) return
  const { message, next, outcome } = judgeWrongToken(answer)
  if (outcome === "tokenNotChecked") return yield* new TokenNotChecked({ message, next })
})

/** Nango shows people the message of a refusal, and nothing else. */
const shown = (error: ScimError | NoScimService | TokenNotChecked): Told => ({
  ...error,
  _tag: error._tag,
  message: `${error.message} ${error.next}`,
  next: error.next
})

/** Reads the first user, and learns how the server is spoken to. */
const reached = ({ client }: Session): Effect.Effect<Profile, ScimError | NoScimService> =>
  Effect.catchTag(client.probe, "NotFound", ({ status }) => Effect.fail(new NoScimService({ status })))

/** Refuses a connection whose users cannot be read, or whose server does not look at the token. */
export const validate = (session: Session): Effect.Effect<void, Told> =>
  Effect.mapError(Effect.andThen(reached(session), checkToken(session)), shown)

/** Learns how the server is spoken to, and keeps it with the connection. */
export const created = Effect.fnUntraced(function* (
  session: Session<EventNango>
): Effect.fn.Return<void, ScimError | NoScimService> {
  const { nango } = session
  const profile = yield* reached(session)
  yield* Effect.promise(() => nango.updateMetadata(ofProfile(profile)))
  const quirks = describe(profile).map(({ server }) => server)
  const words = quirks.length === 0 ? "it keeps to the RFCs so far" : `it ${quirks.join(", ")}`
  yield* Effect.promise(async () => nango.log(`The server was probed: ${words}.`))
})

/**
 * Says what stays. Nothing is changed on the server: nobody may lose access because a connection is tidied up, and who
 * means to take people away does so before, with apply-reconcile or deprovision-user.
 */
export const deleted = Effect.fnUntraced(function* ({ nango }: Session<EventNango>): Effect.fn.Return<void> {
  const words =
    "The connection is deleted, and nothing else: every user and group stays on the server as it is, with the access it has. " +
    "The token stays valid too, until it is renewed in the set-up console. Records of the syncs are Nango's to delete."
  yield* Effect.promise(async () => nango.log(words))
})
