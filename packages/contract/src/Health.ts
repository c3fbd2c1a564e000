/** Whether the server lives and whether it can work: the only endpoints that need no key. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { NotReadyProblem } from "./Problem.ts"
import { shown } from "./Shown.ts"

/** The process answers. */
export const Alive = Schema.Struct({ status: Schema.Literal("alive"), version: Schema.String }).pipe(
  shown("Alive", "The process answers.", { status: "alive", version: "0.1.0" })
)

/** The process can do its work. */
export const Ready = Schema.Struct({ status: Schema.Literal("ready") }).pipe(
  shown("Ready", "The store can be read, and the server is not shutting down.", { status: "ready" })
)

/** The group. */
export class HealthGroup extends HttpApiGroup.make("health")
  .add(
    HttpApiEndpoint.get("alive", "/healthz", { success: Alive }).annotate(OpenApi.Summary, "Is the process alive?"),
    HttpApiEndpoint.get("ready", "/readyz", { success: Ready, error: NotReadyProblem }).annotate(
      OpenApi.Summary,
      "Can it take requests?"
    )
  )
  .annotate(OpenApi.Description, "For load balancers and supervisors. Anonymous.") {}
