/** Plans: made from an upload, kept, shown, and held against the server again. */
import { Api } from "@loom-scim/contract/Api"
import { Plan } from "@loom-scim/contract/Plans"
import { NotFoundProblem } from "@loom-scim/contract/Problem"
import { ofStore } from "@loom-scim/contract/problemOf"
import type { KeptPlan, PlanId } from "@loom-scim/core/ports/Plans"
import * as PlanFile from "@loom-scim/core/provisioning/PlanFile"
import * as PlanText from "@loom-scim/core/provisioning/PlanText"
import { KeptPlans } from "@loom-scim/core/runs/KeptPlans"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import { Effect, Stream } from "effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { located, wantsMarkdown, working } from "./answers.ts"
import { actor, reading } from "./support.ts"
import * as Upload from "./upload.ts"

/** Pieces of this many characters go out at once. */
const pieceLength = 65_536

const pieces = function* (text: string): Generator<Uint8Array, void> {
  const encoder = new TextEncoder()
  for (let at = 0; at < text.length; at += pieceLength) yield encoder.encode(text.slice(at, at + pieceLength))
}

/** The handlers; an upload may have so many bytes. */
export const plansHandlers = (uploadLimit: number) =>
  HttpApiBuilder.group(
    Api,
    "plans",
    Effect.fnUntraced(function* (handlers) {
      const plans = yield* KeptPlans
      const setup = yield* SetupService

      const looked = <A>(look: Effect.Effect<A, Effect.Error<ReturnType<typeof plans.find>>>) =>
        Effect.mapError(look, (error) =>
          error._tag === "JournalFailure"
            ? ofStore(error)
            : new NotFoundProblem({ detail: error.message, next: error.next })
        )

      const markdown = Effect.fnUntraced(function* (connection: ConnectionId, id: PlanId, status: 200 | 201) {
        const { plan } = yield* looked(plans.load(connection, id))
        const body = PlanText.toMarkdown(plan)
        return HttpServerResponse.text(body, { status, contentType: "text/markdown; charset=utf-8" })
      })

      const shown = (kept: KeptPlan) => located(Plan, kept, 200, null)

      return handlers.handleAll({
        make: Effect.fnUntraced(function* ({ params, payload }) {
          const connection = yield* reading(setup.get(params.connection))
          const by = yield* actor
          const kept = yield* Effect.scoped(
            Effect.flatMap(Upload.read(connection, payload, uploadLimit), ({ subject }) =>
              working(plans.make(subject, by))
            )
          )
          if (yield* wantsMarkdown) return yield* markdown(params.connection, kept.id, 201)
          const place = `/v1/connections/${params.connection}/plans/${kept.id}`
          return HttpServerResponse.setStatus(yield* located(Plan, kept, 200, place), 201)
        }),
        get: Effect.fnUntraced(function* ({ params }) {
          if (yield* wantsMarkdown) return yield* markdown(params.connection, params.plan, 200)
          return yield* shown(yield* looked(plans.find(params.connection, params.plan)))
        }),
        file: Effect.fnUntraced(function* ({ params }) {
          const file = yield* looked(plans.load(params.connection, params.plan))
          return Stream.fromIterable(pieces(PlanFile.toJson(file)))
        }),
        drift: Effect.fnUntraced(function* ({ params }) {
          const moved = yield* working(plans.drift(params.connection, params.plan))
          return { ok: moved.length === 0, moved }
        })
      })
    })
  )
