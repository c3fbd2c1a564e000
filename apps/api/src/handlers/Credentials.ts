/** Credentials: sealed on arrival; a rotation is proven against the server before anything is replaced. */
import { Api } from "@loom-scim/contract/Api"
import type { Credentials } from "@loom-scim/contract/Credentials"
import { InvalidInputProblem, RefusedProblem } from "@loom-scim/contract/Problem"
import { ofSetup } from "@loom-scim/contract/problemOf"
import { ScimProbe } from "@loom-scim/core/scim/Probe"
import * as Rotation from "@loom-scim/core/setup/Rotation"
import type { Connection } from "@loom-scim/core/setup/SetupService"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import { Effect } from "effect"
import type { Redacted } from "effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { group } from "./group.ts"
import { actor, changingIn, reading, versioned } from "./support.ts"

const shown = ({ state: { bridgeUrl, endpoint, token } }: Connection): typeof Credentials.Type => ({
  endpoint,
  bridgeUrl: bridgeUrl?.url ?? null,
  token
})

const firstToken = "Set it up first; a first token is saved with PUT …/credentials/token."

export const CredentialsHandlers = group(
  Effect.gen(function* () {
    const setup = yield* SetupService
    const changing = changingIn(setup)
    const prober = yield* ScimProbe

    /** Fails unless the server takes the token; nothing is recorded. */
    const prove = ({ state }: Connection, token: Redacted.Redacted) =>
      Rotation.prove(prober, state, token).pipe(
        Effect.mapError((error) => {
          const { detail, reason } = error
          return error._tag === "TokenNotTaken"
            ? new InvalidInputProblem({ detail, next: error.next, reason, missing: null })
            : new RefusedProblem({ detail, next: firstToken, reason, missing: error.missing })
        })
      )

    return HttpApiBuilder.group(Api, "credentials", (handlers) =>
      handlers.handleAll({
        get: Effect.fnUntraced(function* ({ params }) {
          const connection = yield* reading(setup.get(params.connection))
          return versioned(connection, shown(connection))
        }),
        save: Effect.fnUntraced(function* ({ headers, params, payload }) {
          const { expiresAt = null, token } = payload
          const id = params.connection
          const connection = yield* changing(
            id,
            headers["if-match"],
            setup.saveToken(id, token, expiresAt, yield* actor)
          )
          return versioned(connection, shown(connection))
        }),
        rotate: Effect.fnUntraced(function* ({ headers, params, payload }) {
          const { expiresAt = null, token } = payload
          const id = params.connection
          const by = yield* actor
          const before = yield* reading(setup.get(id))
          yield* prove(before, token)
          yield* changing(id, headers["if-match"], setup.saveToken(id, token, expiresAt, by))
          const proven = setup.probe(id, by)
          const connection = yield* Effect.mapError(
            before.state.connected === null
              ? proven
              : Effect.andThen(proven, setup.submit(id, { _tag: "Connect" }, by)),
            (error) => ofSetup(error)
          )
          return versioned(connection, shown(connection))
        })
      })
    )
  })
)
