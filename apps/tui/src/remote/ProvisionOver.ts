/** One person over a server: what it would do about them, with every decision and request, and the run that does it. */
import type { ProvisionProposal } from "@loom-scim/contract/Provision"
import type { Trace } from "@loom-scim/core/provisioning/MappingApply"
import { Digests } from "@loom-scim/core/provisioning/PersonDigest"
import { isEmpty } from "@loom-scim/core/provisioning/Plan"
import type { PlannedOne, Prepared, Subject } from "@loom-scim/core/runs/SyncPlan"
import { Effect, Result } from "effect"
import { basename } from "node:path"
import { needsFull } from "../commands/planning.ts"
import { codes, Ended } from "../Exit.ts"
import { begunRun } from "./begunRun.ts"
import { Client, Sent } from "./Client.ts"
import type { Failure } from "./failures.ts"
import { placed } from "./placed.ts"
import { failureToBegin } from "./runFailures.ts"
import { scimErrorOf } from "./scimFailures.ts"
import { sourceFailureOf } from "./sourceFailure.ts"
import { Standings } from "./Standings.ts"
import { type Upload, uploadOf } from "./upload.ts"

/** As long as an answer may take that a source is read for. */
const patience = "5 minutes"

/** What is sent again to begin what was shown. */
interface Asked {
  readonly subject: Subject
  readonly person: string
  /** The fingerprint of the plan that was shown. */
  readonly seen: string
}

/** Places in a sentence, as the source here has them. */
const placesIn = (text: string, placeOf: Upload["placeOf"]): string => text.replaceAll(/\bline \d+\b/g, placeOf)

const failureToPropose =
  (url: string, { source }: Subject, { failure: broken, placeOf }: Upload) =>
  (failure: Failure) => {
    const mine = broken()
    if (mine !== null) return mine
    if (failure._tag === "RefusedProblem" && failure.reason === "NeedsFull") return needsFull(failure.detail ?? "")
    if (failure._tag === "InvalidInputProblem") {
      const { detail = "", next, reason } = failure
      if (reason === "SourceFailure") return sourceFailureOf(detail, basename(source.name), source.name)
      if (reason === "NotOnePerson") {
        return new Ended({ code: codes.refused, reason, detail: `${placesIn(detail, placeOf)} ${next}` })
      }
    }
    return scimErrorOf(url)(failure)
  }

type Proposal = typeof ProvisionProposal.Type

const traceOf = ({ at, mapped, problems, steps }: Proposal["traces"][number], placeOf: Upload["placeOf"]): Trace => {
  const place = placeOf(at)
  if (mapped === null) return { at: place, steps, outcome: Result.fail(problems.map((one) => ({ ...one, at: place }))) }
  const here =
    mapped._tag === "Mapped" ? { ...mapped, person: { ...mapped.person, at: place } } : { ...mapped, at: place }
  return { at: place, steps, outcome: Result.succeed(here) }
}

const plannedOf = ({ connectionId, policy, source }: Subject, proposal: Proposal, { placeOf }: Upload): PlannedOne => {
  const { failure, judgement, plan: made, requests, tokenScheme, traces } = proposal
  const plan = { ...made, actions: made.actions.map((action) => placed(action, placeOf)) }
  return {
    connectionId,
    kind: "provision",
    source: source.name,
    plan,
    policy,
    judgement,
    recognised: [],
    digests: new Digests(),
    after: null,
    made: {
      traces: traces.map((trace) => traceOf(trace, placeOf)),
      isEmpty: isEmpty(plan),
      requests: plan.actions.map((action, index) => ({ action, requests: requests[index] ?? [] })),
      failure: failure === null ? null : sourceFailureOf(failure, proposal.source, source.name)
    },
    tokenScheme
  }
}

/** Both, over one server: only what it has shown can be begun. */
export const make = Effect.gen(function* () {
  const { api, asked, posted, url } = yield* Client
  const standings = yield* Standings
  const shown = new WeakMap<Prepared, Asked>()

  const planOne = Effect.fn("remote.planOne")(function* (subject: Subject, person: string) {
    const upload = uploadOf(subject, { kind: "provision", person })
    const proposal = yield* asked(
      api.provision
        .propose({ params: { connection: subject.connectionId }, headers: {}, payload: new FormData() })
        .pipe(Effect.provideService(Sent, upload.body)),
      patience
    ).pipe(Effect.mapError(failureToPropose(url, subject, upload)))
    const planned = plannedOf(subject, proposal, upload)
    shown.set(planned, { subject, person, seen: proposal.fingerprint })
    return planned
  })

  /** The server makes the plan again and carries out nothing but what was shown; when that is nothing, it remembers it. */
  const begin = Effect.fn("remote.beginOne")(function* (prepared: Prepared) {
    const { connectionId: connection } = prepared
    const of = shown.get(prepared)
    if (of === undefined) return yield* Effect.die(new Error("a plan that no server has shown"))
    const { body } = uploadOf(of.subject, { kind: "provision", person: of.person, seen: of.seen })
    const begun = yield* posted(
      (key) =>
        api.runs
          .begin({ params: { connection }, headers: { ...key, prefer: "wait=0" }, payload: new FormData() })
          .pipe(Effect.provideService(Sent, body)),
      patience
    ).pipe(Effect.mapError(failureToBegin(url, connection)))
    const run = yield* begunRun(begun)
    if (run !== null) standings.begun(run, prepared.plan)
    return run
  })

  return { planOne, begin }
})
