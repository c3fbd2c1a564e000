// The SCIM client against a server that takes 100 requests per second and bans whoever does not listen, side by side
// with a loop over undici that waits as long as Retry-After says: 32 in flight each, all four at the same time, each with
// a limit of its own, until our side has read what it was to read from both kinds of limit.
import { fork } from "node:child_process"
import { once } from "node:events"
import { setTimeout as sleep } from "node:timers/promises"
import { Effect, Layer, Redacted } from "effect"
import { Pool } from "undici"
import * as ScimClient from "../packages/core/src/scim/ScimClient.ts"
import * as BridgeUrl from "../packages/core/src/setup/BridgeUrl.ts"
import * as NodeDomainResolver from "../packages/platform-node/src/dns/NodeDomainResolver.ts"
import * as ScimHttpClient from "../packages/platform-node/src/http/ScimHttpClient.ts"
import type { Tally } from "./limitedStub.ts"

const requests = Number(process.env["REQUESTS"] ?? 10_000)
const inFlight = 32
const kinds = ["bucket", "window"] as const

const stub = fork(new URL("limitedStub.ts", import.meta.url), { stdio: "inherit", execArgv: [] })
const [address]: Array<{ readonly port: number }> = await once(stub, "message")
const origin = `http://127.0.0.1:${address?.port}`
const pool = new Pool(origin, { connections: 2 * inFlight, allowH2: false })

const report = async (kind: string, token: string, started: number): Promise<void> => {
  const seconds = (performance.now() - started) / 1000
  const headers = { authorization: `Bearer ${token}` }
  const { body } = await pool.request({ method: "GET", path: `/tally/${kind}`, headers })
  const tally: Tally = JSON.parse(await body.text())
  process.stdout.write(
    `${kind.padEnd(8)} ${token.padEnd(6)} ${(tally.accepted / seconds).toFixed(1).padStart(6)}/s accepted ` +
      `(${tally.accepted} in ${seconds.toFixed(0)} s), ${tally.refused} refused, ` +
      `${tally.bans === 0 ? "never banned" : `banned ${tally.bans} times`}\n`
  )
}

const ours = (kind: string) =>
  Effect.gen(function* () {
    const client = yield* ScimClient.make({
      baseUrl: yield* Effect.fromResult(BridgeUrl.parse(`${origin}/${kind}`, { allowPrivateNetwork: true })),
      token: Redacted.make("ours"),
      allowPrivateNetwork: true
    })
    const started = performance.now()
    const ids = Array.from({ length: requests }, (_, index) => String(index))
    yield* Effect.forEach(ids, (id) => client.get("Users", id), { concurrency: inFlight, discard: true })
    yield* Effect.promise(() => report(kind, "ours", started))
  })

const naive = async (kind: string, isOver: () => boolean): Promise<void> => {
  const headers = { authorization: "Bearer naive" }
  const started = performance.now()
  const worker = async () => {
    while (!isOver()) {
      const answer = await pool.request({ method: "GET", path: `/${kind}/Users/1`, headers })
      await answer.body.text()
      const until = performance.now() + Number(answer.headers["retry-after"] ?? 0) * 1000
      // In small steps, so that the end is not slept through.
      while (!isOver() && performance.now() < until) await sleep(Math.min(200, until - performance.now()))
    }
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
  await report(kind, "naive", started)
}

let isOver = false
const loops = kinds.map((kind) => naive(kind, () => isOver))
await Effect.runPromise(
  Effect.forEach(kinds, ours, { concurrency: "unbounded", discard: true }).pipe(
    Effect.provide(Layer.provide(ScimHttpClient.layer(), NodeDomainResolver.layer())),
    Effect.scoped
  )
)
isOver = true
await Promise.all(loops)
await pool.close()
stub.disconnect()
