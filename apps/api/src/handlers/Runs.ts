/** Runs: begun here, carried on behind the requests, decided about, and looked at. */
import { Api } from "@loom-scim/contract/Api"
import { OncePerUpload } from "@loom-scim/contract/Idempotency"
import { defaultLimit } from "@loom-scim/contract/Page"
import { ofStore } from "@loom-scim/contract/problemOf"
import { ofRun, type RunFailure } from "@loom-scim/contract/problemOfRun"
import { NotFoundProblem } from "@loom-scim/contract/Problem"
import { type Again as AgainAsked, ItemCursor, RunBegun, RunCursor } from "@loom-scim/contract/Runs"
import type { ConnectedClient } from "@loom-scim/core/operations/ConnectedClient"
import type { JournalFailure } from "@loom-scim/core/ports/Journal"
import type { SourceRemarks } from "@loom-scim/core/ports/Plans"
import { Runs } from "@loom-scim/core/ports/Runs"
import { policyOf } from "@loom-scim/core/provisioning/PolicyRead"
import type { Impossible } from "@loom-scim/core/provisioning/UndoOutcome"
import * as Again from "@loom-scim/core/runs/Again"
import { KeptPlans, remarksOf } from "@loom-scim/core/runs/KeptPlans"
import type { Run, RunId } from "@loom-scim/core/runs/Run"
import { RunAttendant } from "@loom-scim/core/runs/RunAttendant"
import type { RunEvents } from "@loom-scim/core/runs/RunEvent"
import { ItemState, type Phase } from "@loom-scim/core/runs/RunItem"
import { RunService } from "@loom-scim/core/runs/RunService"
import { Sync } from "@loom-scim/core/runs/Sync"
import { type Prepared, refuseMoved } from "@loom-scim/core/runs/SyncPlan"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import type { Actor } from "@loom-scim/core/setup/Evidence"
import { verifiedDomains } from "@loom-scim/core/setup/State"
import type { Connection } from "@loom-scim/core/setup/SetupService"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import { Effect, Schema, Stream } from "effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { Background } from "../Background.ts"
import type { Readiness } from "../Readiness.ts"
import { accepted, located, placeOf, runOf, standing, waited, wantsAsync, working } from "./answers.ts"
import { followRun } from "./followRun.ts"
import { group } from "./group.ts"
import { itemOf } from "./itemView.ts"
import { pageOf } from "./paging.ts"
import { actor, reading } from "./support.ts"
import * as Upload from "./upload.ts"

const isState = Schema.is(ItemState)

type RunServices = Runs | RunService | RunEvents | SetupService | ConnectedClient | Readiness | Sync

interface Begun {
  readonly run: Run | null
  readonly impossible?: ReadonlyArray<Impossible>
  readonly remarks?: SourceRemarks
  /** Keeps what was sent once the run stands still. */
  readonly settle?: (after: Run) => Effect.Effect<void, JournalFailure>
}

