/** Plans that a server makes of an uploaded source and keeps, and the runs that carry them out. */
import type { KeptPlan, PlanId, SourceRemarks } from "@loom-scim/core/ports/Plans"
import { Digests } from "@loom-scim/core/provisioning/PersonDigest"
import type { PlanFile } from "@loom-scim/core/provisioning/PlanFile"
import { isEmpty } from "@loom-scim/core/provisioning/Plan"
import { isWork } from "@loom-scim/core/runs/Sync"
import type { Planned, Prepared, Subject } from "@loom-scim/core/runs/SyncPlan"
import { Effect, Layer } from "effect"
import { Planning } from "../commands/planning.ts"
import { Reconciling } from "../commands/reconciling.ts"
import { begunRun } from "./begunRun.ts"
import { Client, Sent } from "./Client.ts"
import { keptFile } from "./keptFile.ts"
import { placed } from "./placed.ts"
import * as ProvisionOver from "./ProvisionOver.ts"
import { failureToBegin } from "./runFailures.ts"
import { scimErrorOf } from "./scimFailures.ts"
import { sourceFailureOf } from "./sourceFailure.ts"
import { Standings } from "./Standings.ts"
import { type Upload, uploadOf } from "./upload.ts"

/** As long as an answer may take that both sides are read for. */
const patience = "5 minutes"

const plannedOf = (
  subject: Subject,
  kept: KeptPlan,
  remarks: SourceRemarks,
  file: PlanFile,
  { placeOf }: Upload
): Planned => {
  const { contradictions, doubt, excluded, failure, problemCount, problems, records, repetitions } = remarks
  return {
    connectionId: kept.connectionId,
    kind: "reconcile",
    source: subject.source.name,
    plan: { ...file.plan, actions: file.plan.actions.map((action) => placed(action, placeOf)) },
    policy: file.policy,
    judgement: kept.judgement,
    recognised: file.recognised.map((one) => ({ ...one, digest: null, groups: [] })),
    digests: new Digests(),
    after: null,
    reading: {
      ...(doubt === undefined ? {} : { doubt }),
      contradictions,
      excluded,
      failure: failure === null ? null : sourceFailureOf(failure, kept.source, subject.source.name),
      problemCount,
      problems: problems.map((problem) => ({ ...problem, at: placeOf(problem.at) })),
      records,
      repetitions: repetitions.map((one) => ({
        ...one,
        again: placeOf(one.again),
        first: one.first === null ? null : placeOf(one.first)
      }))
    },
    needsFull: null
  }
}

const make = Effect.gen(function* () {
  const client = yield* Client
  const { api, asked, posted, url } = client
  const one = yield* ProvisionOver.make
  const standings = yield* Standings
  /** Under which name the server keeps a plan that was made here. */
  const ids = new WeakMap<Prepared, PlanId>()

  const plan = Effect.fn("remote.plan")(function* (subject: Subject) {
    const connection = subject.connectionId
    const upload = uploadOf(subject)
    const kept = yield* asked(
      api.plans
        .make({ params: { connection }, headers: {}, payload: new FormData() })
        .pipe(Effect.provideService(Sent, upload.body)),
      patience
    ).pipe(Effect.mapError((failure) => upload.failure() ?? scimErrorOf(url)(failure)))
    // Nobody asked for one that is made in the background, and one of a source has remarks about it.
    if ("status" in kept || kept.remarks === null) return yield* Effect.die(new Error("not a plan of a source"))
    const file = yield* Effect.provideService(keptFile(connection, kept.id), Client, client)
    const planned = plannedOf(subject, kept, kept.remarks, file, upload)
    ids.set(planned, kept.id)
    return planned
  })

  const begin = Effect.fn("remote.beginPlan")(function* (prepared: Prepared) {
    const { connectionId: connection } = prepared
    if (prepared.kind === "provision") return yield* one.begin(prepared)
    const id = ids.get(prepared)
    if (id === undefined) return yield* Effect.die(new Error("a plan that no server keeps"))
    // Conflicts alone are for a person. A plan without anything is still to be remembered by the server.
    if (!isWork(prepared.plan) && !isEmpty(prepared.plan)) return null
    const begun = yield* posted((key) =>
      api.runs.begin({
        params: { connection },
        headers: { ...key, prefer: "respond-async" },
        payload: { plan: id }
      })
    ).pipe(Effect.mapError(failureToBegin(url, connection)))
    const run = yield* begunRun(begun)
    if (run !== null) standings.begun(run, prepared.plan)
    return run
  })

  return { plan, planOne: one.planOne, begin }
})

/** Over a server, which remembers by itself what was sent. */
export const layer: Layer.Layer<Planning | Reconciling, never, Client | Standings> = Layer.unwrap(
  Effect.map(make, ({ begin, plan, planOne }) =>
    Layer.merge(
      Layer.succeed(Planning, Planning.of({ plan, planOne })),
      Layer.succeed(Reconciling, Reconciling.of({ begin, settle: () => Effect.void }))
    )
  )
)
