/** Users on the SCIM server. */
import { Api } from "@loom-scim/contract/Api"
import type { Connected } from "@loom-scim/core/operations/ConnectedClient"
import * as Operations from "@loom-scim/core/operations/Operation"
import { enterpriseUserUrn, userUrn } from "@loom-scim/core/scim/Schemas"
import { Effect } from "effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as Directory from "./directory.ts"

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

export const UsersHandlers = HttpApiBuilder.group(
  Api,
  "users",
  Effect.fnUntraced(function* (handlers) {
    const { change, get, list } = yield* Directory.make("Users")
    return handlers.handleAll({
      list: ({ params, query }) => list(params.connection, query),
      create: Effect.fnUntraced(function* ({ params, payload, query }) {
        const resource = yield* whole(payload)
        return yield* change({
          connection: params.connection,
          operation: { _tag: "Create", endpoint: "Users", resource },
          dryRun: query.dryRun
        })
      }),
      get: ({ headers, params }) => get(params.connection, params.user, headers["if-none-match"]),
      patch: ({ headers, params, payload, query }) =>
        change({
          connection: params.connection,
          operation: { _tag: "Patch", endpoint: "Users", id: params.user, operations: payload.Operations },
          dryRun: query.dryRun,
          ifMatch: headers["if-match"]
        }),
      replace: Effect.fnUntraced(function* ({ headers, params, payload, query }) {
        const resource = yield* whole(payload)
        return yield* change({
          connection: params.connection,
          operation: { _tag: "Replace", endpoint: "Users", id: params.user, resource },
          dryRun: query.dryRun,
          ifMatch: headers["if-match"]
        })
      }),
      remove: ({ headers, params, query }) =>
        change({
          connection: params.connection,
          operation: Operations.remove("Users", params.user),
          dryRun: query.dryRun,
          ifMatch: headers["if-match"],
          warning: ofDeletion
        }),
      activate: ({ headers, params, query }) =>
        change({
          connection: params.connection,
          operation: Operations.setActive(params.user, true),
          dryRun: query.dryRun,
          ifMatch: headers["if-match"]
        }),
      deactivate: ({ headers, params, query }) =>
        change({
          connection: params.connection,
          operation: Operations.setActive(params.user, false),
          dryRun: query.dryRun,
          ifMatch: headers["if-match"],
          warning: ofDeactivation
        }),
      role: ({ headers, params, payload, query }) =>
        change({
          connection: params.connection,
          operation: Operations.setRole(params.user, payload.role),
          dryRun: query.dryRun,
          ifMatch: headers["if-match"]
        })
    })
  })
)
