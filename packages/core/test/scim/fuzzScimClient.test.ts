/** Random and mutated server answers: the client never crashes, hangs, shows the token or loses a person silently. */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Random, Redacted, Stream } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import type { ScimClientOperations as Client } from "../../src/scim/ScimClient.ts"
import * as ScimClient from "../../src/scim/ScimClient.ts"
import { baseUrl } from "./ScimClient.harness.ts"

import { answerOf, base64, bulkAnswer, listServer, random, token, user } from "./fuzzAnswers.ts"

const cases = 10_000
const baseSeed = 20_260_101

/** What shows the token. Of base64 the part that depends on nothing but the token; 12 characters are too many already. */
const forms = [
  token,
  encodeURIComponent(token),
  base64(token),
  base64(`user:${token}`).slice(7),
  base64(`Bearer ${token}`).slice(10)
]
  .flatMap((form) => [form, form.replaceAll("+", "-").replaceAll("/", "_")])
  .map((form) => form.slice(0, 12).toLowerCase())

interface Served {
  readonly status: number
  readonly text: string
}

const operations = {
  get: (client: Client) => client.get("Users", "u1"),
  listAll: (client: Client) => client.listAll("Users", { maxPages: 12 }),
  pages: (client: Client) => Stream.runCollect(client.pages("Users", { maxPages: 12 })),
  list: (client: Client) => Stream.runCollect(client.list("Users", { maxPages: 12 })),
  create: (client: Client) => client.create("Users", { userName: "ada@example.com", externalId: "e1" }),
  replace: (client: Client) => client.replace("Users", "u1", { userName: "ada" }),
  patch: (client: Client) => client.patch("Users", "u1", [{ op: "remove", path: "title" }]),
  delete: (client: Client) => client.delete("Users", "u1"),
  bulk: (client: Client) =>
    client.bulk(
      [
        { method: "POST", path: "/Users", bulkId: "a", data: {} },
        { method: "DELETE", path: "/Users/1" }
      ],
      { maxOperations: 10, maxPayloadSize: 10_000 }
    )
}
type Name = keyof typeof operations
const names: ReadonlyArray<Name> = ["get", "listAll", "pages", "list", "create", "replace", "patch", "delete", "bulk"]
type Failure = Effect.Error<ReturnType<(typeof operations)[Name]>>

const own = new Set(
  (
    "Unauthorized Forbidden NotFound Conflict InvalidFilter TooMany PreconditionFailed RateLimited PayloadTooLarge " +
    "InvalidRequest ServerFault Malformed Redirected Transport ListIncomplete BulkNotPossible"
  ).split(" ")
)

const showsToken = (text: string) => forms.find((form) => text.toLowerCase().includes(form))

/** Ids of the rows of a page, and how many rows have none; read without the client's own code. */
const idsIn = (pages: ReadonlyArray<ReadonlyArray<unknown>>) => {
  const ids = pages
    .flat()
    .map((row): unknown => (typeof row === "object" && row !== null && "id" in row ? row.id : null))
  const usable = ids.filter((id) => (typeof id === "string" && id !== "") || Number.isSafeInteger(id))
  return { ids: new Set(usable.map(String)), without: ids.length - usable.length }
}

