/** The server from its store to its socket, and the order in which it goes down. */
import { ScheduleRunner } from "@loom-scim/core/schedules/ScheduleRunner"
import * as GuardedAgent from "@loom-scim/platform-node/http/guardedAgent"
import * as DirectoryLock from "@loom-scim/platform-node/store/DirectoryLock"
import { Effect, Layer } from "effect"
import { HttpServer } from "effect/http/HttpServer"
import { resolve } from "node:path"
import * as App from "./App.ts"
import * as FirstKey from "./auth/FirstKey.ts"
import * as Listener from "./Listener.ts"
import { Readiness } from "./Readiness.ts"
import * as Services from "./Services.ts"
import type { Settings } from "./Settings.ts"
import { localUrl } from "./Settings.ts"
import { version } from "./version.ts"

/** Said of a moment that whoever looks after the server wants to find in its log. */
const said = (words: string, notes: Readonly<Record<string, unknown>> = {}) =>
  Effect.annotateLogs(Effect.logInfo(words), notes)

/**
 * Not ready first, so that a load balancer looks elsewhere, and nothing more is fired; then no new connections; then the
 * store is closed.
 */
const draining = (millis: number) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const readiness = yield* Readiness
      const { rest } = yield* ScheduleRunner
      yield* Effect.addFinalizer(() =>
        rest.pipe(
          Effect.andThen(readiness.stop),
          Effect.andThen(said("was asked to stop, and is not ready any more", { answersForMillis: millis })),
          Effect.andThen(Effect.sleep(millis))
        )
      )
    })
  )

/** The whole server; `show` gets the first key. */
export const layer = (settings: Settings, show: (line: string) => void) => {
  const firstKey = Layer.effectDiscard(FirstKey.ensure(settings.newAdminKey, show))
  const announced = Layer.effectDiscard(
    Effect.gen(function* () {
      const { address } = yield* HttpServer
      if (address._tag !== "UnixPathAddress") {
        const scheme = settings.tls === null ? "http" : "https"
        yield* said(`listens on ${scheme}://${settings.host}:${address.port}`, { version })
      }
      const url = address._tag === "UnixPathAddress" ? null : localUrl(settings, address.port)
      // Whoever cannot write it can still be told by a person.
      if (url !== null) yield* Effect.ignore(DirectoryLock.announceUrl(resolve(settings.directory), url))
      yield* Effect.forkScoped(Effect.delay(GuardedAgent.ahead, "1 second"))
    })
  )
  const services = Layer.merge(Services.layer(settings), Readiness.layer)
  const withServices = Layer.provide(services)
  return Layer.merge(withServices(draining(settings.drainMillis)), announced).pipe(
    Layer.provideMerge(App.layer(settings, services)),
    // Built once for all, before anybody can connect, and closed when nobody is connected any more.
    Layer.provide(Listener.layer(settings).pipe(Layer.provide(withServices(firstKey)), withServices))
  )
}
