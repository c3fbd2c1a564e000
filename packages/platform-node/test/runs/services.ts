/** Everything a run needs, over a store and a local server. */
import { RunService } from "@loom-scim/core/runs/RunService"
import type { DeprovisioningPolicy } from "@loom-scim/core/setup/Choice"
import { Layer, Redacted } from "effect"
import { environment } from "../store/backend.ts"
import { layerEmbedded, layerPostgres, type Storage } from "../../src/store/Storage.ts"
import * as Engine from "../../src/workflow/Engine.ts"
import * as Connection from "./connection.ts"

/** The store of that kind, as the program opens it. */
export const storeAt = (kind: string, directory: string, place: string): Storage =>
  (kind === "sqlite"
    ? layerEmbedded({ directory, face: "cli" })
    : layerPostgres({ url: Redacted.make(place), directory })
  ).pipe(Layer.provide(environment({})))

/** The door to runs, and what is behind it. */
export const services = (
  store: Storage,
  url: string,
  token: string,
  deprovisioning: DeprovisioningPolicy = "deactivate"
) =>
  RunService.layer({ drives: "followed" }).pipe(
    Layer.provideMerge(Connection.layer(url, token, deprovisioning)),
    Layer.provide(Engine.layer),
    Layer.provideMerge(store)
  )
