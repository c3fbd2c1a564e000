/**
 * What of the guided set-up is known from here: what a probe sees now, and what `loom-scim nango push` left. What people
 * vouched for stays with the set-up and is never told from here.
 */
import * as Profile from "@loom-scim/core/scim/Profile"
import type { ScimError } from "@loom-scim/core/scim/ScimError"
import type { Step } from "@loom-scim/core/setup/Step"
import { all, position } from "@loom-scim/core/setup/Step"
import type { SetupMetadata } from "@loom-scim/nango/connect/Marks"
import type { ShapeRefused } from "@loom-scim/nango/Shape"
import { toBridgeUrl } from "@loom-scim/nango/Shape"
import { Effect, Option, Result } from "effect"
import type { FailurePayload } from "./Failure.ts"
import { payloadOf } from "./Failure.ts"
import * as Policy from "./Policy.ts"
import type { Session } from "./Session.ts"

/** How a step is known. */
interface Known {
  /**
   * `seen`: just now, by a request. `pushed`: as the set-up said when it was pushed, which may have changed there since.
   * `unknown`: not from here.
   */
  readonly from: "seen" | "pushed" | "unknown"
  /** Null when it cannot be told. */
  readonly done: boolean | null
  readonly detail: string
  /** Empty when there is nothing to do. */
  readonly next: string
}

/** The status. */
export interface Status {
  /** Whether users could be read just now. */
  readonly connected: boolean
  /** Why not; null when they could. */
  readonly failure: FailurePayload | null
  /** The set-up that the connection was pushed from; null without one. */
  readonly setup: { readonly connection: string; readonly deprovisioning: string; readonly sameServer: boolean } | null
  /** How many differences from the RFCs are known of the server. */
  readonly quirks: number
  readonly steps: ReadonlyArray<{ readonly step: Step; readonly position: number } & Known>
}

/** What the probe says of the token and of the address; null for what it does not say. */
const verdictOf = (failure: ScimError | null): { readonly token: boolean | null; readonly address: boolean | null } => {
  if (failure === null) return { token: true, address: true }
  switch (failure._tag) {
    case "Unauthorized":
    case "Forbidden":
      return { token: false, address: null }
    case "NotFound":
    case "Malformed":
    case "Redirected":
      return { token: null, address: false }
    default:
      return { token: null, address: null }
  }
}

const seen = (done: boolean | null, failure: ScimError | null, detail: string): Known => {
  if (done === true) return { from: "seen", done, detail, next: "" }
  const next = failure?.next ?? ""
  return done === null
    ? { from: "unknown", done, detail: `The server did not say: ${failure?.message ?? ""}`, next }
    : { from: "seen", done, detail: failure?.message ?? "", next }
}

const recorded = (detail: string): Known => ({ from: "pushed", done: true, detail, next: "" })

const elsewhere: Known = {
  from: "unknown",
  done: null,
  detail: "Nothing of it can be seen from here, and no set-up was pushed to this connection.",
  next: "Finish the guided set-up, then push it: loom-scim setup, then loom-scim nango push"
}

const stepOf = (step: Step, failure: ScimError | null, setup: SetupMetadata | null): Known => {
  const { address, token } = verdictOf(failure)
  switch (step) {
    case "credentials":
      return seen(token, failure, "The server took the token just now.")
    case "bridgeUrl":
      return seen(address, failure, "The address answered with a SCIM list just now.")
    case "connect":
      return seen(token === true && address === true ? true : (token ?? address), failure, "Users were read just now.")
    case "deprovisioning":
      return setup === null ? elsewhere : recorded(`The set-up chose to ${setup.deprovisioning} people who leave.`)
    case "prerequisites":
    case "domains":
    case "sso":
    case "domainCapture":
      return setup === null
        ? elsewhere
        : recorded(
            `The set-up was complete when it was pushed. What it rests on is told there: loom-scim status --connection ${setup.connection}`
          )
  }
}

/** Asks the server, and says what is known. Fails only when the connection itself cannot be used. */
export const status = Effect.fnUntraced(function* (session: Session): Effect.fn.Return<Status, ShapeRefused> {
  const { client, nango } = session
  const probed = yield* Effect.result(client.probe)
  const failure = Result.isFailure(probed) ? probed.failure : null
  const setup = Option.getOrNull(yield* Policy.setupOf(session))
  const { connection_config: config } = yield* Effect.promise(() => nango.getConnection())
  const url = yield* Effect.fromResult(toBridgeUrl(config, { allowPrivateNetwork: true }))
  const profile = yield* client.profile
  return {
    connected: failure === null,
    failure: failure === null ? null : payloadOf(failure),
    setup:
      setup === null
        ? null
        : {
            connection: setup.connection,
            deprovisioning: setup.deprovisioning,
            sameServer: setup.bridgeUrl === url
          },
    quirks: Profile.describe(profile).length,
    steps: all.map((step) => ({ step, position: position(step), ...stepOf(step, failure, setup) }))
  }
})
