/** The port that keeps plans until somebody carries them out or their time is over. */
import { Context, Effect, Schema } from "effect"
import type { DateTime, Option, Stream } from "effect"
import type { Action } from "../provisioning/Action.ts"
import { Census, Withheld } from "../provisioning/Census.ts"
import { Repetition } from "../provisioning/Duplicates.ts"
import { Judgement } from "../provisioning/Guard.ts"
import type { Digests } from "../provisioning/PersonDigest.ts"
import { Plan } from "../provisioning/Plan.ts"
import type { PlanFile } from "../provisioning/PlanFile.ts"
import type { RunId } from "../runs/Run.ts"
import { ConnectionId } from "../setup/ConnectionId.ts"
import { Actor } from "../setup/Evidence.ts"
import type { JournalFailure } from "./Journal.ts"

/** The identity of a kept plan: begins with the time, so that ids sort by it. */
export const PlanId = Schema.String.check(
  Schema.isPattern(/^p[0-9]{8}-[0-9]{6}-[a-z0-9]{6}$/, { message: "a plan id looks like p20261124-193000-a1b2c3" })
).pipe(Schema.brand("PlanId"))
export type PlanId = typeof PlanId.Type

/** What a source had that made no person. */
export const SourceRemarks = Schema.Struct({
  records: Schema.Int,
  /** Left out by `include` or `exclude`. */
  excluded: Schema.Int,
  /** Records that cannot be used; of very many, the first. */
  problems: Schema.Array(Schema.Struct({ at: Schema.String, field: Schema.String, detail: Schema.String })),
  problemCount: Schema.Int,
  /** How many rows contradict another. */
  contradictions: Schema.Int,
  /** Rows that say again what another said, or contradict it; of very many, the first. */
  repetitions: Schema.Array(Repetition).pipe(Schema.withDecodingDefaultKey(Effect.succeed([]))),
  /** Why the source was not read to its end; null when it was. */
  failure: Schema.NullOr(Schema.String),
  /** Why the last record may be less than was written. */
  doubt: Schema.optionalKey(Schema.String)
})
export type SourceRemarks = typeof SourceRemarks.Type

/** A plan without its actions. */
export const KeptPlan = Schema.Struct({
  id: PlanId,
  connectionId: ConnectionId,
  madeAt: Schema.DateTimeUtcFromString,
  madeBy: Actor,
  expiresAt: Schema.DateTimeUtcFromString,
  /** What a person calls the source. */
  source: Schema.String,
  census: Census,
  withheld: Schema.Array(Withheld),
  counts: Schema.Record(Schema.String, Schema.Int),
  skipped: Schema.Record(Schema.String, Schema.Int),
  unmatched: Plan.fields.unmatched,
  notAdopted: Plan.fields.notAdopted,
  judgement: Judgement,
  /** Null for a plan that came as a file: what its source had is not in it. */
  remarks: Schema.NullOr(SourceRemarks)
})
export type KeptPlan = typeof KeptPlan.Type

/** What is remembered of people once a plan was carried out. */
export interface PlanDigests {
  /** The people as they are then. */
  readonly digests: Digests
  /** The newest run of the connection when planning began. */
  readonly after: RunId | null
}

/** Plans by id. Each operation is one transaction. */
export class Plans extends Context.Service<
  Plans,
  {
    /** `digests` is null where there is nothing to remember. */
    readonly keep: (plan: KeptPlan, file: PlanFile, digests: PlanDigests | null) => Effect.Effect<void, JournalFailure>
    readonly find: (id: PlanId) => Effect.Effect<Option.Option<KeptPlan>, JournalFailure>
    /** Everything that applying needs. */
    readonly load: (id: PlanId) => Effect.Effect<Option.Option<PlanFile>, JournalFailure>
    /** What is to be remembered of it, if there is anything. */
    readonly digests: (id: PlanId) => Effect.Effect<Option.Option<PlanDigests>, JournalFailure>
    /** The actions in their order, read in parts. */
    readonly actions: (id: PlanId) => Stream.Stream<Action, JournalFailure>
    /** Forgets those whose time is over. */
    readonly prune: (now: DateTime.Utc) => Effect.Effect<void, JournalFailure>
  }
>()("@loom-scim/core/ports/Plans") {}
