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

/** How runs are carried out there. */
export interface Carrying {
  readonly drives?: "followed" | "every"
  readonly engine?: typeof Engine.layer | typeof Engine.layerShared
}

/** The door to runs, and what is behind it. */
export const services = (
  store: Storage,
  url: string,
  token: string,
  deprovisioning: DeprovisioningPolicy = "deactivate",
  { drives = "followed", engine = Engine.layer }: Carrying = {}
) =>
  RunService.layer({ drives }).pipe(
    Layer.provideMerge(Connection.layer(url, token, deprovisioning)),
    Layer.provideMerge(engine),
    Layer.provideMerge(store)
  )
