/** Plans about everybody or about one person, made here or by a server; and where the command that only shows them gets them from. */
import type { NotOnePerson } from "@loom-scim/core/provisioning/ProvisionOne"
import type { NeedsFull } from "@loom-scim/core/provisioning/SubsetNeedsFull"
import type { PlanFailure, Planned, PlannedOne, PlanServices, Subject } from "@loom-scim/core/runs/SyncPlan"
import { planned, plannedOne } from "@loom-scim/core/runs/SyncPlan"
import type { SourceFailure } from "@loom-scim/core/ports/PeopleSource"
import { Context, Effect, Layer } from "effect"
import { codes, Ended, fromError } from "../Exit.ts"
import type { Environment } from "../Services.ts"
import { elsewhere } from "../Services.ts"
import { clients } from "./connected.ts"
import { fileFailed } from "./source.ts"

/** Makes plans. */
export class Planning extends Context.Service<
  Planning,
  {
    /**
     * Compares everybody, and changes nothing. What a server makes a plan of has to be whole: a source that ends early
     * fails there, and is told beside the plan here.
     */
    readonly plan: (subject: Subject) => Effect.Effect<Planned, PlanFailure | SourceFailure>
    /** Looks at one person, who is named by key, user name or address, and changes nothing. */
    readonly planOne: (
      subject: Subject,
      reference: string
    ) => Effect.Effect<PlannedOne, PlanFailure | SourceFailure | NotOnePerson | NeedsFull | Ended>
  }
>()("loom-scim/Planning") {
  /** Over the store and the connections of this machine. */
  static readonly layer: Layer.Layer<Planning, never, PlanServices> = Layer.effect(
    Planning,
    Effect.map(Effect.context<PlanServices>(), (services) =>
      Planning.of({
        plan: (subject) => Effect.provideContext(planned(subject, "full"), services),
        planOne: (subject, reference) => Effect.provideContext(plannedOne(subject, reference), services)
      })
    )
  )
}

/** Where plans come from. */
export const plans = {
  here: (environment: Environment) => Layer.provideMerge(Planning.layer, clients.here(environment)),
  there: elsewhere
}

/** That the changes alone do not tell what is right. */
export const needsFull = (message: string): Ended => {
  const detail = `${message} Compare everybody instead: loom-scim apply`
  return new Ended({ code: codes.refused, reason: "NeedsFull", detail })
}

/**
 * A file that cannot be opened at all: a wrong path, and no export that broke off. Directories and servers may answer a
 * minute later, so theirs is told as what it is.
 */
const isWrongFile = ({ source: { text } }: Subject, { reason }: SourceFailure): boolean =>
  text !== undefined && (reason === "notFound" || reason === "unreadable")

/** How a command ends whose source was not read to its end. */
export const notWhole = (failure: SourceFailure): Ended =>
  new Ended({
    code: codes.checkFailed,
    reason: "SourceProblems",
    detail: `The source was not read to its end: ${failure.message}`
  })

/** Makes a plan, or says why there is none. */
export const planOf = (subject: Subject): Effect.Effect<Planned, Ended, Planning> =>
  Planning.use(({ plan }) => plan(subject)).pipe(
    Effect.mapError((error) => {
      if (error._tag !== "SourceFailure") return fromError(error)
      return isWrongFile(subject, error) ? fileFailed(error) : notWhole(error)
    }),
    Effect.flatMap((planned) => {
      const { failure, records } = planned.reading
      const isWrong = failure !== null && records === 0 && isWrongFile(subject, failure)
      return isWrong ? Effect.fail(fileFailed(failure)) : Effect.succeed(planned)
    })
  )
