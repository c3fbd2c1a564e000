// The HTTP API: GET /v1/connections/:id against Fastify with the same bytes and the same key look-up, and what of it the
// platform takes for itself, rounds interleaved, each with its throughput, CPU time and slowest hundredth; 10,000 connections listed page by page; 1,000 listeners of one connection's events; start to ready.
import { DateTime, Effect } from "effect"
import { fork } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { connect } from "node:net"
import type { Socket } from "node:net"
import { loadavg, tmpdir } from "node:os"
import { join } from "node:path"
import { Pool } from "undici"
import { Journal } from "../packages/core/src/ports/Journal.ts"
import { ConnectionId } from "../packages/core/src/setup/ConnectionId.ts"
import { layerEmbedded } from "../packages/platform-node/src/store/Storage.ts"
import type { Api } from "./apiProcess.ts"
import { cpuOf, startApi } from "./apiProcess.ts"

const rounds = Number(process.env["ROUNDS"] ?? 9)
const requests = Number(process.env["REQUESTS"] ?? 6000)
const connections = Number(process.env["CONNECTIONS"] ?? 10_000)
const listeners = Number(process.env["LISTENERS"] ?? 1000)
const inFlight = 32
const pageSize = 200

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const sorted = (values: ReadonlyArray<number>): ReadonlyArray<number> => values.toSorted((a, b) => a - b)
const at = (values: ReadonlyArray<number>, part: number): number =>
  sorted(values)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? 0
const median = (values: ReadonlyArray<number>): number => at(values, 0.5)
const range = (values: ReadonlyArray<number>, digits: number): string =>
  `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)})`
const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MB`

const directory = mkdtempSync(join(tmpdir(), "loom-scim-bench-"))

const begin = Effect.gen(function* () {
  const journal = yield* Journal
  const now = yield* DateTime.now
  for (let index = 0; index < connections; index++) {
    const connectionId = ConnectionId.make(`c-${index}`)
    const event = { _tag: "Begun", name: `Company ${index}` } as const
    yield* journal.append(connectionId, 0, [
      { connectionId, sequence: 1, at: now, actor: { name: "bench", face: "api" }, event }
    ])
  }
})

const starts = async (): Promise<void> => {
  const [took, rss]: [Array<number>, Array<number>] = [[], []]
  for (let round = 0; round <= rounds; round++) {
    const api = await startApi(directory)
    // The first start fills Node's compile cache, as the first start on a machine does.
    if (round > 0) {
      took.push(api.readyAfter)
      rss.push(api.rss())
    }
    await api.stop()
  }
  say(`start to ready               ${range(took, 0)} ms, ${megabytes(Math.max(...rss))}   limits 600 ms, 150 MB`)
}

interface Round {
  readonly perSecond: number
  readonly p99: number
  /** Microseconds of CPU time a request, of the server's process. */
  readonly cpu: number
}

const path = "/v1/connections/c-0"

interface Side {
  readonly url: string
  readonly pid: number
}

const measure = async (pool: Pool, { pid }: Side, authorization: string, expected: string): Promise<Round> => {
  const times: Array<number> = []
  let left = requests
  const used = cpuOf(pid)
  const start = performance.now()
  const worker = async () => {
    while (left-- > 0) {
      const sent = performance.now()
      const { body } = await pool.request({ method: "GET", path, headers: { authorization } })
      if ((await body.text()) !== expected) throw new Error("another answer")
      times.push(performance.now() - sent)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
  const perSecond = (requests * 1000) / (performance.now() - start)
  return { perSecond, p99: at(times, 0.99), cpu: ((cpuOf(pid) - used) * 1e6) / requests }
}

/** Starts a server beside ours, in a process of its own; it ends with this one. */
const beside = async (file: string, args: ReadonlyArray<string>) => {
  const child = fork(new URL(file, import.meta.url), args, {
    stdio: "inherit",
    execArgv: ["--max-semi-space-size=8", "--no-warnings"]
  })
  const [address]: Array<{ readonly port: number }> = await Promise.race([
    once(child, "message"),
    once(child, "exit").then((): never => {
      throw new Error(`${file} did not start`)
    })
  ])
  const side: Side = { url: `http://127.0.0.1:${address?.port}`, pid: child.pid ?? 0 }
  return { side, stop: () => child.disconnect() }
}

