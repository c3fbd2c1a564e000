/** Examinations by the doctor: one at a time per connection, kept as they go on, not stopped by a caller who leaves. */
import type { StoreProblem, TooManyProblem } from "@loom-scim/contract/Problem"
import { RefusedProblem } from "@loom-scim/contract/Problem"
import { ofStore } from "@loom-scim/contract/problemOf"
import type { Connected } from "@loom-scim/core/operations/ConnectedClient"
import { ConnectedClient } from "@loom-scim/core/operations/ConnectedClient"
import type { KeptJob } from "@loom-scim/core/ports/Jobs"
import type { KeptExamination } from "@loom-scim/core/ports/Reports"
import { Reports } from "@loom-scim/core/ports/Reports"
import * as Doctor from "@loom-scim/core/scim/Doctor"
import type { Finding } from "@loom-scim/core/scim/DoctorFinding"
import type { DoctorOptions } from "@loom-scim/core/scim/DoctorOptions"
import { learnt } from "@loom-scim/core/scim/DoctorProfile"
import type { Actor } from "@loom-scim/core/setup/Evidence"
import type { Connection } from "@loom-scim/core/setup/SetupService"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import * as State from "@loom-scim/core/setup/State"
import { Context, DateTime, Deferred, Effect, Layer } from "effect"
import { Background } from "./Background.ts"

/** One without a finding for this long belongs to a process that died. No check takes as long. */
export const abandonedAfter = { minutes: 5 } as const

/** An examination under way: the job that carries it out, and how it ends. */
export interface Begun {
  readonly job: KeptJob
  readonly ended: Effect.Effect<KeptExamination>
}

/** How it is done. */
export type Asked = Pick<DoctorOptions, "write" | "removeLeftovers">

/** Begins them. */
export class Examinations extends Context.Service<
  Examinations,
  {
    /** Refused while another one of the same connection is running, in whichever process, or as many jobs as may. */
    readonly begin: (
      connection: Connection,
      connected: Connected,
      asked: Asked,
      by: Actor
    ) => Effect.Effect<Begun, RefusedProblem | StoreProblem | TooManyProblem>
  }
>()("loom-scim-api/Examinations") {
  /** They end as jobs do: the doctor then removes what it created, and the report says that it was cut off. */
  static readonly layer = Layer.effect(
    Examinations,
    Effect.gen(function* () {
      const reports = yield* Reports
      const setup = yield* SetupService
      const { remember } = yield* ConnectedClient
      const background = yield* Background

      const examined = Effect.fnUntraced(function* (
        { id, state }: Connection,
        connected: Connected,
        begun: KeptExamination,
        { removeLeftovers, write }: Asked,
        by: Actor
      ) {
        const found: Array<Finding> = []
        const keep = Effect.fnUntraced(function* (status: KeptExamination["status"]) {
          const now = yield* DateTime.now
          const endedAt = status === "running" ? null : now
          const kept: KeptExamination = { ...begun, status, seenAt: now, endedAt, findings: [...found] }
          // The examination is worth more than its record: a store that fails for a moment does not end it.
          yield* Effect.ignore(reports.keepExamination(id, kept))
          return kept
        })
        const onFinding = (finding: Finding) =>
          Effect.andThen(
            Effect.sync(() => found.push(finding)),
            keep("running")
          )
        const probe = setup.probe(id, by).pipe(
          Effect.map((probed) => probed.state.probe?.report ?? { findings: [], totalUsers: null, claims: null }),
          Effect.mapError(({ message }) => ({ message, next: "Check the connection: POST …/checks" }))
        )
        const domain = State.verifiedDomains(state)[0] ?? null
        return yield* Effect.gen(function* () {
          // What cannot be read is told by the findings, so a failing probe needs no words of its own.
          yield* Effect.ignore(connected.client.probe)
          const options = { write, removeLeftovers, domain, probe }
          const findings = yield* Doctor.run(connected, options, (finding) => Effect.asVoid(onFinding(finding)))
          yield* connected.client.adapt(learnt(findings))
          return yield* keep("done")
        }).pipe(
          Effect.onError(() => keep("interrupted")),
          Effect.ensuring(remember(connected))
        )
      })

      return Examinations.of({
        begin: Effect.fn("Examinations.begin")(function* (connection, connected, asked, by) {
          const now = yield* DateTime.now
          const begun: KeptExamination = {
            status: "running",
            begunAt: now,
            endedAt: null,
            seenAt: now,
            by: by.name,
            write: asked.write,
            findings: []
          }
          const place = `/v1/connections/${connection.id}/doctor`
          const before = DateTime.subtract(now, abandonedAfter)
          const state = { isClaimed: false }
          const claim = Effect.gen(function* () {
            state.isClaimed = yield* Effect.mapError(reports.begin(connection.id, begun, before), ofStore)
            if (state.isClaimed) return
            return yield* new RefusedProblem({
              detail: "The doctor is examining this connection already.",
              next: `Wait for its report: GET ${place}`,
              reason: "alreadyRunning",
              missing: null
            })
          })
          const ended = yield* Deferred.make<KeptExamination>()
          const examining = Effect.interruptible(examined(connection, connected, begun, asked, by))
          const work = Effect.as(
            Effect.onExit(examining, (exit) => Deferred.done(ended, exit)),
            { result: place }
          )
          const job = yield* background.begin(connection.id, "doctor", by, work, claim).pipe(
            // A store that went away in between must not keep the next one waiting.
            Effect.onError(() =>
              state.isClaimed
                ? Effect.ignore(
                    reports.keepExamination(connection.id, { ...begun, status: "interrupted", endedAt: now })
                  )
                : Effect.void
            )
          )
          return { job, ended: Deferred.await(ended) }
        })
      })
    })
  )
}
