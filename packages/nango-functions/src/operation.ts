/** From an effect to what a function calls. */
import { Cause, Deferred, Effect, Exit } from "effect"
import { isTold, payloadOf } from "./Failure.ts"
import type { FunctionNango } from "./FunctionNango.ts"
import type { Session } from "./Session.ts"
import { open } from "./Session.ts"

/**
 * An operation from what is done with an open connection. A tagged error becomes an `ActionError`; what Nango throws to
 * end a function goes through as it is, at once.
 */
export const operation =
  <Input, Output, E, Nango extends FunctionNango = FunctionNango>(
    work: (session: Session<Nango>, input: Input) => Effect.Effect<Output, E>
  ) =>
  async (nango: Nango, input: Input): Promise<Output> => {
    const stop = Deferred.makeUnsafe<never>()
    const session = open(nango, (error) => Deferred.doneUnsafe(stop, Exit.die(error)))
    const exit = await Effect.runPromiseExit(
      Effect.raceFirst(
        Effect.flatMap(session, (opened) => work(opened, input)),
        Deferred.await(stop)
      )
    )
    if (Exit.isSuccess(exit)) return exit.value
    const error = Cause.squash(exit.cause)
    throw isTold(error) ? new nango.ActionError({ ...payloadOf(error) }) : error
  }
