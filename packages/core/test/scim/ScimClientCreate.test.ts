import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import type { Created } from "../../src/scim/ScimClientTypes.ts"
import type { ScimError } from "../../src/scim/ScimError.ts"
import type { Behaviour, Seen } from "./ScimClient.harness.ts"
import { list, token, withClient } from "./ScimClient.harness.ts"

interface User {
  readonly id: string
  readonly userName?: string
  readonly externalId?: string
  readonly displayName?: string
  readonly emails?: ReadonlyArray<{ readonly value: string }>
}

/** A directory that creates what it is sent, and filters by equality, with case. */
class Directory {
  users: Array<User>
  posts = 0
  filters: Array<string> = []
  constructor(...users: ReadonlyArray<User>) {
    this.users = [...users]
  }
  post(seen: Seen): User {
    this.posts++
    const user: User = { ...JSON.parse(seen.body), id: `new-${this.posts}` }
    this.users.push(user)
    return user
  }
  find(seen: Seen): Behaviour {
    const filter = seen.query.get("filter") ?? ""
    this.filters.push(filter)
    const from = Number(seen.query.get("startIndex") ?? "1") - 1
    const [, path, literal] = /^(\S+) eq (".*")$/.exec(filter) ?? []
    const wanted: unknown = JSON.parse(literal ?? '""')
    const hits = this.users.filter((user) =>
      path === "emails.value"
        ? user.emails?.some(({ value }) => value === wanted)
        : Object.entries(user).some(([key, value]) => key === path && value === wanted)
    )
    return { body: { totalResults: hits.length, Resources: hits.slice(from) } }
  }
}

const ada = { userName: "Ada@example.com", externalId: "e1" }

const creating = (
  handler: (seen: Seen, index: number) => Behaviour,
  resource: { readonly [key: string]: string | ReadonlyArray<{ readonly value: string }> } = ada
) =>
  withClient(handler, (client, seen) =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Effect.exit(client.create("Users", resource)))
      for (let second = 0; second < 300 && fiber.pollUnsafe() === undefined; second++)
        yield* TestClock.adjust("1 second")
      return { exit: yield* Fiber.join(fiber), seen }
    })
  )

const success = (exit: Exit.Exit<Created, ScimError>): Created => {
  if (Exit.isFailure(exit)) throw new Error(Cause.pretty(exit.cause))
  return exit.value
}

const failure = (exit: Exit.Exit<Created, ScimError>): ScimError => {
  const error = Exit.isFailure(exit) ? Cause.findErrorOption(exit.cause) : undefined
  if (error?._tag !== "Some") throw new Error("it did not fail")
  return error.value
}

