/** What is known of the SCIM server behind a connection. */
import { Behaviour, Claims } from "@loom-scim/core/scim/Profile"
import { standard } from "@loom-scim/core/scim/Profile"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Audited } from "./Audited.ts"
import { path } from "./Connections.ts"
import { reading } from "./Problem.ts"
import { Authorization, Needs } from "./Security.ts"
import { shown } from "./Shown.ts"
import { WellFormed } from "./WellFormed.ts"

const quirkExample = {
  name: "filterIgnored",
  times: 3,
  about: "list",
  noticed: "observed",
  server: "ignores the filter",
  client: "checks every row against the filter"
}

/** A difference from the RFCs that the server showed. */
export const SeenQuirk = Schema.Struct({
  name: Schema.String,
  times: Schema.Int,
  about: Schema.String,
  noticed: Schema.String,
  /** What the server does. */
  server: Schema.String,
  /** What the client does about it. */
  client: Schema.String
}).pipe(shown("SeenQuirk", "What the server does differently from the RFCs, and how the client copes.", quirkExample))

/** Claims, behaviour and quirks. */
export const ServerProfile = Schema.Struct({
  /** False when nothing was learnt yet: the rest is then what is assumed. */
  learnt: Schema.Boolean,
  /** What ServiceProviderConfig says; null when nobody has asked, or there is none. */
  claims: Schema.NullOr(Claims),
  /** How requests are made so that the server understands them. */
  behaviour: Behaviour,
  quirks: Schema.Array(SeenQuirk)
}).pipe(
  shown("ServerProfile", "What the server claims, how it is spoken to, and which quirks it showed.", {
    learnt: true,
    claims: null,
    behaviour: standard,
    quirks: [quirkExample]
  })
)

/** The group. */
export class ProfileGroup extends HttpApiGroup.make("profile")
  .add(
    HttpApiEndpoint.get("get", "/connections/:connection/profile", {
      params: path,
      success: ServerProfile,
      error: reading
    })
      .annotate(Needs, { verb: "read", over: "connection" })
      .annotate(OpenApi.Summary, "What is known of the SCIM server; asks it nothing")
  )
  .middleware(Audited)
  .middleware(Authorization)
  .middleware(WellFormed)
  .annotate(OpenApi.Description, "What was learnt of the SCIM server.") {}
