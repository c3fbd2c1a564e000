// The SCIM client over the platform's HTTP client, side by side with a bare undici pool and JSON.parse: 32 reads in
// flight, and a list of 100,000 users page by page, both from a plain node:http server in another process. Rounds
// alternate, so that both see the same machine. Throughput is what a user feels; CPU time is this process's own and
// stays the same when others work on the machine. `node client.ts get ours` runs one side alone, for a profiler and for
// the memory of a process that has done nothing before; `get` may be 100 or 1000, for a list in pages of so many.
import { fork } from "node:child_process"
import { once } from "node:events"
import { Effect, Layer, Redacted, Stream } from "effect"
import { Pool } from "undici"
import type { ScimClientOperations } from "../packages/core/src/scim/ScimClient.ts"
import * as ScimClient from "../packages/core/src/scim/ScimClient.ts"
import * as BridgeUrl from "../packages/core/src/setup/BridgeUrl.ts"
import * as NodeDomainResolver from "../packages/platform-node/src/dns/NodeDomainResolver.ts"
import * as ScimHttpClient from "../packages/platform-node/src/http/ScimHttpClient.ts"
import { people } from "./stub.ts"

const rounds = Number(process.env["ROUNDS"] ?? 9)
const requests = Number(process.env["REQUESTS"] ?? 6000)
const inFlight = 32
const accept = "application/scim+json, application/json;q=0.9"

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

interface Cost {
  /** Milliseconds of the wall clock. */
  readonly took: number
  /** Milliseconds of this process on a CPU. */
  readonly cpu: number
  /** Bytes of memory at the worst, above where it began. */
  readonly growth: number
}

/** Runs once and says what it cost. */
const costOf = async (run: () => Promise<void>): Promise<Cost> => {
  const before = process.memoryUsage.rss()
  let highest = before
  const watching = setInterval(() => (highest = Math.max(highest, process.memoryUsage.rss())), 20)
  const cpuBefore = process.cpuUsage()
  const start = performance.now()
  await run()
  const took = performance.now() - start
  const { system, user } = process.cpuUsage(cpuBefore)
  clearInterval(watching)
  return { took, cpu: (system + user) / 1000, growth: Math.max(highest, process.memoryUsage.rss()) - before }
}

type Side = () => Promise<void>

const row = async (name: string, units: number, ours: Side, bare: Side, times: number): Promise<void> => {
  const warm = { ours: await costOf(ours), bare: await costOf(bare) }
  const costs: Array<{ readonly ours: Cost; readonly bare: Cost }> = []
  for (let round = 0; round < times; round++) costs.push({ ours: await costOf(ours), bare: await costOf(bare) })
  const rate = (side: "ours" | "bare") => (units * 1000) / median(costs.map((cost) => cost[side].took))
  const ratios = (of: "took" | "cpu") => costs.map((cost) => cost.bare[of] / cost.ours[of])
  const spread = (values: ReadonlyArray<number>) =>
    `${median(values).toFixed(2)} (${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)})`
  // The most that any run grew, the first one and its compiled code included.
  const grown = (side: "ours" | "bare") =>
    (Math.max(...[warm, ...costs].map((cost) => cost[side].growth)) / 2 ** 20).toFixed(0)
  process.stdout.write(
    `${name.padEnd(24)} ${rate("ours").toFixed(0).padStart(8)}/s ${rate("bare").toFixed(0).padStart(8)}/s  ` +
      `${spread(ratios("took"))}  ${spread(ratios("cpu"))}  ${grown("ours")} MB, ${grown("bare")} MB\n`
  )
}

const together = (size: number, one: () => Promise<void>): Promise<unknown> => {
  let left = size
  const worker = async () => {
    while (left-- > 0) await one()
  }
  return Promise.all(Array.from({ length: inFlight }, worker))
}

/** Both sides of every comparison. */
const sides = (client: ScimClientOperations, pool: Pool) => {
  const headers = { accept, authorization: "Bearer token" }
  const bareGet = async (path: string): Promise<object> => {
    const { body } = await pool.request({ method: "GET", path, headers })
    const parsed: object = JSON.parse(await body.text())
    return parsed
  }
  const ids = Array.from({ length: requests }, (_, index) => String(index))
  const proved = (rows: number) => {
    if (rows !== people) throw new Error(`${rows} users were listed`)
  }
  return {
    get: {
      ours: () =>
        Effect.runPromise(
          Effect.forEach(ids, (id) => client.get("Users", id), { concurrency: inFlight, discard: true })
        ),
      bare: async () => void (await together(requests, async () => void (await bareGet("/Users/1"))))
    },
    list: (count: number) => ({
      ours: () =>
        Effect.runPromise(
          Effect.map(
            Stream.runFold(
              client.list("Users", { count }),
              () => 0,
              (rows) => rows + 1
            ),
            proved
          )
        ),
      bare: async () => {
        let rows = 0
        while (rows < people) {
          const page: { readonly Resources?: ReadonlyArray<object> } = await bareGet(
            `/Users?startIndex=${rows + 1}&count=${count}`
          )
          for (const _ of page.Resources ?? []) rows++
        }
        proved(rows)
      }
    })
  }
}

const stub = fork(new URL("stub.ts", import.meta.url), { stdio: "inherit", execArgv: [] })
const [address]: Array<{ readonly port: number }> = await once(stub, "message")
const origin = `http://127.0.0.1:${address?.port}`

const program = Effect.gen(function* () {
  const client = yield* ScimClient.make({
    baseUrl: yield* Effect.fromResult(BridgeUrl.parse(origin, { allowPrivateNetwork: true })),
    token: Redacted.make("token"),
    allowPrivateNetwork: true
  })
  const pool = new Pool(origin, { connections: inFlight, allowH2: false })
  const { get, list } = sides(client, pool)
  const [, , what, side] = process.argv
  yield* Effect.promise(async () => {
    if (what !== undefined) {
      const chosen = what === "get" ? get : list(Number(what))
      for (let round = 1; round <= rounds; round++) {
        const { cpu, growth, took } = await costOf(chosen[side === "bare" ? "bare" : "ours"])
        process.stdout.write(
          `${round}: ${took.toFixed(0)} ms, CPU ${cpu.toFixed(0)} ms, ${(growth / 2 ** 20).toFixed(0)} MB\n`
        )
      }
    } else {
      process.stdout.write(
        `median of ${rounds}; ours, bare, ratio of throughput, ratio of CPU time, most memory growth\n`
      )
      await row(`get, ${inFlight} in flight`, requests, get.ours, get.bare, rounds)
      for (const count of [100, 1000]) {
        const { bare, ours } = list(count)
        await row(`list, pages of ${count}`, people, ours, bare, Math.ceil(rounds / 2))
      }
    }
    await pool.close()
  })
})

await Effect.runPromise(
  program.pipe(Effect.provide(Layer.provide(ScimHttpClient.layer(), NodeDomainResolver.layer())), Effect.scoped)
)
stub.disconnect()
