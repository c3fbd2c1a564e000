/** What only a server has: schedules, webhooks and its own keys. Commands on them work over its API and nowhere else. */
import type { JournalFailure } from "@loom-scim/core/ports/Journal"
import { faultsOf } from "@loom-scim/core/provisioning/DecodeFaults"
import type { SetupService } from "@loom-scim/core/setup/SetupService"
import { inUse, readHolder } from "@loom-scim/platform-node/store/DirectoryLock"
import { Effect, Layer, Option, Stream } from "effect"
import type { Schema } from "effect"
import { resolve } from "node:path"
import type { SharedFlags } from "./shared.ts"
import { within } from "./shared.ts"
import { codes, Ended } from "../Exit.ts"
import type { Environment } from "../Services.ts"
import { Client, paged } from "../remote/Client.ts"
import type { Failure } from "../remote/failures.ts"
import { unreachable } from "../remote/failures.ts"
import * as Remote from "../remote/Remote.ts"
import { Whereabouts } from "../remote/Whereabouts.ts"

/** What a command on them may use. */
export type Governed = Client | SetupService

/** A directory that a server holds leads to that server, for whoever has a key; any other has nothing of this. */
const here =
  (instead: string) =>
  ({ directory }: Pick<Environment, "directory">): Layer.Layer<Governed, Ended | JournalFailure> =>
    Layer.unwrap(
      Effect.gen(function* () {
        const place = resolve(directory)
        const holder = yield* readHolder(place)
        if (Option.exists(holder, ({ url }) => url !== undefined)) return yield* inUse(place, holder)
        return yield* new Ended({
          code: codes.usage,
          reason: "NeedsServer",
          detail: `This is a server's: name the loom-scim-api with --server. ${instead}`
        })
      })
    )

/**
 * Runs a command over the server that was named, or that holds the data directory. `instead` is said to whoever has no
 * server.
 */
export const governed = <A, E extends { readonly _tag: string; readonly message: string }>(
  flags: SharedFlags,
  instead: string,
  effect: Effect.Effect<A, E, Governed>
): Effect.Effect<A, Ended> =>
  within(
    flags,
    "cli",
    {
      here: here(instead),
      there: (access): Layer.Layer<Governed, Ended | JournalFailure> =>
        Remote.layer.pipe(Layer.provide(Whereabouts.layer), Layer.provideMerge(Client.layer(access)))
    },
    effect
  )

const ended = (code: typeof codes.usage | typeof codes.refused, reason: string, detail: string) =>
  new Ended({ code, reason, detail })

/** What the server says to a request, in the form of a command's end. `see` is the command that lists what there is. */
export const saidBy =
  (url: string, see: string) =>
  (failure: Failure): Ended | JournalFailure => {
    switch (failure._tag) {
      case "NotFoundProblem":
        return ended(codes.refused, "NotFound", `${failure.detail} See which there are: ${see}`)
      case "InvalidRequestProblem": {
        const faults = failure.errors.map(({ message, path }) => `${path.join(".")}: ${message}`)
        return ended(codes.usage, "InvalidRequest", [failure.detail, ...faults].join("\n  "))
      }
      case "InvalidInputProblem":
      case "RefusedProblem":
      case "NotAllowedProblem":
      case "ChangedMeanwhileProblem":
      case "PreconditionProblem":
        return ended(codes.refused, failure._tag.replace("Problem", ""), `${failure.detail} ${failure.next}`)
      default:
        return unreachable(url)(failure)
    }
  }

/** Everything of a list of the API. */
export const whole = <A, E, R>(
  page: (
    cursor: string | null
  ) => Effect.Effect<{ readonly items: ReadonlyArray<A>; readonly nextCursor: string | null }, E, R>
) => Stream.runCollect(paged(page))

/** What a server would not take, by the flags and arguments that a person gave: `names` says which feeds which field. */
export const faultsIn =
  (names: Readonly<Record<string, string>>) =>
  (error: Schema.SchemaError): string =>
    faultsOf(error)
      .map((fault) => fault.replace(/^(\w+)(?:\.\d+)?(?=:)/, (field, name: string) => names[name] ?? field))
      .join("; ")
