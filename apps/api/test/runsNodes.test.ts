/** A run on several servers that share a PostgreSQL: asked for through one, carried out by any, seen through another. */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { postgres, postgresAnswers } from "../../../packages/platform-node/test/store/backend.ts"
import { call, closeAll, temporary } from "./support/api.ts"
import type { Call } from "./support/api.ts"
import { runServer } from "./support/programs.ts"
import {
  at,
  connect,
  control,
  form,
  labArgs,
  listen,
  people,
  runIdOf,
  sandbox,
  until,
  upload
} from "./support/reconcile.ts"

afterEach(closeAll)

const isThere = await Effect.runPromise(postgresAnswers)
const runs = "/v1/connections/acme/runs"

/** Looks until there is something. */
const found = async <A>(look: () => Promise<A | undefined>): Promise<A> => {
  const seen = await look()
  if (seen !== undefined) return seen
  await new Promise((resolve) => setTimeout(resolve, 50))
  return found(look)
}

/** So many servers of a new database, a connected sandbox that creates people in so many milliseconds, and ways to ask. */
const started = Effect.fnUntraced(function* (count: number, latency: number) {
  const { location } = yield* postgres.fresh
  return yield* Effect.promise(async () => {
    const place = await sandbox({ users: 0 })
    const directory = temporary()
    const serve = () =>
      runServer([...labArgs(directory, place), "--rate-limit", "10000"], { DATABASE_URL: location[1] })
    const front = await serve()
    const { key = "" } = front
    const servers = [front, ...(await Promise.all(Array.from({ length: count - 1 }, serve)))]
    const to =
      (base: string) =>
      (method: string, path: string, options: Call = {}) =>
        call(base, method, path, { key, ...options })
    await connect(to(front.base), place)
    await control(place, "faults", { kind: "latency", ms: latency, match: { method: "POST" } })
    /** How many requests to create somebody a server has sent. */
    const sent = async ({ base }: typeof front): Promise<number> => {
      const { text } = await to(base)("GET", "/metrics")
      const lines = text.split("\n").filter((line) => /^scim_client_requests\{.*method="POST"/.test(line))
      return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0)
    }
    const before = new Map(await Promise.all(servers.map(async (server) => [server, await sent(server)] as const)))
    const hasSent = async (server: typeof front) => (await sent(server)) > (before.get(server) ?? 0)
    const begun = async (people: FormData) => runIdOf(await upload(front.base, key, runs, people, { prefer: "wait=0" }))
    const state = async () => (await fetch(`${place.controlUrl}/state`)).text()
    return { front, servers, key, to, hasSent, begun, state }
  })
})

describe.runIf(isThere)("a run on several servers", () => {
  it.live(
    "is paused through any, and seen to its end through one when the others are killed",
    () =>
      Effect.gen(function* () {
        const { begun, front, hasSent, key, servers, state, to } = yield* started(3, 150)
        yield* Effect.promise(async () => {
          const count = 400
          const id = await begun(form(people(count)))
          const { last, positions } = await listen(front.base, key, id, "0", 20)
          const [owner = front] = (
            await Promise.all(servers.map(async (server) => ((await hasSent(server)) ? [server] : [])))
          ).flat()
          const witness = servers.find((server) => server !== front && server !== owner) ?? front
          const paused = await to(witness.base)("POST", `${runs}/${id}/pause`, { headers: { prefer: "wait=60" } })
          assert.strictEqual(at(paused.json, "run", "status", "_tag"), "Paused", paused.text)
          assert.include(paused.text, "paused by key first")
          const resumed = await to(witness.base)("POST", `${runs}/${id}/resume`, { headers: { prefer: "wait=0" } })
          assert.strictEqual(at(resumed.json, "run", "status", "_tag"), "Running", resumed.text)

          const rest = listen(witness.base, key, id, last)
          await listen(witness.base, key, id, last, 40)
          for (const server of new Set([front, owner])) {
            server.kill("SIGKILL")
            await server.ended
          }
          const heard = await rest
          assert.isTrue(heard.isEnd)
          assert.strictEqual(heard.statuses.at(-1), "Completed")
          const all = [...positions, ...heard.positions]
          assert.lengthOf(all, count)
          assert.lengthOf(new Set(all), count)
          await until(to(witness.base), id, "Completed")
          assert.include(await state(), `"users":${count}`)
        })
      }).pipe(Effect.scoped),
    120_000
  )

  it.live(
    "goes on at another when its own is stopped, with nobody made twice",
    () =>
      Effect.gen(function* () {
        const { begun, hasSent, key, servers, state, to } = yield* started(2, 40)
        yield* Effect.promise(async () => {
          const count = 2000
          const id = await begun(form(people(count)))
          const atWork = async () => {
            for (const server of servers) if (await hasSent(server)) return server
            return undefined
          }
          // Nobody listens meanwhile: an answer that is still being read holds a server back, as it may for 20 seconds.
          const owner = await found(atWork)
          const witness = servers.find((server) => server !== owner) ?? owner
          assert.isFalse(await hasSent(witness))
          owner.kill("SIGTERM")
          await found(async () => ((await hasSent(witness)) ? true : undefined))
          const rest = await listen(witness.base, key, id)
          assert.lengthOf(new Set(rest.positions), count)
          await until(to(witness.base), id, "Completed")
          assert.include(await state(), `"users":${count}`)
        })
      }).pipe(Effect.scoped),
    60_000
  )
})
