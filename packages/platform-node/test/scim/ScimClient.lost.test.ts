import type { IncomingMessage, ServerResponse } from "node:http"
import { once } from "node:events"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Stream } from "effect"
import * as Servers from "../http/servers.ts"
import { withClient } from "./harness.ts"

const token = "a-token-that-nobody-may-see"

interface User {
  readonly id: string
  readonly userName: string
}

type Loss = "none" | "afterProcessing" | "beforeProcessing" | "cutBody"

/** A directory that does not mind doubles, and loses answers as told. */
class Directory {
  readonly users: Array<User> = []
  posts = 0
  readonly #tried = new Set<string>()
  readonly #losses: ReadonlyArray<Loss>

  /** The first try of each user is lost in one of these ways, in turn; later ones are not. */
  constructor(losses: ReadonlyArray<Loss>) {
    this.#losses = losses
  }

  readonly handler: Servers.Handler = (request, response) => {
    const url = new URL(request.url ?? "", "http://x")
    if (request.method === "GET") this.#find(url, response)
    else void this.#create(request, response)
  }

  #find(url: URL, response: ServerResponse): void {
    const wanted = /^userName eq "(.*)"$/.exec(url.searchParams.get("filter") ?? "")?.[1]
    const hits = this.users.filter(({ userName }) => userName === wanted)
    response.end(JSON.stringify({ totalResults: hits.length, Resources: hits }))
  }

  async #create(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    await once(request, "end")
    const sent: Omit<User, "id"> = JSON.parse(Buffer.concat(chunks).toString())
    const isFirst = !this.#tried.has(sent.userName)
    const loss = isFirst ? (this.#losses[this.#tried.size % this.#losses.length] ?? "none") : "none"
    this.#tried.add(sent.userName)
    this.posts++
    if (loss === "beforeProcessing") return void request.socket.destroy()
    const user: User = { ...sent, id: `u${this.users.length}` }
    this.users.push(user)
    if (loss === "afterProcessing") return void request.socket.destroy()
    const body = JSON.stringify(user)
    response.writeHead(201, { "content-type": "application/scim+json", "content-length": body.length })
    if (loss === "cutBody") response.write(body.slice(0, 5), () => response.destroy())
    else response.end(body)
  }
}

describe("lost answers over real sockets", () => {
  it.live(
    "of 120 users created at once, with three answers of four lost, none is missing and none is there twice",
    () =>
      Effect.gen(function* () {
        const directory = new Directory(["none", "afterProcessing", "beforeProcessing", "cutBody"])
        const port = yield* Servers.http(directory.handler)
        const names = Array.from({ length: 120 }, (_, index) => `user${index}@corp.example`)
        const created = yield* withClient(`http://127.0.0.1:${port}`, token, (client) =>
          Effect.forEach(names, (userName) => client.create("Users", { userName }), { concurrency: 16 })
        )
        assert.deepStrictEqual(directory.users.map(({ userName }) => userName).toSorted(), names.toSorted())
        const idOf = new Map(directory.users.map(({ id, userName }) => [userName, id]))
        assert.deepStrictEqual(
          created.map(({ id }) => id),
          names.map((name) => idOf.get(name))
        )
        assert.strictEqual(created.filter(({ settled }) => settled === "lookup").length, 60)
        assert.strictEqual(directory.posts, 150, "those that were not processed were sent again")
      }).pipe(Effect.scoped)
  )
})

