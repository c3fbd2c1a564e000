// What the platform takes for itself: Effect's HttpApi on the API's own socket layer, with the endpoint's own schemas, and
// nothing else. No key, no store, no log line; the same connection each time.
import { Effect, Layer } from "effect"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as HttpRouter from "effect/http/HttpRouter"
import { HttpServer } from "effect/http/HttpServer"
import * as Listener from "../apps/api/src/Listener.ts"
import { Readiness } from "../apps/api/src/Readiness.ts"
import { defaults } from "../apps/api/src/Settings.ts"
import { Connection, path } from "../packages/contract/src/Connections.ts"
import { etag } from "../packages/contract/src/EntityTag.ts"
import { ConnectionId } from "../packages/core/src/setup/ConnectionId.ts"

const [, , name = ""] = process.argv

class Group extends HttpApiGroup.make("connections").add(
  HttpApiEndpoint.get("get", "/connections/:connection", {
    params: path,
    success: HttpApiSchema.WithHeaders(Connection, etag)
  })
) {}
class Api extends HttpApi.make("floor").add(Group).prefix("/v1") {}

const body = {
  id: ConnectionId.make("c-0"),
  name,
  sequence: 1,
  connected: false,
  connectedAt: null,
  currentStep: "prerequisites"
} as const

const handlers = HttpApiBuilder.group(Api, "connections", (group) =>
  group.handle("get", () => Effect.succeed(HttpApiSchema.withHeaders({ body, headers: { etag: 1 } })))
)
const announced = Layer.effectDiscard(
  Effect.map(HttpServer, ({ address }) => address._tag === "UnixPathAddress" || process.send?.({ port: address.port }))
)
const server = Layer.merge(
  announced,
  HttpRouter.serve(HttpApiBuilder.layer(Api).pipe(Layer.provide(handlers)), {
    disableLogger: true,
    disableListenLog: true
  })
).pipe(Layer.provide(Listener.layer({ ...defaults, port: 0 })), Layer.provide(Readiness.layer))

process.on("disconnect", () => process.exit())
await Effect.runPromise(Layer.launch(server))
