/** `/status`: the pages for people who want to look, let in by a key or a token. */
import { allows, reach } from "@loom-scim/core/ports/ApiKeys"
import { Ledger } from "@loom-scim/core/ports/Ledger"
import { Reports } from "@loom-scim/core/ports/Reports"
import { Runs } from "@loom-scim/core/ports/Runs"
import type { Caller } from "@loom-scim/contract/Security"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import * as Guide from "@loom-scim/core/setup/Guide"
import * as Progress from "@loom-scim/core/setup/Progress"
import type { State } from "@loom-scim/core/setup/State"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import { DateTime, Effect, Option, Redacted, Schema } from "effect"
import * as HttpRouter from "effect/http/HttpRouter"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import type { Refused } from "../auth/Authenticator.ts"
import { Authenticator } from "../auth/Authenticator.ts"
import { doctorView } from "../handlers/doctorView.ts"
import type { Settings } from "../Settings.ts"
import { connectionPage } from "./connectionPage.ts"
import * as Session from "./Session.ts"
import * as Views from "./views.ts"

const listed = 200
const lastRuns = 10

const unknown = Views.problem("Not found", "There is no such connection.", "Or none that your key reaches.", 404)

const refusal = (refused: Refused): HttpServerResponse => {
  switch (refused._tag) {
    case "UnauthenticatedProblem":
      return Views.login("That key is not valid: unknown, expired or revoked.", 401)
    case "TooManyProblem":
    case "StoreProblem":
    case "NotReadyProblem":
      return Views.problem("Not now", refused.detail, refused.next, refused._tag === "TooManyProblem" ? 429 : 503)
  }
}

const broken = ({ reason }: { readonly reason: string }): HttpServerResponse =>
  Views.problem("Not now", `The store cannot be read (${reason}).`, "Try again in a moment.", 503)

const text = (value: string | Redacted.Redacted | undefined): string =>
  Redacted.isRedacted(value) ? Redacted.value(value) : (value ?? "")

const listedOf = (id: ConnectionId, state: State): Views.Listed => {
  const broken = Progress.all(state).find(({ status }) => status === "invalidated")
  return {
    id,
    name: state.name ?? id,
    stands: broken !== undefined ? "broken" : state.connected === null ? "underway" : "connected",
    step: Guide.steps[broken?.step ?? Progress.current(state)].title
  }
}

/** The routes. `secure` keeps the cookie to https. */
export const layer = ({ behindProxy, tls }: Pick<Settings, "behindProxy" | "tls">) =>
  HttpRouter.use((router) =>
    Effect.gen(function* () {
      const { authenticate } = yield* Authenticator
      const setup = yield* SetupService
      const ledger = yield* Ledger
      const runs = yield* Runs
      const reports = yield* Reports
      const secure = behindProxy || tls !== null

      const letIn = <R>(show: (caller: Caller) => Effect.Effect<HttpServerResponse, never, R>) =>
        Effect.gen(function* () {
          const credential = Session.of(yield* HttpServerRequest)
          if (credential === undefined) return Views.login(null, 401)
          return yield* Effect.matchEffect(authenticate(credential), {
            onFailure: (refused) => Effect.succeed(refusal(refused)),
            onSuccess: show
          })
        })

      const list = letIn(({ grants, name }) =>
        Effect.gen(function* () {
          const found = yield* ledger.connections({ of: reach(grants), after: 0, limit: listed + 1 })
          const items = yield* Effect.forEach(
            found.slice(0, listed),
            ({ id }) =>
              setup.get(id).pipe(
                Effect.map(({ state }) => [listedOf(id, state)]),
                Effect.catchTag("SetupRefused", () => Effect.succeed([]))
              ),
            { concurrency: 8 }
          )
          return Views.list(name, items.flat(), found.length <= listed)
        }).pipe(Effect.catch((failure) => Effect.succeed(broken(failure))))
      )

      const one = letIn(({ grants, name }) =>
        Effect.gen(function* () {
          const { connection } = yield* HttpRouter.params
          const id = Schema.decodeUnknownOption(ConnectionId)(connection)
          if (Option.isNone(id) || !allows(grants, "read", id.value)) return unknown
          const found = yield* setup.get(id.value)
          const last = yield* Effect.forEach(
            yield* runs.list({ connectionId: id.value, limit: lastRuns }),
            (run) => Effect.map(runs.counts(run.id), (counts) => ({ run, counts })),
            { concurrency: 4 }
          )
          const now = yield* DateTime.now
          const report = Option.map(yield* reports.examination(id.value), (kept) => doctorView(kept, now))
          return connectionPage(name, found, last, Option.getOrNull(report))
        }).pipe(Effect.catch((failure) => Effect.succeed(failure._tag === "SetupRefused" ? unknown : broken(failure))))
      )

      const enter = Effect.gen(function* () {
        const request = yield* HttpServerRequest
        if (!Session.isOurs(request)) return Views.login("That form came from another site.", 403)
        const form = yield* Effect.orElseSucceed(request.urlParamsBody, () => undefined)
        const fields = form === undefined ? new Map<string, string | Redacted.Redacted>() : new Map(form.params)
        if (fields.has("leave")) return Session.end(secure)
        const given = text(fields.get("key")).trim()
        if (!Session.fits(given)) return Views.login("That is not in the form of a key.", 401)
        const credential = Redacted.make(given)
        return yield* Effect.match(authenticate(credential), {
          onFailure: refusal,
          onSuccess: () => Session.begin(credential, secure)
        })
      })

      yield* router.add("GET", "/status", list)
      yield* router.add("POST", "/status", enter)
      yield* router.add("GET", "/status/:connection", one)
    })
  )