describe("sockets", () => {
  const interrupted = (begin: (response: ServerResponse) => void) =>
    Effect.gen(function* () {
      const arrived = yield* Deferred.make<void>()
      const closed = yield* Deferred.make<void>()
      const port = yield* Servers.http((request, response) => {
        request.socket.on("close", () => Deferred.doneUnsafe(closed, Effect.void))
        begin(response)
        Deferred.doneUnsafe(arrived, Effect.void)
      })
      yield* withClient(`http://127.0.0.1:${port}`, token, (client) =>
        Effect.gen(function* () {
          const fiber = yield* Effect.forkChild(client.get("Users", "1"))
          yield* Deferred.await(arrived)
          yield* Effect.sleep("30 millis")
          yield* Fiber.interrupt(fiber)
          yield* Deferred.await(closed).pipe(Effect.timeout("2 seconds"))
        })
      )
    }).pipe(Effect.scoped)

  it.live("interruption closes the socket while the server is silent", () => interrupted(() => undefined))
  it.live("interruption closes the socket in the middle of a body", () =>
    interrupted((response) => response.writeHead(200, { "content-length": "1000" }).write("{"))
  )

  for (const [name, headers] of [
    ["of declared length", { "content-length": "50000000" }],
    ["of unknown length", {}]
  ] as const) {
    it.live(`a body over the limit ${name} closes the socket early`, () =>
      Effect.gen(function* () {
        const closed = yield* Deferred.make<void>()
        let written = 0
        const port = yield* Servers.http((request, response) => {
          request.socket.on("close", () => Deferred.doneUnsafe(closed, Effect.void))
          response.writeHead(200, headers)
          const chunk = Buffer.alloc(64 * 1024, "x")
          const more = (): void => {
            while (written < 50_000_000 && !response.destroyed) {
              written += chunk.length
              if (!response.write(chunk)) return void response.once("drain", more)
            }
          }
          more()
        })
        const error = yield* withClient(
          `http://127.0.0.1:${port}`,
          token,
          (client) =>
            Effect.tap(Effect.flip(client.get("Users", "1")), () =>
              Deferred.await(closed).pipe(Effect.timeout("2 seconds"))
            ),
          { maxBodyBytes: 100_000 }
        )
        assert.isTrue(error._tag === "Malformed" && error.reason === "tooLong")
        assert.isBelow(written, 20_000_000)
      }).pipe(Effect.scoped)
    )
  }

  it.live("a redirect is not followed, so that the token goes nowhere else", () =>
    Effect.gen(function* () {
      const stolen: Array<string | undefined> = []
      const thief = yield* Servers.http((request, response) => {
        stolen.push(request.headers.authorization)
        response.end("{}")
      })
      const port = yield* Servers.http((_, response) => {
        response.writeHead(307, { location: `http://127.0.0.1:${thief}/Users?secret` }).end()
      })
      const error = yield* withClient(`http://127.0.0.1:${port}`, token, (client) => Effect.flip(client.me()))
      assert.isTrue(error._tag === "Redirected" && error.origin === `http://127.0.0.1:${thief}`)
      assert.isEmpty(stolen)
    }).pipe(Effect.scoped)
  )

  it.live("a stream that is left early asks for no more pages", () =>
    Effect.gen(function* () {
      let pages = 0
      const port = yield* Servers.http((_, response) => {
        const Resources = Array.from({ length: 10 }, (_, index) => ({ id: `${pages}-${index}` }))
        pages++
        response.end(JSON.stringify({ totalResults: 1_000_000, Resources }))
      })
      const rows = yield* withClient(`http://127.0.0.1:${port}`, token, (client) =>
        Stream.runCollect(Stream.take(client.list("Users", { count: 10 }), 25))
      )
      assert.deepStrictEqual([rows.length, pages], [25, 3])
    }).pipe(Effect.scoped)
  )

  it.live("a forbidden address is not connected to", () =>
    Effect.gen(function* () {
      let requests = 0
      const port = yield* Servers.http((_, response) => {
        requests++
        response.end("{}")
      })
      const error = yield* withClient(
        `http://127.0.0.1:${port}`,
        token,
        (client) => Effect.flip(client.create("Users", { userName: "ada" })),
        { allowPrivateNetwork: false }
      )
      assert.isTrue(error._tag === "Transport" && error.outcome === "forbiddenAddress" && error.sent === "no")
      assert.strictEqual(requests, 0)
    }).pipe(Effect.scoped)
  )
})
