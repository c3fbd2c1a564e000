/** What is known of the SCIM server, from the store alone. */
import { Api } from "@loom-scim/contract/Api"
import { ofStore } from "@loom-scim/contract/problemOf"
import { Profiles } from "@loom-scim/core/ports/Profiles"
import * as Profile from "@loom-scim/core/scim/Profile"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import { Effect, Option } from "effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { group } from "./group.ts"
import { reading } from "./support.ts"

export const ProfileHandlers = group(
  Effect.gen(function* () {
    const setup = yield* SetupService
    const profiles = yield* Profiles
    return HttpApiBuilder.group(Api, "profile", (handlers) =>
      handlers.handleAll({
        get: Effect.fnUntraced(function* ({ params }) {
          const { bridgeUrl } = (yield* reading(setup.get(params.connection))).state
          const found =
            bridgeUrl === null
              ? Option.none<Profile.Profile>()
              : yield* Effect.mapError(profiles.find(params.connection, bridgeUrl.url), ofStore)
          const profile = Option.getOrElse(found, () => Profile.unknown)
          const { behaviour, claims } = profile
          return { learnt: Option.isSome(found), claims, behaviour, quirks: Profile.describe(profile) }
        })
      })
    )
  })
)
