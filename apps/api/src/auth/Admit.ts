/** Whether a caller may do what an endpoint does: a pure decision over grants, need and the path. */
import { NotAllowedProblem, NotFoundProblem } from "@loom-scim/contract/Problem"
import type { Need } from "@loom-scim/contract/Security"
import { allows } from "@loom-scim/core/ports/ApiKeys"
import type { Grant } from "@loom-scim/core/ports/ApiKeys"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { Option, Result, Schema } from "effect"

const notAllowed = (detail: string) =>
  new NotAllowedProblem({ detail, next: "Use a key that may, or ask whoever governs the keys for one." })

/** The words for a connection that is not there are the same as for one the caller may not know of. */
export const unknownConnection = new NotFoundProblem({
  detail: "There is no such connection.",
  next: "List the connections: GET /v1/connections"
})

const idOf = Schema.decodeUnknownOption(ConnectionId)

/** Decides. A connection out of reach looks as if it did not exist. */
export const admit = (
  grants: ReadonlyArray<Grant>,
  need: Option.Option<Need>,
  connection: string | undefined
): Result.Result<void, NotAllowedProblem | NotFoundProblem> => {
  if (Option.isNone(need))
    return Result.fail(notAllowed("Nobody may do this: the endpoint does not say what it needs."))
  const { over, verb } = need.value
  switch (over) {
    case "everything":
      return allows(grants, verb, "*") ? Result.void : Result.fail(notAllowed(`This needs ${verb} over everything.`))
    case "anything":
      return grants.some((grant) => allows([grant], verb, grant.connection))
        ? Result.void
        : Result.fail(notAllowed(`This needs ${verb} over some connection.`))
    case "connection": {
      const id = idOf(connection)
      if (Option.isNone(id) || !allows(grants, "read", id.value)) return Result.fail(unknownConnection)
      return allows(grants, verb, id.value)
        ? Result.void
        : Result.fail(notAllowed(`This needs ${verb} over ${id.value}.`))
    }
  }
}
