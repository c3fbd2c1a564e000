/** A run on three servers that share a PostgreSQL: asked for through one, carried out by any, seen through another. */
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
const count = 400

describe.runIf(isThere)("a run on three servers", () => {
  it.live(
    "is paused through any, and seen to its end through one when the others are killed",
    () =>
      Effect.gen(function* () {
        const { location } = yield* postgres.fresh
        yield* Effect.promise(async () => {
          const place = await sandbox({ users: 0 })
          const directory = temporary()
          const serve = () =>
            runServer([...labArgs(directory, place), "--rate-limit", "10000"], { DATABASE_URL: location[1] })
          const front = await serve()
          const { key = "" } = front
          const servers = [front, ...(await Promise.all([serve(), serve()]))]
          const to =
            (base: string) =>
            (method: string, path: string, options: Call = {}) =>
              call(base, method, path, { key, ...options })
          await connect(to(front.base), place)
          await control(place, "faults", { kind: "latency", ms: 150, match: { method: "POST" } })

          /** How many requests to create somebody a server has sent. */
          const sent = async ({ base }: typeof front): Promise<number> => {
            const { text } = await to(base)("GET", "/metrics")
            const lines = text.split("\n").filter((line) => /^scim_client_requests\{.*method="POST"/.test(line))
            return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0)
          }
          const before = new Map(
            await Promise.all(servers.map(async (server) => [server, await sent(server)] as const))
          )
          const hasSent = async (server: typeof front) => (await sent(server)) > (before.get(server) ?? 0)

          const runs = "/v1/connections/acme/runs"
          const id = runIdOf(await upload(front.base, key, runs, form(people(count)), { prefer: "wait=0" }))
          const { last, positions } = await listen(front.base, key, id, "0", 20)
          const [owner = front] = (
            await Promise.all(servers.map(async (server) => ((await hasSent(server)) ? [server] : [])))
          ).flat()
          const witness = servers.find((server) => server !== front && server !== owner) ?? front
          const paused = await to(witness.base)("POST", `${runs}/${id}/pause`, { headers: { prefer: "wait=60" } })
          assert.strictEqual(at(paused.json, "run", "status", "_tag"), "Paused", paused.text)
          assert.include(paused.text, "paused by key first")
          await to(witness.base)("POST", `${runs}/${id}/resume`, { headers: { prefer: "respond-async" } })

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
          const state = await (await fetch(`${place.controlUrl}/state`)).text()
          assert.include(state, `"users":${count}`)
        })
      }).pipe(Effect.scoped),
    120_000
  )
})
