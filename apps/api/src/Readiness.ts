/** Whether requests should still come: false from the moment the process was asked to stop. */
import { Context, Deferred, Effect, Layer } from "effect"

/** Read by `/readyz` and by whatever would otherwise never end. */
export class Readiness extends Context.Service<
  Readiness,
  {
    readonly isReady: Effect.Effect<boolean>
    readonly stop: Effect.Effect<void>
    /** Ends when {@link stop} was called. */
    readonly stopped: Effect.Effect<void>
  }
>()("loom-scim-api/Readiness") {
  /** Ready from the beginning. */
  static readonly layer = Layer.effect(
    Readiness,
    Effect.gen(function* () {
      const stopped = yield* Deferred.make<void>()
      return Readiness.of({
        isReady: Effect.map(Deferred.isDone(stopped), (done) => !done),
        stop: Effect.asVoid(Deferred.succeed(stopped, undefined)),
        stopped: Deferred.await(stopped)
      })
    })
  )
}
