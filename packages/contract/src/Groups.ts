/** Groups of the SCIM server behind a connection. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Audited } from "./Audited.ts"
import { path } from "./Connections.ts"
import * as Directory from "./Directory.ts"
import { Idempotent, idempotencyKey } from "./Idempotency.ts"
import { Authorization, Needs } from "./Security.ts"
import { shown } from "./Shown.ts"
import { WellFormed } from "./WellFormed.ts"

/** Users by their ids on the server. */
export const Members = Schema.Struct({
  members: Schema.NonEmptyArray(Directory.ResourceId).check(Schema.isMaxLength(10_000))
}).pipe(shown("GroupMembers", "Users by their ids on the SCIM server.", { members: ["u1", "u2"] }))

const posted = { params: Directory.groupPath, ...Directory.posted }
const changed = { params: Directory.groupPath, ...Directory.changed }

/** The group. */
export class GroupsGroup extends HttpApiGroup.make("groups")
  .add(
    HttpApiEndpoint.get("list", "/connections/:connection/groups", {
      params: path,
      query: Directory.listQuery,
      success: Directory.ResourcePage,
      error: Directory.asking
    })
      .annotate(Needs, { verb: "read", over: "connection" })
      .annotate(OpenApi.Summary, "Groups, without their members unless these are asked for by name"),
    HttpApiEndpoint.post("create", "/connections/:connection/groups", {
      params: path,
      headers: idempotencyKey,
      payload: Directory.Resource,
      ...Directory.outcome
    })
      .middleware(Idempotent)
      .annotate(Needs, { verb: "operate", over: "connection" })
      .annotate(OpenApi.Summary, "Create a group, with members if any are given"),
    HttpApiEndpoint.get("get", "/connections/:connection/groups/:group", {
      params: Directory.groupPath,
      headers: Directory.ifNoneMatch,
      success: HttpApiSchema.WithHeaders(Directory.Resource, Directory.scimEtag),
      error: Directory.asking
    })
      .annotate(Needs, { verb: "read", over: "connection" })
      .annotate(OpenApi.Summary, "One group with its members, under the server's version if it gives one"),
    HttpApiEndpoint.patch("patch", "/connections/:connection/groups/:group", { payload: Directory.PatchOp, ...changed })
      .annotate(Needs, { verb: "operate", over: "connection" })
      .annotate(OpenApi.Summary, "Change single attributes or members"),
    HttpApiEndpoint.put("replace", "/connections/:connection/groups/:group", {
      payload: Directory.Resource,
      ...changed
    })
      .annotate(Needs, { verb: "operate", over: "connection" })
      .annotate(OpenApi.Summary, "Replace the whole group, members included"),
    HttpApiEndpoint.delete("remove", "/connections/:connection/groups/:group", changed)
      .annotate(Needs, { verb: "operate", over: "connection" })
      .annotate(OpenApi.Summary, "Delete a group; its members stay users"),
    HttpApiEndpoint.post("addMembers", "/connections/:connection/groups/:group/members/add", {
      payload: Members,
      ...posted
    })
      .middleware(Idempotent)
      .annotate(Needs, { verb: "operate", over: "connection" })
      .annotate(OpenApi.Summary, "Add members, and read back whether the server kept them"),
    HttpApiEndpoint.post("removeMembers", "/connections/:connection/groups/:group/members/remove", {
      payload: Members,
      ...posted
    })
      .middleware(Idempotent)
      .annotate(Needs, { verb: "operate", over: "connection" })
      .annotate(OpenApi.Summary, "Take members out")
  )
  .middleware(Audited)
  .middleware(Authorization)
  .middleware(WellFormed)
  .annotate(OpenApi.Description, "Groups on the SCIM server.") {}
