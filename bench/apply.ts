// A run that creates 10,000 people, journal and all, side by side with a bare undici loop of the same POSTs with the same
// number in flight: against a server that answers at once, which leaves nothing but overhead to be seen, and against one
// that takes as long as a near one does. Rounds alternate in one run. Prints requests, wall time, CPU time and ratios.
import { fork } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Layer } from "effect"
import { Pool } from "undici"
import { careful } from "../packages/core/src/provisioning/Guard.ts"
import { RunService } from "../packages/core/src/runs/RunService.ts"
import { ConnectionId } from "../packages/core/src/setup/ConnectionId.ts"
import { layerEmbedded } from "../packages/platform-node/src/store/Storage.ts"
import * as Engine from "../packages/platform-node/src/workflow/Engine.ts"
import { connected, planOf, resourceOf } from "./people.ts"

const people = Number(process.env["PEOPLE"] ?? 10_000)
const rounds = Number(process.env["ROUNDS"] ?? 3)
const latencies = (process.env["LATENCIES"] ?? "0,20").split(",").map(Number)
const inFlight = 32

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

const plan = planOf(people)
const id = ConnectionId.make("bench")

/** A new store each time, so that every run begins with nothing. */
const layers = (directory: string, origin: string) =>
  RunService.layer({ drives: "followed" }).pipe(
    Layer.provideMerge(connected(origin)),
    Layer.provide(Engine.layer),
    Layer.provideMerge(layerEmbedded({ directory, face: "cli" }))
  )

interface Cost {
  readonly took: number
  readonly cpu: number
}

const costOf = async (run: () => Promise<void>): Promise<Cost> => {
  const cpuBefore = process.cpuUsage()
  const start = performance.now()
  await run()
  const { system, user } = process.cpuUsage(cpuBefore)
  return { took: performance.now() - start, cpu: (system + user) / 1000 }
}

const ours = async (origin: string): Promise<Cost> => {
  const directory = mkdtempSync(join(tmpdir(), "loom-scim-apply-"))
  const cost = await Effect.runPromise(
    Effect.gen(function* () {
      const { begin, follow } = yield* RunService
      return yield* Effect.promise(() =>
        costOf(() =>
          Effect.runPromise(
            Effect.gen(function* () {
              const by = { name: "bench", face: "cli" } as const
              const source = "bench"
              const common = { connectionId: id, parent: null, source, plan, policy: careful, by, recognised: [] }
              const run = yield* begin({ ...common, kind: "reconcile" })
              const { status } = yield* follow(run.id)
              if (status._tag !== "Completed") throw new Error(`the run is ${status._tag}`)
            })
          )
        )
      )
    }).pipe(Effect.provide(layers(directory, origin)), Effect.scoped)
  )
  rmSync(directory, { recursive: true })
  return cost
}

const bare = (origin: string): Promise<Cost> =>
  costOf(async () => {
    const pool = new Pool(origin, { connections: inFlight, allowH2: false })
    const headers = { authorization: "Bearer token", "content-type": "application/scim+json" }
    let next = 0
    const worker = async () => {
      while (next < people) {
        const body = JSON.stringify(resourceOf(next++))
        const answer = await pool.request({ method: "POST", path: "/Users", headers, body })
        const created: { readonly id?: string } = JSON.parse(await answer.body.text())
        if (created.id === undefined) throw new Error("it has no id")
      }
    }
    await Promise.all(Array.from({ length: inFlight }, worker))
    await pool.close()
  })

const compare = async (latency: number): Promise<void> => {
  const env = { ...process.env, LATENCY: String(latency) }
  const stub = fork(new URL("applyStub.ts", import.meta.url), { stdio: "inherit", execArgv: [], env })
  const [address]: Array<{ readonly port: number }> = await once(stub, "message")
  const origin = `http://127.0.0.1:${address?.port}`
  const counted = async (): Promise<number> => {
    stub.send("count")
    const [{ requests } = { requests: 0 }]: Array<{ readonly requests: number }> = await once(stub, "message")
    return requests
  }
  await bare(origin)
  await counted()
  const costs: Array<{ readonly ours: Cost; readonly bare: Cost; readonly requests: number }> = []
  for (let round = 0; round < rounds; round++) {
    const mine = await ours(origin)
    const requests = await counted()
    costs.push({ ours: mine, bare: await bare(origin), requests })
    await counted()
  }
  const ratios = costs.map((cost) => cost.ours.took / cost.bare.took)
  const seconds = (side: "ours" | "bare", of: keyof Cost) =>
    `${(median(costs.map((cost) => cost[side][of])) / 1000).toFixed(2)} s`
  process.stdout.write(
    `${String(latency).padStart(3)} ms  ${median(costs.map((cost) => cost.requests)) / people} requests a person  ` +
      `ours ${seconds("ours", "took")} (CPU ${seconds("ours", "cpu")}), bare ${seconds("bare", "took")} ` +
      `(CPU ${seconds("bare", "cpu")})  ratio ${median(ratios).toFixed(2)} ` +
      `(${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})\n`
  )
  stub.disconnect()
}

process.stdout.write(`${people} people are created, ${inFlight} in flight, median of ${rounds}\n`)
for (const latency of latencies) await compare(latency)
