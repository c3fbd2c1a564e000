/** Reading a little of a server to learn how it is spoken to; nothing is changed. */
import { Effect, Result } from "effect"
import * as ListPage from "./ListPage.ts"
import type { Learner, Profile } from "./Profile.ts"
import * as Request from "./ScimClientRequest.ts"
import type { ScimError } from "./ScimError.ts"
import type { Transport } from "./Transport.ts"

/** What a probe works with. */
export interface ProbeSource {
  readonly learner: Learner
  /** Sends the token as the profile says. */
  readonly transport: Transport
  /** Sends the token alone. */
  readonly bare: Transport
  /** Reads ServiceProviderConfig into the profile. */
  readonly discover: Effect.Effect<unknown, ScimError>
}

const ask = (transport: Transport, startIndex: number | null) =>
  transport
    .call({
      method: "GET",
      path: `/Users${Request.listQuery({}, { _tag: "Index", startIndex, count: 1 })}`,
      label: "/Users",
      retry: "always"
    })
    .pipe(
      Effect.flatMap((answer) =>
        Result.match(ListPage.decode(answer.json), {
          onSuccess: (page) => Effect.succeed(page),
          onFailure: (reason) => Effect.fail(answer.malformed(reason))
        })
      )
    )

/** The first user; a server that refuses the token with `Bearer` is asked once with the token alone. */
const first = Effect.fnUntraced(function* ({ bare, learner, transport }: ProbeSource) {
  const result = yield* Effect.result(ask(transport, null))
  if (Result.isSuccess(result)) return result.success
  const isRefused = result.failure._tag === "Unauthorized" && learner.behaviour.tokenScheme === "Bearer"
  const alone = isRefused ? yield* Effect.result(ask(bare, null)) : undefined
  if (alone === undefined || Result.isFailure(alone)) return yield* result.failure
  learner.note("tokenWithoutBearer")
  learner.adapt({ tokenScheme: "none" })
  return alone.success
})

/**
 * Learns the profile: what the server claims, whether its token goes with `Bearer`, and whether `totalResults` is right:
 * there is a row at that index, and none behind it. Costs up to five requests. Fails when users cannot be read.
 */
export const probe = Effect.fnUntraced(function* (source: ProbeSource): Effect.fn.Return<Profile, ScimError> {
  const { learner, transport } = source
  const page = yield* first(source)
  yield* Effect.ignore(source.discover)
  const total = page.totalResults
  if (total === null) learner.note("totalMissing")
  if (page.resources.length > 1) learner.note("pageTooLong")
  if (total !== null && total > 1 && page.resources.length === 1) {
    const [last, past] = yield* Effect.all([
      Effect.result(ask(transport, total)),
      Effect.result(ask(transport, total + 1))
    ])
    const hasLast = Result.isSuccess(last) && last.success.resources.length === 1 && last.success.totalResults === total
    // The same row again would be a server that takes any index for the first.
    const isOther = hasLast && ListPage.idOf(last.success.resources[0] ?? {}) !== ListPage.idOf(page.resources[0] ?? {})
    const hasNoMore = Result.isSuccess(past) && past.success.resources.length === 0
    learner.adapt({ trustTotals: isOther && hasNoMore })
  }
  return learner.profile
})