describe("a lost answer", () => {
  const losses: ReadonlyArray<readonly [string, Behaviour]> = [
    ["cut connection", "ECONNRESET"],
    ["time-out", "hang"],
    ["500", { status: 500 }],
    ["503", { status: 503 }],
    ["web page", { body: "<html><title>Sign in</title>" }],
    ["cut-off JSON", { body: '{"id":"new' }]
  ]
  for (const [name, loss] of losses) {
    it.effect(`${name}: the user that was created is found, and not created again`, () =>
      Effect.gen(function* () {
        const directory = new Directory({ id: "7", userName: "grace@example.com" })
        const { exit } = yield* creating((seen) => {
          if (seen.method === "GET") return directory.find(seen)
          directory.post(seen)
          return loss
        })
        const created = success(exit)
        assert.deepStrictEqual([created.id, created.settled, directory.posts], ["new-1", "lookup", 1])
      })
    )
  }

  it.effect("nothing was created: looked up twice, then sent again", () =>
    Effect.gen(function* () {
      const directory = new Directory()
      const { exit, seen } = yield* creating((request, index) => {
        if (request.method === "GET") return directory.find(request)
        return index === 0 ? "ECONNRESET" : { status: 201, body: directory.post(request) }
      })
      assert.deepStrictEqual([success(exit).settled, directory.posts], ["answer", 1])
      const rounds = seen.map(({ method }) => method)
      assert.deepStrictEqual(
        [rounds[0], rounds.at(-1), rounds.filter((method) => method === "POST").length],
        ["POST", "POST", 2]
      )
      // Both spellings of the user name, twice; the external id, twice.
      assert.strictEqual(directory.filters.length, 6)
      assert.include(directory.filters, 'userName eq "ada@example.com"')
    })
  )

  it.effect("a user that appears late is found by the second look", () =>
    Effect.gen(function* () {
      const directory = new Directory()
      let looks = 0
      const { exit } = yield* creating((seen) => {
        if (seen.method === "GET") return ++looks <= 3 ? list() : directory.find(seen)
        directory.post(seen)
        return "ECONNRESET"
      })
      assert.deepStrictEqual([success(exit).id, directory.posts], ["new-1", 1])
    })
  )

  it.effect("a 409 to the second try means that the first one had succeeded", () =>
    Effect.gen(function* () {
      const directory = new Directory()
      let hidden = true
      const { exit } = yield* creating((seen) => {
        if (seen.method === "GET") return hidden ? list() : directory.find(seen)
        if (directory.posts > 0) {
          hidden = false
          return { status: 409 }
        }
        directory.post(seen)
        return "ECONNRESET"
      })
      const created = success(exit)
      assert.deepStrictEqual([created.id, created.settled, directory.posts], ["new-1", "lookup", 1])
    })
  )

  it.effect("a filter that is ignored leads to nobody else: the whole list is read for the right one", () =>
    Effect.gen(function* () {
      const directory = new Directory({ id: "7", userName: "grace@example.com" }, { id: "8", userName: "x" })
      const { exit } = yield* creating((seen) => {
        if (seen.method === "GET") return list(...directory.users)
        directory.post(seen)
        return "ECONNRESET"
      })
      assert.strictEqual(success(exit).id, "new-1")
    })
  )

  const unsure: ReadonlyArray<readonly [string, Behaviour]> = [
    ["an incomplete list", { body: { totalResults: 5, Resources: [{ id: "7", userName: "x" }] } }],
    ["a refused filter", { status: 400, body: { scimType: "invalidFilter" } }],
    ["a server that is down", { status: 503 }]
  ]
  for (const [name, reply] of unsure) {
    it.effect(`${name} is no proof of absence: not sent again`, () =>
      Effect.gen(function* () {
        const { exit, seen } = yield* creating(({ method }) => (method === "GET" ? reply : "ECONNRESET"))
        const error = failure(exit)
        assert.isTrue(error._tag === "Transport" && error.sent === "maybe")
        assert.strictEqual(seen.filter(({ method }) => method === "POST").length, 1)
      })
    )
  }

  it.effect("what has no name to be found by is not sent again", () =>
    Effect.gen(function* () {
      const { exit, seen } = yield* creating(() => "ECONNRESET", { colour: "red" })
      assert.strictEqual(failure(exit)._tag, "Transport")
      assert.strictEqual(seen.length, 1)
    })
  )

  it.effect("the user name belongs to somebody else: a conflict, no adoption", () =>
    Effect.gen(function* () {
      const other = { id: "9", userName: "ada@example.com", externalId: "somebody else" }
      const directory = new Directory(other)
      const { exit } = yield* creating((seen) => (seen.method === "GET" ? directory.find(seen) : "ECONNRESET"))
      const error = failure(exit)
      assert.isTrue(error._tag === "Conflict")
      assert.deepStrictEqual(error._tag === "Conflict" ? error.resource : null, other)
    })
  )

  it.effect("ends when the server fails for ever, having created nothing", () =>
    Effect.gen(function* () {
      const directory = new Directory()
      const { exit, seen } = yield* creating((request) =>
        request.method === "GET" ? directory.find(request) : { status: 500 }
      )
      assert.strictEqual(failure(exit)._tag, "ServerFault")
      assert.strictEqual(seen.filter(({ method }) => method === "POST").length, 4)
    })
  )

  it.effect("a connection that never stood is tried again without a look-up", () =>
    Effect.gen(function* () {
      const directory = new Directory()
      const { exit, seen } = yield* creating((request, index) =>
        index === 0 ? "ECONNREFUSED" : { status: 201, body: directory.post(request) }
      )
      assert.strictEqual(success(exit).settled, "answer")
      assert.deepStrictEqual(
        seen.map(({ method }) => method),
        ["POST", "POST"]
      )
    })
  )
})