/** The handlers; an upload may have so many bytes. */
export const runsHandlers = (uploadLimit: number) =>
  group(
    Effect.gen(function* () {
      const services = yield* Effect.context<RunServices>()
      const runs = yield* Runs
      const setup = yield* SetupService
      const service = yield* RunService
      const plans = yield* KeptPlans
      const sync = yield* Sync
      const attendant = yield* RunAttendant
      const background = yield* Background

      const known = (connection: ConnectionId, id: RunId) =>
        working(Effect.provideContext(runOf(connection, id), services))

      const seen = (connection: ConnectionId, id: RunId) =>
        Effect.mapError(Effect.provideContext(runOf(connection, id), services), (error) =>
          error._tag === "JournalFailure"
            ? ofStore(error)
            : new NotFoundProblem({
                detail: error.detail,
                next: `See which there are: GET /v1/connections/${connection}/runs`
              })
        )

      /** From then on it goes on by itself, and can be waited for. */
      const attended = (run: Run, settle: Begun["settle"]) =>
        attendant.attend(run.id, (after) => (settle === undefined ? Effect.void : Effect.ignore(settle(after))))

      const answered = Effect.fnUntraced(function* (
        connection: ConnectionId,
        begun: Begun,
        prefer: string | undefined
      ) {
        const { impossible = [], remarks = null, run, settle } = begun
        if (run === null) return yield* located(RunBegun, { report: null, impossible, remarks }, 200, null)
        const wait = yield* attended(run, settle)
        const isStill = yield* waited(wait, prefer)
        const report = yield* known(connection, run.id)
        const body = { report, impossible, remarks }
        return yield* located(RunBegun, body, isStill ? 200 : 202, placeOf(connection, run.id), prefer)
      })

      const settling = (prepared: Prepared) => (after: Run) => sync.settle(prepared, after)

      const planned = Effect.fnUntraced(function* ({ kind, person, planning, seen, subject }: Upload.Uploaded) {
        if (kind === "provision") {
          const prepared = yield* planning(working(sync.planOne(subject, person ?? "")))
          yield* working(refuseMoved(prepared.plan, seen))
          return { prepared }
        }
        const prepared = yield* planning(working(sync.plan(subject, kind === "reconcile" ? "full" : "incremental")))
        // Half a source says too little for something that nobody watches.
        if (prepared.reading.failure !== null) return yield* ofRun(prepared.reading.failure)
        yield* working(refuseMoved(prepared.plan, seen))
        return { prepared, remarks: remarksOf(prepared.reading) }
      })

      const ofUpload = (planning: ReturnType<typeof planned>, { drop }: Upload.Received, by: Actor) =>
        planning.pipe(
          // Nobody reads the source any more, however long the run takes.
          Effect.ensuring(drop),
          Effect.flatMap(({ prepared, ...rest }) =>
            Effect.map(working(sync.begin(prepared, by)), (run): Begun => ({
              run,
              settle: settling(prepared),
              ...rest
            }))
          )
        )

      /** What is wrong with the upload is said at once; the job has the source from then on. */
      const behind = Effect.fnUntraced(function* (
        { id }: Connection,
        uploaded: Upload.Uploaded,
        received: Upload.Received,
        by: Actor
      ) {
        const work = Effect.gen(function* () {
          const { remarks, run, settle } = yield* ofUpload(Effect.interruptible(planned(uploaded)), received, by)
          if (run !== null) yield* attended(run, settle)
          const result = run === null ? null : placeOf(id, run.id)
          return remarks === undefined ? { result } : { result, remarks }
        })
        return yield* Effect.uninterruptible(Effect.tap(background.begin(id, "run", by, work), received.hold))
      })

      const standingAfter = (
        connection: ConnectionId,
        id: RunId,
        wait: Effect.Effect<void>,
        prefer: string | undefined
      ) => Effect.provideContext(standing(connection, id, wait, prefer), services)

      const decided = Effect.fnUntraced(function* (
        verdict: "allow" | "reject",
        asked: { readonly connection: ConnectionId; readonly run: RunId },
        note: string,
        prefer: string | undefined
      ) {
        const by = yield* actor
        yield* known(asked.connection, asked.run)
        const wait = yield* working(
          Effect.andThen(service.decide(asked.run, { verdict, by, note }), attendant.resume(asked.run))
        )
        return yield* standingAfter(asked.connection, asked.run, wait, prefer)
      })

      /** What another run would do is read anew, so it has its place among the jobs until it is known, or begun. */
      const proposing = <A, E extends RunFailure>(
        connection: ConnectionId,
        proposal: Effect.Effect<A, E, RunServices>
      ) => background.during(connection, working(Effect.provideContext(proposal, services)))

      const again = Effect.fnUntraced(function* (
        asked: { readonly connection: ConnectionId; readonly run: RunId },
        { policy = {}, seen: shown }: typeof AgainAsked.Type
      ) {
        const connection: Connection = yield* reading(setup.get(asked.connection))
        const { run } = yield* known(asked.connection, asked.run)
        const options = {
          policy: policyOf(policy, verifiedDomains(connection.state)),
          by: yield* actor,
          seen: shown ?? null
        }
        return { run, options }
      })

      const itemsOf = Effect.fnUntraced(function* (
        asked: { readonly connection: ConnectionId; readonly run: RunId },
        query: { readonly limit?: number; readonly cursor?: typeof ItemCursor.Type; readonly phase?: Phase },
        states: ReadonlyArray<ItemState>
      ) {
        yield* seen(asked.connection, asked.run)
        const limit = query.limit ?? defaultLimit
        const wanted = {
          limit: limit + 1,
          after: query.cursor?.itemsAfter ?? -1,
          ...(states.length === 0 ? {} : { states }),
          ...(query.phase === undefined ? {} : { phase: query.phase })
        }
        const found = yield* Effect.mapError(runs.items(asked.run, wanted), ofStore)
        const { nextCursor, rows } = yield* pageOf(found, limit, ItemCursor, ({ position }) => ({
          itemsAfter: position
        }))
        return { items: rows, nextCursor }
      })

      return HttpApiBuilder.group(Api, "runs", (handlers) =>
        handlers.handleAll({
          list: Effect.fnUntraced(function* ({ params, query }) {
            yield* reading(setup.get(params.connection))
            const limit = query.limit ?? defaultLimit
            const of = {
              connectionId: params.connection,
              limit: limit + 1,
              ...(query.unfinished === "true" ? { unfinished: true } : {}),
              ...(query.cursor === undefined ? {} : { before: query.cursor.runsBefore })
            }
            const found = yield* Effect.mapError(runs.list(of), ofStore)
            const { nextCursor, rows } = yield* pageOf(found, limit, RunCursor, ({ id }) => ({ runsBefore: id }))
            return { items: rows, nextCursor }
          }),
          begin: Effect.fnUntraced(function* ({ headers, params, payload }) {
            const connection = yield* reading(setup.get(params.connection))
            const by = yield* actor
            if (!Stream.isStream(payload)) {
              const begun = working(plans.begin(connection.id, payload.plan, by))
              const run = yield* background.during(connection.id, begun)
              const settle = (after: Run) => plans.settle(payload.plan, after)
              return yield* answered(connection.id, { run, settle }, headers.prefer)
            }
            const { once } = yield* OncePerUpload
            yield* background.room(connection.id)
            const carriedOut = Effect.fnUntraced(function* (received: Upload.Received) {
              const uploaded = yield* Upload.read(connection, received)
              if (wantsAsync(headers.prefer)) {
                return yield* accepted(yield* behind(connection, uploaded, received, by), headers.prefer)
              }
              const begun = yield* background.during(connection.id, ofUpload(planned(uploaded), received, by))
              return yield* answered(connection.id, begun, headers.prefer)
            })
            return yield* Upload.taken(payload, uploadLimit, (received) => once(received.digest, carriedOut(received)))
          }),
          get: ({ params }) => seen(params.connection, params.run),
          items: Effect.fnUntraced(function* ({ params, query }) {
            const { items, nextCursor } = yield* itemsOf(params, query, query.state === undefined ? [] : [query.state])
            return { items: items.map(itemOf), nextCursor }
          }),
          journal: ({ params, query }) => itemsOf(params, query, (query.states ?? "").split(",").filter(isState)),
          follow: Effect.fnUntraced(function* ({ headers, params }) {
            yield* seen(params.connection, params.run)
            return yield* Effect.provideContext(followRun(params.run, headers["last-event-id"] ?? 0), services)
          }),
          allow: ({ headers, params, payload }) => decided("allow", params, payload.note, headers.prefer),
          reject: ({ headers, params, payload }) => decided("reject", params, payload.note, headers.prefer),
          pause: Effect.fnUntraced(function* ({ headers, params }) {
            yield* known(params.connection, params.run)
            const wait = yield* working(attendant.pause(params.run, yield* actor))
            return yield* standingAfter(params.connection, params.run, wait, headers.prefer)
          }),
          resume: Effect.fnUntraced(function* ({ headers, params }) {
            yield* known(params.connection, params.run)
            const wait = yield* working(attendant.resume(params.run))
            return yield* standingAfter(params.connection, params.run, wait, headers.prefer)
          }),
          cancel: Effect.fnUntraced(function* ({ headers, params }) {
            yield* known(params.connection, params.run)
            const wait = yield* working(attendant.cancel(params.run, yield* actor))
            return yield* standingAfter(params.connection, params.run, wait, headers.prefer)
          }),
          retryOf: Effect.fnUntraced(function* ({ params }) {
            const { run } = yield* known(params.connection, params.run)
            return yield* proposing(params.connection, Again.retryOf(run))
          }),
          undoOf: Effect.fnUntraced(function* ({ params }) {
            const { run } = yield* known(params.connection, params.run)
            return yield* proposing(params.connection, Again.undoOf(run))
          }),
          retry: Effect.fnUntraced(function* ({ headers, params, payload }) {
            const { options, run } = yield* again(params, payload)
            const begun = yield* proposing(params.connection, Again.retry(run, options))
            return yield* answered(params.connection, begun, headers.prefer)
          }),
          undo: Effect.fnUntraced(function* ({ headers, params, payload }) {
            const { options, run } = yield* again(params, payload)
            const begun = yield* proposing(params.connection, Again.undo(run, options))
            return yield* answered(params.connection, begun, headers.prefer)
          })
        })
      )
    })
  )
