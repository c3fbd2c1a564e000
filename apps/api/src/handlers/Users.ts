/** Users on the SCIM server. */
import { Api } from "@loom-scim/contract/Api"
import type { Connected } from "@loom-scim/core/operations/ConnectedClient"
import * as Operations from "@loom-scim/core/operations/Operation"
import { enterpriseUserUrn, userUrn } from "@loom-scim/core/scim/Schemas"
import { Effect } from "effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as Directory from "./directory.ts"
import { group } from "./group.ts"

const ofDeactivation = ({ deprovisioning }: Connected): string =>
  deprovisioning === "deactivate"
    ? "The policy is deactivate: account and recordings stay, and activating undoes it."
    : "The policy is delete: Loom removes deactivated members, perhaps with their recordings."

const ofDeletion = ({ deprovisioning }: Connected): string | null =>
  deprovisioning === "deactivate"
    ? "The policy of this connection is deactivate. Deleting goes beyond it and cannot be undone."
    : null

const whole = (resource: Parameters<typeof Directory.withName>[0]) =>
  Effect.map(Directory.withName(resource, "userName"), (named) =>
    Directory.withSchemas(named, userUrn, [enterpriseUserUrn])
  )

export const UsersHandlers = group(
  Effect.gen(function* () {
    const { change, get, list } = yield* Directory.make("Users")
    return HttpApiBuilder.group(Api, "users", (handlers) =>
      handlers.handleAll({
        list: ({ params, query }) => list(params.connection, query),
        create: Effect.fnUntraced(function* ({ params, payload, query }) {
          const resource = yield* whole(payload)
          const operation = { _tag: "Create", endpoint: "Users", resource } as const
          return yield* change({ ...Directory.asked({ params, query }), operation })
        }),
        get: ({ headers, params }) => get(params.connection, params.user, headers["if-none-match"]),
        patch: (request) =>
          change({
            ...Directory.asked(request),
            operation: {
              _tag: "Patch",
              endpoint: "Users",
              id: request.params.user,
              operations: request.payload.Operations
            }
          }),
        replace: Effect.fnUntraced(function* (request) {
          const resource = yield* whole(request.payload)
          const operation = { _tag: "Replace", endpoint: "Users", id: request.params.user, resource } as const
          return yield* change({ ...Directory.asked(request), operation })
        }),
        remove: (request) =>
          change({
            ...Directory.asked(request),
            operation: Operations.remove("Users", request.params.user),
            warning: ofDeletion
          }),
        activate: (request) =>
          change({ ...Directory.asked(request), operation: Operations.setActive(request.params.user, true) }),
        deactivate: (request) =>
          change({
            ...Directory.asked(request),
            operation: Operations.setActive(request.params.user, false),
            warning: ofDeactivation
          }),
        role: (request) =>
          change({
            ...Directory.asked(request),
            operation: Operations.setRole(request.params.user, request.payload.role)
          })
      })
    )
  })
)
