/** What a sandbox holds and what it was asked, in a form in which two of them can be compared. */
import type { ScimClientOperations } from "@loom-scim/core/scim/ScimClient"
import type { JsonObject } from "@loom-scim/core/scim/Json"
import { Effect, Schema, Stream } from "effect"
import type { sandbox } from "../scim/harness.ts"

type Sandbox = Effect.Success<ReturnType<typeof sandbox>>

const listed = (server: Sandbox, endpoint: string) =>
  server.client((client: ScimClientOperations) => Stream.runCollect(client.list(endpoint, { count: 500 })))

const Members = Schema.Array(Schema.Struct({ value: Schema.String }))

const given = new Set(["id", "meta", "members", "groups"])

const textOf = (resource: JsonObject): string =>
  JSON.stringify(Object.entries(resource).filter(([name]) => !given.has(name)))

/** Users and groups without what the server gives them; members by their user names. */
export const directoryOf = Effect.fnUntraced(function* (server: Sandbox) {
  const users = yield* listed(server, "Users")
  const groups = yield* listed(server, "Groups")
  const names = new Map(users.map((user) => [user["id"], String(user["userName"])]))
  const groupText = (group: JsonObject) => {
    const members = Schema.decodeUnknownSync(Members)(group["members"] ?? [])
    return `${textOf(group)} ${members
      .map(({ value }) => names.get(value) ?? "nobody")
      .toSorted()
      .join(" ")}`
  }
  return { users: users.map(textOf).toSorted(), groups: groups.map(groupText).toSorted() }
})

const Request = Schema.Struct({
  method: Schema.String,
  path: Schema.String,
  at: Schema.String,
  status: Schema.NullOr(Schema.Int)
})

const Log = Schema.Struct({ requests: Schema.Array(Request) })

/**
 * How many writes the server met, by method, endpoint and status; the status is null when the client was gone before the
 * answer.
 */
export const writesOf = Effect.fnUntraced(function* (
  server: Sandbox,
  isCounted: (request: typeof Request.Type) => boolean = () => true
) {
  const { requests } = Schema.decodeUnknownSync(Log)(yield* server.requests)
  const writes: Record<string, number> = {}
  for (const request of requests) {
    const { method, path, status } = request
    if (method === "GET" || !isCounted(request)) continue
    const endpoint = /\/(Users|Groups|Bulk)(?:\/|$)/.exec(path)?.[1] ?? path
    const name = `${method} /${endpoint} ${status}`
    writes[name] = (writes[name] ?? 0) + 1
  }
  return writes
})
