// Runs on several nodes: 10,000 people are created from one, two and three processes that share a PostgreSQL, against a
// server that takes so long for each answer. One run is one node's, so more nodes do not hasten it; three runs on three
// connections are shared out. Needs a PostgreSQL, see LOOM_SCIM_TEST_POSTGRES; without one it says so and does nothing.
import { Effect } from "effect"
import { fork } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { once } from "node:events"
import { loadavg } from "node:os"
import { setTimeout as sleep } from "node:timers/promises"
import { postgres, postgresAnswers } from "../packages/platform-node/test/store/backend.ts"

const people = Number(process.env["PEOPLE"] ?? 10_000)
const latency = Number(process.env["LATENCY"] ?? 20)
const most = Number(process.env["NODES"] ?? 3)
const sideBySide = 3
/** By then every node has its share of the work: they look once a second who else is there. */
const settling = 4000

const say = (line: string): void => void process.stdout.write(`${line}\n`)

interface Said {
  readonly _tag: "ready" | "over" | "used"
  readonly cpu?: number
}

/** Waits until a node says that; it has to be asked for before the node can say it. */
const said = (node: ChildProcess, tag: Said["_tag"]): Promise<Said> =>
  new Promise((resolve, reject) => {
    const hear = (message: Said) => {
      if (message._tag !== tag) return
      node.off("message", hear)
      resolve(message)
    }
    node.on("message", hear)
    node.once("exit", () => reject(new Error("a node ended")))
  })

interface Took {
  readonly seconds: number
  /** CPU seconds of each node while the runs went on. */
  readonly cpu: ReadonlyArray<number>
}

const usedBy = (nodes: ReadonlyArray<ChildProcess>): Promise<ReadonlyArray<number>> =>
  Promise.all(
    nodes.map(async (node) => {
      const answer = said(node, "used")
      node.send("used")
      return (await answer).cpu ?? 0
    })
  )

const begun = (node: ChildProcess, connection: string): Promise<Said> => {
  const over = said(node, "over")
  node.send({ connection, people })
  return over
}

/** So many runs on so many nodes, on a database of its own. */
const measured = (runs: number, count: number, origin: string): Promise<Took> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.flatMap(postgres.fresh, ({ directory, location: [, database] }) =>
        Effect.promise(async () => {
          const nodes: Array<ChildProcess> = []
          for (let index = 0; index < count; index++) {
            const args = [`node-${index}`, directory, database, origin]
            const node = fork(new URL("nodesNode.ts", import.meta.url), args, {
              stdio: "inherit",
              execArgv: ["--max-semi-space-size=8", "--no-warnings"]
            })
            nodes.push(node)
            await said(node, "ready")
          }
          await sleep(settling)
          const before = await usedBy(nodes)
          const start = performance.now()
          const overs = Array.from({ length: runs }, (_, run) => {
            const node = nodes[run % count]
            if (node === undefined) throw new Error("no node")
            return begun(node, `bench-${run}`)
          })
          await Promise.all(overs)
          const seconds = (performance.now() - start) / 1000
          const after = await usedBy(nodes)
          for (const node of nodes) {
            const ended = once(node, "exit")
            node.disconnect()
            await ended
          }
          return { seconds, cpu: after.map((used, index) => (used - (before[index] ?? 0)) / 1000) }
        })
      )
    )
  )

const compare = async (runs: number, origin: string): Promise<void> => {
  let one = 0
  for (let count = 1; count <= most; count++) {
    const { cpu, seconds } = await measured(runs, count, origin)
    const perSecond = (runs * people) / seconds
    if (count === 1) one = perSecond
    say(
      `${runs === 1 ? "one run" : `${runs} runs`} on ${count}  ${seconds.toFixed(1)} s, ${perSecond.toFixed(0)} people/s, ` +
        `${(perSecond / one).toFixed(2)} of one node; CPU ${cpu.map((used) => `${used.toFixed(1)} s`).join(", ")}`
    )
  }
}

if (await Effect.runPromise(postgresAnswers)) {
  const env = { ...process.env, LATENCY: String(latency) }
  const stub = fork(new URL("applyStub.ts", import.meta.url), { stdio: "inherit", execArgv: [], env })
  const [address]: Array<{ readonly port: number }> = await once(stub, "message")
  const origin = `http://127.0.0.1:${address?.port}`
  const [load = 0] = loadavg()
  say(`${people} people a run, ${latency} ms an answer, load ${load.toFixed(1)} at the start`)
  for (const runs of [1, sideBySide]) await compare(runs, origin)
  stub.disconnect()
} else say("runs on several nodes are not measured: no PostgreSQL answers, see LOOM_SCIM_TEST_POSTGRES")
