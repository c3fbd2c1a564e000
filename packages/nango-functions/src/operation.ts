/** From an effect to what a function calls. */
import { Cause, Effect, Exit } from "effect"
import { isTold, payloadOf } from "./Failure.ts"
import type { FunctionNango } from "./FunctionNango.ts"
import type { Session } from "./Session.ts"
import { open } from "./Session.ts"

/**
 * An operation from what is done with an open connection, which is asked for when the operation is called. A tagged error
 * becomes an `ActionError`; what Nango throws to end a function goes through as it is, once the work has been interrupted.
 */
export const operation =
  <Input, Output, E, Nango extends FunctionNango = FunctionNango>(
    work: () => (session: Session<Nango>, input: Input) => Effect.Effect<Output, E>
  ) =>
  async (nango: Nango, input: Input): Promise<Output> => {
    let stop: { readonly error: unknown } | undefined
    const session = open(nango, (error) => {
      stop ??= { error }
      fiber.interruptUnsafe()
    })
    const fiber = Effect.runFork(Effect.flatMap(session, (opened) => work()(opened, input)))
    const exit = await new Promise<Exit.Exit<Output, unknown>>((resolve) => {
      fiber.addObserver(resolve)
    })
    if (Exit.isSuccess(exit)) return exit.value
    const error = stop === undefined ? Cause.squash(exit.cause) : stop.error
    throw isTold(error) ? new nango.ActionError({ ...payloadOf(error) }) : error
  }
