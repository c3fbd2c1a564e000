/** How a quirk is shown, and what the client has to make of it. */
import type { JsonObject } from "@loom-scim/core/scim/Json"
import type { ListVerdict } from "@loom-scim/core/scim/List"
import type { ScimClientOperations } from "@loom-scim/core/scim/ScimClient"
import type { ScimClientOptions } from "@loom-scim/core/scim/TransportOptions"
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import type { LoggedRequest, QuirkServer, QuirkServerOptions } from "../../src/QuirkServer.ts"
import { person, team } from "../harness.ts"

/** A server that has the quirk, and a client that does not know of it yet. */
export interface Bench {
  readonly server: QuirkServer
  readonly client: ScimClientOperations
}

/** What is done, and asserted. */
export interface Scenario {
  readonly server?: Omit<QuirkServerOptions, "quirks">
  readonly client?: Partial<ScimClientOptions>
  readonly run: (bench: Bench) => Effect.Effect<void, unknown>
}

/** A scenario without options. */
export const scenario = (run: Scenario["run"], options: Omit<Scenario, "run"> = {}): Scenario => ({ ...options, run })

/** The user as the server keeps it. */
export const kept = ({ users }: QuirkServer, id: string): JsonObject =>
  users().find((user) => user.id === id)?.resource ?? {}

/** The members that the server keeps, sorted. */
export const keptMembers = ({ groups }: QuirkServer, id: string): ReadonlyArray<string> => {
  const members = groups().find((group) => group.id === id)?.resource["members"]
  return (Array.isArray(members) ? members : []).map((member) => String(member.value)).toSorted()
}

/** People that are there before; the first are p000, p001 and so on. */
export const crowd = ({ seed, users }: QuirkServer, count: number): ReadonlyArray<string> => {
  const numbers = users().map(({ resource }) => Number(/^p(\d{3})@/.exec(String(resource["userName"]))?.[1] ?? -1))
  const first = Math.max(-1, ...numbers) + 1
  return Array.from({ length: count }, (_, index) =>
    seed("Users", person(`p${String(first + index).padStart(3, "0")}`))
  )
}

/** A group that is there before. */
export const crew = ({ seed }: QuirkServer, displayName: string, ids: ReadonlyArray<string>): string =>
  seed("Groups", { displayName, members: ids.map((value) => ({ value, display: value })) })

/** The requests of a method that were answered so. */
export const answered = ({ requests }: QuirkServer, method: string, status?: number): ReadonlyArray<LoggedRequest> =>
  requests.filter((request) => request.method === method && (status === undefined || request.status === status))

/** Sends a request past the client, to see that the server has the quirk at all. */
export const bare = ({ token, url }: QuirkServer, path: string, init: { method?: string; body?: object } = {}) =>
  Effect.promise(async () => {
    const response = await fetch(`${url}${path}`, {
      method: init.method ?? "GET",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/scim+json" },
      ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) })
    })
    const text = await response.text()
    const body: unknown = text === "" ? null : JSON.parse(text)
    return { status: response.status, body }
  })

/** Lists everybody, and sees that nobody is missing and nobody is there twice. */
export const wholeList = (
  { client, server }: Bench,
  count: number,
  verdict: ListVerdict["_tag"] = "Complete"
): Effect.Effect<ListVerdict, unknown> =>
  Effect.gen(function* () {
    const ids = crowd(server, 23)
    const listed = yield* client.listAll("Users", { count })
    const names = listed.resources.map(({ userName }) => String(userName))
    assert.deepStrictEqual(names.toSorted(), ids.map((id) => String(kept(server, id)["userName"])).toSorted())
    assert.strictEqual(listed.verdict._tag, verdict)
    return listed.verdict
  })

/** Two members of three leave; one stays, and so do the members of another group. */
export const twoLeave = ({ client, server }: Bench): Effect.Effect<void, unknown> =>
  Effect.gen(function* () {
    const [one = "", two = "", three = ""] = crowd(server, 3)
    const group = crew(server, "Team", [one, two, three])
    const other = crew(server, "Others", [one, two, three])
    yield* client.patch(
      "Groups",
      group,
      [one, two].map((id) => ({ op: "remove", path: `members[value eq "${id}"]` }))
    )
    assert.deepStrictEqual(keptMembers(server, group), [three])
    assert.deepStrictEqual(keptMembers(server, other), [one, two, three].toSorted())
  })

/** Adds so many members at once. */
export const manyJoin = ({ client, server }: Bench, count: number): Effect.Effect<void, unknown> =>
  Effect.gen(function* () {
    const ids = crowd(server, count)
    const { id } = yield* client.create("Groups", team("Large"))
    yield* client.patch("Groups", id, [{ op: "add", path: "members", value: ids.map((value) => ({ value })) }])
    assert.deepStrictEqual(keptMembers(server, id), ids.toSorted())
    // What was learnt is used from then on.
    const before = server.requests.length
    yield* client.patch("Groups", id, [{ op: "add", path: "members", value: ids.map((value) => ({ value })) }])
    assert.isTrue(server.requests.slice(before).every(({ status }) => status < 300))
  })
