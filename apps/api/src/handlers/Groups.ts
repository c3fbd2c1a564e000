/** Groups on the SCIM server. */
import { Api } from "@loom-scim/contract/Api"
import * as Operations from "@loom-scim/core/operations/Operation"
import { groupUrn } from "@loom-scim/core/scim/Schemas"
import { Effect } from "effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as Directory from "./directory.ts"
import { group } from "./group.ts"

const whole = (resource: Parameters<typeof Directory.withName>[0]) =>
  Effect.map(Directory.withName(resource, "displayName"), (named) => Directory.withSchemas(named, groupUrn))

export const GroupsHandlers = group(
  Effect.gen(function* () {
    const { change, get, list } = yield* Directory.make("Groups")
    return HttpApiBuilder.group(Api, "groups", (handlers) =>
      handlers.handleAll({
        list: ({ params, query }) => list(params.connection, query),
        create: Effect.fnUntraced(function* ({ params, payload, query }) {
          const resource = yield* whole(payload)
          const operation = { _tag: "Create", endpoint: "Groups", resource } as const
          return yield* change({ ...Directory.asked({ params, query }), operation })
        }),
        get: ({ headers, params }) => get(params.connection, params.group, headers["if-none-match"]),
        patch: (request) =>
          change({
            ...Directory.asked(request),
            operation: {
              _tag: "Patch",
              endpoint: "Groups",
              id: request.params.group,
              operations: request.payload.Operations
            }
          }),
        replace: Effect.fnUntraced(function* (request) {
          const resource = yield* whole(request.payload)
          const operation = { _tag: "Replace", endpoint: "Groups", id: request.params.group, resource } as const
          return yield* change({ ...Directory.asked(request), operation })
        }),
        remove: (request) =>
          change({
            ...Directory.asked(request),
            operation: Operations.remove("Groups", request.params.group),
            warning: () => "The group cannot be brought back; its members stay users."
          }),
        addMembers: (request) =>
          change({
            ...Directory.asked(request),
            operation: Operations.addMembers(request.params.group, request.payload.members)
          }),
        removeMembers: (request) =>
          change({
            ...Directory.asked(request),
            operation: Operations.removeMembers(request.params.group, request.payload.members)
          })
      })
    )
  })
)