const gets = async (api: Api, key: string): Promise<void> => {
  const authorization = `Bearer ${key}`
  const answer = await fetch(`${api.url}${path}`, { headers: { authorization } })
  const [body, etag] = [await answer.text(), answer.headers.get("etag") ?? ""]
  const fastify = await beside("apiStub.ts", [join(directory, "loom-scim.db"), body, etag])
  const floor = await beside("apiFloor.ts", ["Company 0"])
  const sides = { ours: api, floor: floor.side, fastify: fastify.side }
  const pools = {
    ours: new Pool(sides.ours.url, { connections: inFlight }),
    floor: new Pool(sides.floor.url, { connections: inFlight }),
    fastify: new Pool(sides.fastify.url, { connections: inFlight })
  }
  const round = async () => ({
    ours: await measure(pools.ours, sides.ours, authorization, body),
    floor: await measure(pools.floor, sides.floor, authorization, body),
    fastify: await measure(pools.fastify, sides.fastify, authorization, body)
  })
  await round()
  const results: Array<Awaited<ReturnType<typeof round>>> = []
  for (let count = 0; count < rounds; count++) results.push(await round())
  const ratios = (name: "ours" | "floor", of: (ours: Round, fastify: Round) => number) =>
    range(
      results.map((result) => of(result[name], result.fastify)),
      2
    )
  const middle = (name: keyof typeof pools, of: keyof Round) => median(results.map((result) => result[name][of]))
  for (const name of ["ours", "floor"] as const) {
    say(
      `get, ${inFlight} in flight, ${name.padEnd(5)}     ${middle(name, "perSecond").toFixed(0)}/s, ` +
        `CPU ${middle(name, "cpu").toFixed(0)} µs; to Fastify: ` +
        `throughput ${ratios(name, (ours, theirs) => ours.perSecond / theirs.perSecond)}, ` +
        `p99 ${ratios(name, (ours, theirs) => ours.p99 / theirs.p99)}${name === "ours" ? "   goals 0.5, 3" : ""}`
    )
  }
  say(
    `  Fastify                    ${middle("fastify", "perSecond").toFixed(0)}/s, CPU ${middle("fastify", "cpu").toFixed(0)} µs`
  )
  await Promise.all(Object.values(pools).map((pool) => pool.close()))
  fastify.stop()
  floor.stop()
}

const pages = async (api: Api, key: string): Promise<void> => {
  const times: Array<number> = []
  let rows = 0
  for (let cursor: string | null = ""; cursor !== null;) {
    const start = performance.now()
    const after: string = cursor === "" ? "" : `&cursor=${cursor}`
    const answer = await fetch(`${api.url}/v1/connections?limit=${pageSize}${after}`, {
      headers: { authorization: `Bearer ${key}` }
    })
    const page: { readonly items: ReadonlyArray<object>; readonly nextCursor: string | null } = await answer.json()
    times.push(performance.now() - start)
    rows += page.items.length
    cursor = page.nextCursor
  }
  if (rows !== connections) throw new Error(`${rows} connections were listed`)
  const tenth = Math.ceil(times.length / 10)
  const [first, last] = [median(times.slice(1, tenth + 1)), median(times.slice(-tenth))]
  say(
    `${connections} in pages of ${pageSize}       first ${first.toFixed(1)} ms, last ${last.toFixed(1)} ms a page, ` +
      `ratio ${(last / first).toFixed(2)}   flat`
  )
}

const listen = async (api: Api, key: string): Promise<void> => {
  const { hostname, port } = new URL(api.url)
  const before = api.rss()
  const sockets: Array<Socket> = []
  const head = `GET ${path}/setup/events/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\n\r\n`
  for (let index = 0; index < listeners; index++) {
    const socket = connect(Number(port), hostname)
    sockets.push(socket)
    await new Promise<void>((resolve, reject) => {
      let text = ""
      socket.on("error", reject)
      socket.setEncoding("latin1").on("data", (data: string) => {
        text = (text + data).slice(-2000)
        if (text.includes('"Begun"')) resolve()
      })
      socket.write(head)
    })
  }
  let most = api.rss()
  for (let second = 0; second < 10; second++) {
    await new Promise((resolve) => setTimeout(resolve, 1000))
    most = Math.max(most, api.rss())
  }
  say(`${listeners} listeners for 10 s      ${megabytes(most)}, ${megabytes(before)} before   limit 300 MB`)
  for (const socket of sockets) socket.destroy()
}

// The first start makes the key and the store, which is then filled while nobody serves it.
const first = await startApi(directory)
await first.stop()
await Effect.runPromise(Effect.provide(begin, layerEmbedded({ directory, face: "api" })))
const [load = 0] = loadavg()
say(`median of ${rounds}; lowest and highest round in brackets; load ${load.toFixed(1)} at the start`)
await starts()
const api = await startApi(directory)
try {
  const [, , only] = process.argv
  if (only === undefined || only === "get") await gets(api, first.key)
  if (only === undefined || only === "pages") await pages(api, first.key)
  if (only === undefined || only === "listeners") await listen(api, first.key)
} finally {
  await api.stop()
  rmSync(directory, { recursive: true, force: true })
}
