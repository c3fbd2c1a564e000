/** Groups on the SCIM server. */
import { Api } from "@loom-scim/contract/Api"
import * as Operations from "@loom-scim/core/operations/Operation"
import { groupUrn } from "@loom-scim/core/scim/Schemas"
import { Effect } from "effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as Directory from "./directory.ts"

const whole = (resource: Parameters<typeof Directory.withName>[0]) =>
  Effect.map(Directory.withName(resource, "displayName"), (named) => Directory.withSchemas(named, groupUrn))

export const GroupsHandlers = HttpApiBuilder.group(
  Api,
  "groups",
  Effect.fnUntraced(function* (handlers) {
    const { change, get, list } = yield* Directory.make("Groups")
    return handlers.handleAll({
      list: ({ params, query }) => list(params.connection, query),
      create: Effect.fnUntraced(function* ({ params, payload, query }) {
        const resource = yield* whole(payload)
        return yield* change({
          connection: params.connection,
          operation: { _tag: "Create", endpoint: "Groups", resource },
          dryRun: query.dryRun
        })
      }),
      get: ({ headers, params }) => get(params.connection, params.group, headers["if-none-match"]),
      patch: ({ headers, params, payload, query }) =>
        change({
          connection: params.connection,
          operation: { _tag: "Patch", endpoint: "Groups", id: params.group, operations: payload.Operations },
          dryRun: query.dryRun,
          ifMatch: headers["if-match"]
        }),
      replace: Effect.fnUntraced(function* ({ headers, params, payload, query }) {
        const resource = yield* whole(payload)
        return yield* change({
          connection: params.connection,
          operation: { _tag: "Replace", endpoint: "Groups", id: params.group, resource },
          dryRun: query.dryRun,
          ifMatch: headers["if-match"]
        })
      }),
      remove: ({ headers, params, query }) =>
        change({
          connection: params.connection,
          operation: Operations.remove("Groups", params.group),
          dryRun: query.dryRun,
          ifMatch: headers["if-match"],
          warning: () => "The group cannot be brought back; its members stay users."
        }),
      addMembers: ({ headers, params, payload, query }) =>
        change({
          connection: params.connection,
          operation: Operations.addMembers(params.group, payload.members),
          dryRun: query.dryRun,
          ifMatch: headers["if-match"]
        }),
      removeMembers: ({ headers, params, payload, query }) =>
        change({
          connection: params.connection,
          operation: Operations.removeMembers(params.group, payload.members),
          dryRun: query.dryRun,
          ifMatch: headers["if-match"]
        })
    })
  })
)
