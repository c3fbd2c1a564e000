// A run that creates 10,000 people, journal and all, side by side with a bare undici loop of the same POSTs with the same
// number in flight: against a server that answers at once, which leaves nothing but overhead to be seen, and against one
// that takes as long as a near one does. Rounds alternate in one run. Prints requests, wall time, CPU time and ratios.
import { fork } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DateTime, Effect, Layer, Redacted } from "effect"
import { Pool } from "undici"
import { ConnectedClient } from "../packages/core/src/operations/ConnectedClient.ts"
import { Fingerprint, Vault } from "../packages/core/src/ports/Vault.ts"
import type { Action } from "../packages/core/src/provisioning/Action.ts"
import { careful } from "../packages/core/src/provisioning/Guard.ts"
import type { Plan } from "../packages/core/src/provisioning/Plan.ts"
import { RunService } from "../packages/core/src/runs/RunService.ts"
import { userUrn } from "../packages/core/src/scim/Schemas.ts"
import * as BridgeUrl from "../packages/core/src/setup/BridgeUrl.ts"
import { ConnectionId } from "../packages/core/src/setup/ConnectionId.ts"
import { SetupService } from "../packages/core/src/setup/SetupService.ts"
import { initial } from "../packages/core/src/setup/State.ts"
import * as NodeDomainResolver from "../packages/platform-node/src/dns/NodeDomainResolver.ts"
import * as ScimHttpClient from "../packages/platform-node/src/http/ScimHttpClient.ts"
import { layerEmbedded } from "../packages/platform-node/src/store/Storage.ts"
import * as Engine from "../packages/platform-node/src/workflow/Engine.ts"

const people = Number(process.env["PEOPLE"] ?? 10_000)
const rounds = Number(process.env["ROUNDS"] ?? 3)
const inFlight = 32

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

const resourceOf = (index: number) => ({
  schemas: [userUrn],
  externalId: `e${index}`,
  userName: `person${index}@example.com`,
  name: { givenName: `Given ${index}`, familyName: `Family ${index}` },
  emails: [{ value: `person${index}@example.com`, type: "work", primary: true }],
  active: true
})

const plan: Plan = {
  version: 1,
  census: { people, duplicates: 0, users: 0, managed: 0, unmanaged: 0, admins: 0 },
  withheld: [],
  counts: { Create: people },
  skipped: {},
  actions: Array.from({ length: people }, (_, index): Action => {
    const label = `person${index}@example.com`
    return { _tag: "Create", key: `e${index}`, label, at: null, reason: "newInSource", resource: resourceOf(index) }
  })
}

const id = ConnectionId.make("bench")
const at = DateTime.makeUnsafe("2026-11-24T00:00:00Z")
const evidence = { _tag: "Checked", by: "scim-probe", at, saw: "200" } as const

/** A new store each time, so that every run begins with nothing. */
const layers = (directory: string, url: BridgeUrl.BridgeUrl) => {
  const state = {
    ...initial,
    bridgeUrl: { url, allowPrivateNetwork: true, evidence },
    token: {
      fingerprint: Fingerprint.make("0123456789ab"),
      obtainedAt: at,
      expiresAt: null,
      expiryAssumed: false,
      lapsed: null
    },
    deprovisioning: "deactivate",
    connected: { at, evidence }
  } as const
  const vault = Layer.mock(Vault)({ open: () => Effect.succeed(Redacted.make("token")) })
  const setup = Layer.mock(SetupService)({ get: () => Effect.succeed({ id, state }) })
  const http = ScimHttpClient.layer().pipe(Layer.provide(NodeDomainResolver.layer()), Layer.orDie)
  return RunService.layer({ drives: "followed" }).pipe(
    Layer.provideMerge(Layer.merge(setup, ConnectedClient.layer.pipe(Layer.provide([vault, http])))),
    Layer.provide(Engine.layer),
    Layer.provideMerge(layerEmbedded({ directory, face: "cli" }))
  )
}

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

const ours = async (url: BridgeUrl.BridgeUrl): Promise<Cost> => {
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
    }).pipe(Effect.provide(layers(directory, url)), Effect.scoped)
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
  const url = Effect.runSync(Effect.fromResult(BridgeUrl.parse(origin, { allowPrivateNetwork: true })))
  const counted = async (): Promise<number> => {
    stub.send("count")
    const [{ requests } = { requests: 0 }]: Array<{ readonly requests: number }> = await once(stub, "message")
    return requests
  }
  await bare(origin)
  await counted()
  const costs: Array<{ readonly ours: Cost; readonly bare: Cost; readonly requests: number }> = []
  for (let round = 0; round < rounds; round++) {
    const mine = await ours(url)
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
for (const latency of [0, 20]) await compare(latency)
