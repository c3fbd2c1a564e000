/** Plans: made from an upload, kept, shown, and held against the server again. */
import { Api } from "@loom-scim/contract/Api"
import { OncePerUpload } from "@loom-scim/contract/Idempotency"
import { Plan } from "@loom-scim/contract/Plans"
import { NotFoundProblem } from "@loom-scim/contract/Problem"
import { ofStore } from "@loom-scim/contract/problemOf"
import type { KeptPlan, PlanId } from "@loom-scim/core/ports/Plans"
import * as PlanFile from "@loom-scim/core/provisioning/PlanFile"
import * as PlanText from "@loom-scim/core/provisioning/PlanText"
import { KeptPlans } from "@loom-scim/core/runs/KeptPlans"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import type { Actor } from "@loom-scim/core/setup/Evidence"
import type { Connection } from "@loom-scim/core/setup/SetupService"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import { Effect, Stream } from "effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { Background } from "../Background.ts"
import { accepted, located, wantsAsync, wantsMarkdown, working } from "./answers.ts"
import { group } from "./group.ts"
import { actor, reading } from "./support.ts"
import * as Upload from "./upload.ts"
import * as UploadedPlan from "./uploadedPlan.ts"

/** Pieces of this many characters go out at once. */
const pieceLength = 65_536

const pieces = function* (text: string): Generator<Uint8Array, void> {
  const encoder = new TextEncoder()
  for (let at = 0; at < text.length; at += pieceLength) yield encoder.encode(text.slice(at, at + pieceLength))
}

/** The handlers; an upload may have so many bytes. */
export const plansHandlers = (uploadLimit: number) =>
  group(
    Effect.gen(function* () {
      const background = yield* Background
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

      const placeOf = (connection: ConnectionId, id: PlanId) => `/v1/connections/${connection}/plans/${id}`

      /** What is wrong with the upload is said at once; the job has the source from then on. */
      const begun = Effect.fnUntraced(function* (connection: Connection, received: Upload.Received, by: Actor) {
        const { planning, subject } = yield* Upload.read(connection, received)
        const work = Effect.interruptible(planning(working(plans.make(subject, by)))).pipe(
          Effect.map(({ id }) => ({ result: placeOf(connection.id, id) })),
          Effect.ensuring(received.drop)
        )
        return yield* Effect.uninterruptible(
          Effect.tap(background.begin(connection.id, "plan", by, work), received.hold)
        )
      })

      const made = Effect.fnUntraced(function* (connection: Connection, received: Upload.Received, by: Actor) {
        const { planning, subject } = yield* Upload.read(connection, received)
        const { id, ...kept } = yield* background.during(connection.id, planning(working(plans.make(subject, by))))
        if (yield* wantsMarkdown) return yield* markdown(connection.id, id, 201)
        const answer = yield* located(Plan, { id, ...kept }, 200, placeOf(connection.id, id))
        return HttpServerResponse.setStatus(answer, 201)
      })

      const shown = (kept: KeptPlan) => located(Plan, kept, 200, null)

      return HttpApiBuilder.group(Api, "plans", (handlers) =>
        handlers.handleAll({
          make: Effect.fnUntraced(function* ({ headers, params, payload }) {
            const connection = yield* reading(setup.get(params.connection))
            const by = yield* actor
            const { once } = yield* OncePerUpload
            const isAsync = wantsAsync(headers.prefer)
            yield* background.room(connection.id)
            return yield* Upload.taken(payload, uploadLimit, (received) => {
              const carryOut = isAsync
                ? Effect.flatMap(begun(connection, received, by), (job) => accepted(job, headers.prefer))
                : made(connection, received, by)
              return once(received.digest, carryOut)
            })
          }),
          take: Effect.fnUntraced(function* ({ params, payload }) {
            const connection = yield* reading(setup.get(params.connection))
            const by = yield* actor
            const { once } = yield* OncePerUpload
            yield* background.room(connection.id)
            const received = yield* UploadedPlan.receive(payload, uploadLimit)
            const taken = background.during(connection.id, UploadedPlan.taken(connection, received, plans.take, by))
            return yield* once(received.digest, taken)
          }, Effect.scoped),
          get: Effect.fnUntraced(function* ({ params }) {
            if (yield* wantsMarkdown) return yield* markdown(params.connection, params.plan, 200)
            return yield* shown(yield* looked(plans.find(params.connection, params.plan)))
          }),
          file: Effect.fnUntraced(function* ({ params }) {
            const file = yield* looked(plans.load(params.connection, params.plan))
            return Stream.fromIterable(pieces(PlanFile.toJson(file)))
          }),
          drift: Effect.fnUntraced(function* ({ params }) {
            const { connection, plan } = params
            const moved = yield* background.during(connection, working(plans.drift(connection, plan)))
            return { ok: moved.length === 0, moved }
          })
        })
      )
    })
  )
