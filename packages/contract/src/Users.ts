/** Users of the SCIM server behind a connection. */
import { MemberRole } from "@loom-scim/core/setup/Choice"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Audited } from "./Audited.ts"
import { path } from "./Connections.ts"
import * as Directory from "./Directory.ts"
import { Idempotent, idempotencyKey } from "./Idempotency.ts"
import { Authorization, Needs } from "./Security.ts"
import { shown } from "./Shown.ts"
import { WellFormed } from "./WellFormed.ts"

/** The role a user is to have. */
export const NewRole = Schema.Struct({ role: MemberRole }).pipe(
  shown("NewRole", "The Loom role a user is to have.", { role: "creator" })
)

const posted = { params: Directory.userPath, ...Directory.posted }
const changed = { params: Directory.userPath, ...Directory.changed }

/** The group. */
export class UsersGroup extends HttpApiGroup.make("users")
  .add(
    HttpApiEndpoint.get("list", "/connections/:connection/users", {
      params: path,
      query: Directory.listQuery,
      success: Directory.ResourcePage,
      error: Directory.asking
    })
      .annotate(Needs, { verb: "read", over: "connection" })
      .annotate(OpenApi.Summary, "Users, page by page as the server gives them, with the verdict on the last page"),
    HttpApiEndpoint.post("create", "/connections/:connection/users", {
      params: path,
      headers: idempotencyKey,
      payload: Directory.Resource,
      ...Directory.outcome
    })
      .middleware(Idempotent)
      .annotate(Needs, { verb: "operate", over: "connection" })
      .annotate(OpenApi.Summary, "Create a user; never twice, also when the server's answer is lost"),
    HttpApiEndpoint.get("get", "/connections/:connection/users/:user", {
      params: Directory.userPath,
      headers: Directory.ifNoneMatch,
      success: HttpApiSchema.WithHeaders(Directory.Resource, Directory.scimEtag),
      error: Directory.asking
    })
      .annotate(Needs, { verb: "read", over: "connection" })
      .annotate(OpenApi.Summary, "One user, under the server's version if it gives one"),
    HttpApiEndpoint.patch("patch", "/connections/:connection/users/:user", { payload: Directory.PatchOp, ...changed })
      .annotate(Needs, { verb: "operate", over: "connection" })
      .annotate(OpenApi.Summary, "Change single attributes"),
    HttpApiEndpoint.put("replace", "/connections/:connection/users/:user", { payload: Directory.Resource, ...changed })
      .annotate(Needs, { verb: "operate", over: "connection" })
      .annotate(OpenApi.Summary, "Replace the whole user"),
    HttpApiEndpoint.delete("remove", "/connections/:connection/users/:user", changed)
      .annotate(Needs, { verb: "operate", over: "connection" })
      .annotate(OpenApi.Summary, "Delete a user for good"),
    HttpApiEndpoint.post("activate", "/connections/:connection/users/:user/activate", posted)
      .middleware(Idempotent)
      .annotate(Needs, { verb: "operate", over: "connection" })
      .annotate(OpenApi.Summary, "Make a deactivated user active again"),
    HttpApiEndpoint.post("deactivate", "/connections/:connection/users/:user/deactivate", posted)
      .middleware(Idempotent)
      .annotate(Needs, { verb: "operate", over: "connection" })
      .annotate(OpenApi.Summary, "Deactivate a user; what that means is the connection's policy"),
    HttpApiEndpoint.post("role", "/connections/:connection/users/:user/role", { payload: NewRole, ...posted })
      .middleware(Idempotent)
      .annotate(Needs, { verb: "operate", over: "connection" })
      .annotate(OpenApi.Summary, "Give a user a Loom role, and read back whether the server took it")
  )
  .middleware(Audited)
  .middleware(Authorization)
  .middleware(WellFormed)
  .annotate(OpenApi.Description, "Users on the SCIM server.") {}