const rowsOf = ({ status, text }: Served): ReadonlyArray<unknown> => {
  if (status >= 300) return []
  try {
    const body: unknown = JSON.parse(text)
    if (Array.isArray(body)) return body
    if (typeof body !== "object" || body === null || /messages:2\.0:error"/i.test(text)) return []
    // RFC 7643 §2.1: names of attributes are without case.
    return Object.entries(body).flatMap(([key, value]: [string, unknown]) =>
      key.toLowerCase() === "resources" && Array.isArray(value) ? [...value] : []
    )
  } catch {
    return []
  }
}

/** What is wrong with a case; undefined when nothing is. */
const run = Effect.fnUntraced(function* (seed: number) {
  const rng = random(seed)
  const name = rng.pick<Name>("listAll", ...names)
  const served: Array<Served> = []
  const lists = listServer(rng)
  const share = rng.pick(0.05, 0.3, 1)
  const http = HttpClient.make((request, url) => {
    const isList = request.method === "GET" && url.pathname.endsWith("/Users")
    // Look-ups of a create may read 1000 pages: a server that tires ends them, which no endless client would heed.
    const value =
      served.length > 200
        ? { totalResults: 0 }
        : isList
          ? lists(url.searchParams)
          : name === "bulk"
            ? bulkAnswer(rng)
            : user(rng, 1)
    const { body, headers, status } = answerOf(rng, value, served.length > 200 ? 0 : share)
    served.push({ status, text: body === null ? "" : new TextDecoder().decode(body) })
    if (served.length > 400 || (status === 418 && rng.chance(0.3))) return Effect.never
    return Effect.succeed(HttpClientResponse.fromWeb(request, new Response(body, { status, headers })))
  })
  const client = yield* ScimClient.make({ baseUrl, token: Redacted.make(token), pageSize: 5, timeout: "1 hour" }).pipe(
    Effect.provideService(HttpClient.HttpClient, http)
  )
  // The union of what the operations give is more than inference takes.
  const operation: Effect.Effect<unknown, Failure> = operations[name](client)
  const fiber = yield* Effect.forkChild(Effect.exit(operation))
  for (let step = 0; fiber.pollUnsafe() === undefined && step < 2000; step++) {
    yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
    if (step % 4 === 3) yield* TestClock.adjust("10 minutes")
  }
  const at = `seed ${seed} (${name})`
  if (served.length > 400 || fiber.pollUnsafe() === undefined) return `${at}: hangs after ${served.length} requests`
  const exit = yield* Fiber.join(fiber)
  if (Exit.isFailure(exit)) {
    const failed = Cause.findErrorOption(exit.cause)
    if (failed._tag === "None" || !own.has(failed.value._tag)) return `${at}: crashed: ${Cause.pretty(exit.cause)}`
    const failure = failed.value
    const shown = showsToken([JSON.stringify(failure), failure.message, String(failure), failure.next].join("\n"))
    return shown === undefined ? undefined : `${at}: ${failure._tag} shows the token as ${shown}`
  }
  const value: unknown = exit.value
  if (name === "bulk") {
    const failedOnes = JSON.stringify(value, (key, entry: unknown) =>
      /^(?:resource|id|version)$/.test(key) ? null : entry
    )
    const shown = showsToken(failedOnes)
    return shown === undefined ? undefined : `${at}: a bulk outcome shows the token as ${shown}`
  }
  const listed = name === "listAll" ? [value] : name === "pages" && Array.isArray(value) ? value : []
  if (name !== "list" && !/"_tag":"Complete"/.test(JSON.stringify(listed.map((page) => Object(page).verdict)))) return
  const pages: ReadonlyArray<ReadonlyArray<unknown>> =
    name === "list" ? [Array.isArray(value) ? value : []] : listed.map((page) => Object(page).resources)
  const got = idsIn(pages)
  const due = idsIn(served.map(rowsOf))
  const lost = [...due.ids].filter((id) => !got.ids.has(id))
  if (lost.length > 0) return `${at}: complete without ${lost.join(", ")}`
  return got.without < due.without ? `${at}: complete with ${got.without} of ${due.without} rows without id` : undefined
})

describe("fuzz", () => {
  it.effect(
    `${cases} cases`,
    () =>
      Effect.gen(function* () {
        const wrong: Array<string> = []
        for (let index = 0; index < cases && wrong.length < 12; index++) {
          const problem = yield* Random.withSeed(run(baseSeed + index), String(index))
          if (problem !== undefined) wrong.push(problem.slice(0, 600))
        }
        assert.deepStrictEqual(wrong, [])
      }),
    // Ten thousand cases take longer than other tests may on a busy machine.
    180_000
  )
})
