/** The application: every group's handlers behind the middlewares, documentation beside them. It needs an HttpServer. */
import { Api } from "@loom-scim/contract/Api"
import { ByteSize, Layer } from "effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { MaxBodySize } from "effect/http/HttpIncomingMessage"
import * as HttpRouter from "effect/http/HttpRouter"
import * as AuditedLive from "./audit/AuditedLive.ts"
import { Authenticator } from "./auth/Authenticator.ts"
import * as BearerKeys from "./auth/BearerKeys.ts"
import { Background } from "./Background.ts"
import { Examinations } from "./Examinations.ts"
import { AuditHandlers } from "./handlers/Audit.ts"
import { ChecksHandlers } from "./handlers/Checks.ts"
import { ConnectionsHandlers } from "./handlers/Connections.ts"
import { CredentialsHandlers } from "./handlers/Credentials.ts"
import { DoctorHandlers } from "./handlers/Doctor.ts"
import { GroupsHandlers } from "./handlers/Groups.ts"
import { HealthHandlers } from "./handlers/Health.ts"
import { JobsHandlers } from "./handlers/Jobs.ts"
import { KeysHandlers } from "./handlers/Keys.ts"
import { plansHandlers } from "./handlers/Plans.ts"
import { runsHandlers } from "./handlers/Runs.ts"
import { ProfileHandlers } from "./handlers/Profile.ts"
import { provisionHandlers } from "./handlers/Provision.ts"
import { SchedulesHandlers } from "./handlers/Schedules.ts"
import { setupHandlers } from "./handlers/Setup.ts"
import { UsersHandlers } from "./handlers/Users.ts"
import { webhooksHandlers } from "./handlers/Webhooks.ts"
import * as Docs from "./http/Docs.ts"
import * as Edge from "./http/Edge.ts"
import * as IdempotentLive from "./http/IdempotentLive.ts"
import * as WellFormedLive from "./http/WellFormedLive.ts"
import * as Metrics from "./ops/Metrics.ts"
import * as NangoReceiver from "./nango/Receiver.ts"
import * as Status from "./pages/Status.ts"
import type { Settings } from "./Settings.ts"

/** What of the settings shapes the answers. */
export type AppSettings = Pick<
  Settings,
  | "allowPrivateNetwork"
  | "behindProxy"
  | "bodyLimit"
  | "connectionJobLimit"
  | "jobLimit"
  | "nango"
  | "oidc"
  | "rate"
  | "tls"
  | "uploadLimit"
>

/**
 * Serves the API on the context's HttpServer. The services are given to the routes and not to the server: a request begins
 * with what surrounds the server, and that is copied for each.
 */
export const layer = <A, E, R>(settings: AppSettings, services: Layer.Layer<A, E, R>) => {
  const { allowPrivateNetwork, bodyLimit, uploadLimit } = settings
  const handlers = Layer.mergeAll(
    HealthHandlers,
    ConnectionsHandlers,
    setupHandlers({ allowPrivateNetwork }),
    CredentialsHandlers,
    ChecksHandlers,
    plansHandlers(uploadLimit),
    runsHandlers(uploadLimit),
    provisionHandlers(uploadLimit),
    SchedulesHandlers,
    KeysHandlers,
    webhooksHandlers({ allowPrivateNetwork }),
    AuditHandlers,
    UsersHandlers,
    GroupsHandlers,
    DoctorHandlers.pipe(Layer.provide(Examinations.layer)),
    JobsHandlers,
    ProfileHandlers
  ).pipe(
    Layer.provide([
      AuditedLive.layer,
      Background.layer(settings),
      BearerKeys.layer,
      IdempotentLive.layer,
      WellFormedLive.layer
    ])
  )
  const routes = Layer.mergeAll(
    HttpApiBuilder.layer(Api).pipe(Layer.provide(handlers)),
    Docs.layer,
    Metrics.layer,
    NangoReceiver.layer(settings),
    Status.layer(settings),
    Edge.layer
  ).pipe(Layer.provide(Authenticator.layer(settings)), Layer.provide(services))
  // What differs in case or by a second slash is another path, as it is to a proxy's rules about paths.
  const routerConfig = { caseSensitive: true, ignoreDuplicateSlashes: false }
  return HttpRouter.serve(routes, { disableLogger: true, disableListenLog: true, routerConfig }).pipe(
    Layer.provide(Layer.succeed(MaxBodySize, ByteSize.bytes(bodyLimit)))
  )
}