describe("a conflict", () => {
  const conflictOf = (directory: Directory, resource: Parameters<typeof creating>[1] = ada) =>
    Effect.map(
      creating(
        (seen) => (seen.method === "GET" ? directory.find(seen) : { status: 409, body: "<html>Conflict" }),
        resource
      ),
      ({ exit }) => {
        const error = failure(exit)
        if (error._tag !== "Conflict") throw new Error(error._tag)
        return error.resource?.["id"] ?? null
      }
    )
  it.effect("has the resource with the user name, the external id or the address", () =>
    Effect.gen(function* () {
      const bystander = { id: "0", userName: "zoe@example.com" }
      const byName = new Directory(bystander, { id: "1", userName: "ada@example.com" })
      const byExternalId = new Directory(bystander, { id: "2", userName: "other", externalId: "e1" })
      const byEmail = new Directory(bystander, { id: "3", userName: "other", emails: [{ value: "a@x.org" }] })
      assert.strictEqual(yield* conflictOf(byName), "1")
      assert.strictEqual(yield* conflictOf(byExternalId), "2")
      assert.strictEqual(yield* conflictOf(byEmail, { ...ada, emails: [{ value: "A@x.org" }] }), "3")
      assert.isNull(yield* conflictOf(new Directory(bystander)))
    })
  )
  it.effect("does not carry the token, wherever the server puts it", () =>
    Effect.gen(function* () {
      const deep = Array.from({ length: 3000 }).reduce<unknown>((inner) => [inner], token)
      const hit = { id: "1", userName: "ada@example.com", [token]: [{ note: `Bearer ${token}` }], deep }
      const { exit } = yield* creating(({ method }) => (method === "GET" ? list(hit) : { status: 409 }))
      const error = failure(exit)
      assert.isTrue(error._tag === "Conflict" && error.resource?.["id"] === "1")
      assert.notInclude(JSON.stringify(error), token)
    })
  )
  it.effect("does not name the first hit when it is not the one asked for", () =>
    Effect.gen(function* () {
      const { exit } = yield* creating(({ method }) =>
        method === "GET" ? list({ id: "1", userName: "wrong@example.com" }) : { status: 409 }
      )
      const error = failure(exit)
      assert.isTrue(error._tag === "Conflict" && error.resource === null)
    })
  )
})

describe("an answer without an id", () => {
  it.effect("is settled by a look-up, or by Location", () =>
    Effect.gen(function* () {
      const directory = new Directory()
      const found = yield* creating((seen) => {
        if (seen.method === "GET") return directory.find(seen)
        directory.post(seen)
        return { status: 201 }
      })
      assert.deepStrictEqual([success(found.exit).id, success(found.exit).settled], ["new-1", "lookup"])
      const located = yield* creating(({ method }) =>
        method === "GET" ? list() : { status: 201, body: { id: "" }, headers: { location: "Users/a%40ex.com" } }
      )
      assert.strictEqual(success(located.exit).id, "a@ex.com")
      const lost = yield* creating(({ method }) =>
        method === "GET" ? list() : { status: 201, headers: { location: "/Users" } }
      )
      const error = failure(lost.exit)
      assert.isTrue(error._tag === "Malformed" && error.reason === "noId")
      assert.strictEqual(lost.seen.filter(({ method }) => method === "POST").length, 1)
    })
  )
})
