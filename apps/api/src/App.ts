/** The application: every group's handlers behind the middlewares, documentation beside them. It needs an HttpServer. */
import { Api } from "@loom-scim/contract/Api"
import { Layer } from "effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpRouter from "effect/http/HttpRouter"
import * as BearerKeys from "./auth/BearerKeys.ts"
import { AuditHandlers } from "./handlers/Audit.ts"
import { ChecksHandlers } from "./handlers/Checks.ts"
import { ConnectionsHandlers } from "./handlers/Connections.ts"
import { CredentialsHandlers } from "./handlers/Credentials.ts"
import { HealthHandlers } from "./handlers/Health.ts"
import { KeysHandlers } from "./handlers/Keys.ts"
import { setupHandlers } from "./handlers/Setup.ts"
import * as Docs from "./http/Docs.ts"
import * as Edge from "./http/Edge.ts"
import * as IdempotentLive from "./http/IdempotentLive.ts"
import * as WellFormedLive from "./http/WellFormedLive.ts"
import type { Settings } from "./Settings.ts"

/** What of the settings shapes the answers. */
export type AppSettings = Pick<Settings, "allowPrivateNetwork" | "bodyLimit" | "rate">

/** Serves the API on the context's HttpServer. */
export const layer = ({ allowPrivateNetwork, bodyLimit, rate }: AppSettings) => {
  const handlers = Layer.mergeAll(
    HealthHandlers,
    ConnectionsHandlers,
    setupHandlers({ allowPrivateNetwork }),
    CredentialsHandlers,
    ChecksHandlers,
    KeysHandlers,
    AuditHandlers
  ).pipe(Layer.provide([BearerKeys.layer(rate), IdempotentLive.layer, WellFormedLive.layer]))
  const routes = Layer.mergeAll(
    HttpApiBuilder.layer(Api).pipe(Layer.provide(handlers)),
    Docs.layer,
    Edge.layer(bodyLimit)
  )
  return HttpRouter.serve(routes, { disableLogger: true, disableListenLog: true })
}
