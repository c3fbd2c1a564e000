/** `loom-scim nango pull` */
import * as Guide from "@loom-scim/core/setup/Guide"
import * as Step from "@loom-scim/core/setup/Step"
import type { Pulled } from "@loom-scim/nango/connect/Pull"
import { pull } from "@loom-scim/nango/connect/Pull"
import { Console, Effect, Option } from "effect"
import { codes, Ended } from "../Exit.ts"
import { printable } from "../plain/Printable.ts"
import { required } from "../Selection.ts"
import { probeOnDemand } from "../Services.ts"
import type { NangoFlags } from "./nangoAccess.ts"
import { apiLayer, whereTheStoreIs } from "./nangoAccess.ts"
import type { SharedFlags } from "./shared.ts"
import { actorOf, withServices } from "./shared.ts"

/** The flags of this command. */
export interface PullFlags extends NangoFlags {
  /** The id in Nango. */
  readonly id: string
  readonly into: Option.Option<string>
  readonly name: Option.Option<string>
}

const credentialsText: Readonly<Record<Pulled["credentials"], string>> = {
  kept: "They are this set-up's now.",
  same: "This set-up had them already.",
  waiting: "They stay in Nango until the steps before them are done; then pull again."
}

const lines = (nangoId: string, { began, connection, credentials, open, report }: Pulled): ReadonlyArray<string> => {
  const { id, state } = connection
  const users = report.totalUsers === null ? "the user list answered" : `${report.totalUsers} users`
  return [
    `${began ? "Began" : "Went on with"} ${id} from ${printable(nangoId)} in Nango.`,
    `Checked: its credentials pass at the endpoint (${users}, wrong token refused). ${credentialsText[credentials]}`,
    ...(open.length === 0 ? [] : ["Open, since nobody has vouched for it here:"]),
    ...open.map((step) => `  ${Step.position(step)} ${Guide.steps[step].title}`),
    ...(state.connected === null ? [] : [`${state.name} is connected.`])
  ]
}

export const nangoPull = (flags: SharedFlags, own: PullFlags) =>
  Effect.gen(function* () {
    const into = Option.isSome(own.into) ? (yield* required(own.into)).id : undefined
    const pulled = yield* pull({
      key: { integration: own.integration, connectionId: own.id },
      ...(into === undefined ? {} : { into }),
      ...(Option.isSome(own.name) ? { name: own.name.value } : {}),
      allowPrivateNetwork: flags.allowPrivateNetwork,
      actor: actorOf("cli")
    })
    const { began, connection, credentials, open } = pulled
    const connected = connection.state.connected !== null
    yield* Console.log(
      flags.json
        ? JSON.stringify({ connection: connection.id, nango: own.id, began, credentials, connected, open })
        : lines(own.id, pulled).join("\n")
    )
    if (connected) return undefined
    return yield* new Ended({
      code: codes.refused,
      reason: "NotConnected",
      detail: `Go on with: loom-scim setup --connection ${connection.id}`
    })
  }).pipe(Effect.provide(probeOnDemand), Effect.provide(apiLayer(flags, own)), (effect) =>
    withServices(flags, "cli", effect, whereTheStoreIs)
  )
