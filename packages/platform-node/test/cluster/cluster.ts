/** Three nodes on one PostgreSQL and one server, and somebody who listens to a run on one after the other. */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { administer, postgres } from "../store/backend.ts"
import { sandbox } from "../scim/harness.ts"
import { Line } from "./line.ts"
import { Node, until } from "./node.ts"

type Server = Effect.Success<ReturnType<typeof sandbox>>

/** The nodes; those that ended are no longer among them. */
export class Cluster {
  readonly nodes: Array<Node> = []
  readonly server: Server
  /** When a frozen node was woken, in milliseconds of the epoch. */
  woken = Infinity
  readonly #directory: string
  readonly #place: string
  readonly #lines: Array<Line> = []
  readonly #all: Array<Node> = []
  readonly #runs: Array<string> = []

  constructor(directory: string, place: string, server: Server) {
    this.#directory = directory
    this.#place = place
    this.server = server
  }

  /** Starts a node; it is ready a moment later. */
  async add(name: string): Promise<Node> {
    const line = await Line.to(this.#place)
    const node = new Node(this.#directory, line, this.server, name)
    this.#lines.push(line)
    this.#all.push(node)
    this.nodes.push(node)
    await Promise.all(this.#runs.map((run) => node.ask("watch", run)))
    return node
  }

  /** Begins a run on a node, to so many people without the first ones. */
  async begin(node: Node, count: number, without = 0): Promise<string> {
    const run = await node.ask("begin", count, without)
    this.#runs.push(run)
    await Promise.all(this.nodes.map((one) => one.ask("watch", run)))
    return run
  }

  /** The node that has done so much more of a run by itself since this was asked. */
  async owner(run: string, done: number): Promise<Node> {
    const before = new Map(this.nodes.map((node) => [node, node.owned(run)]))
    return until(`a node at work on ${run}`, () =>
      this.nodes.find((node) => node.owned(run) - (before.get(node) ?? 0) >= done)
    )
  }

  /** A node that is not this one. */
  other(...nodes: ReadonlyArray<Node>): Node {
    const found = this.nodes.find((node) => !nodes.includes(node))
    if (found === undefined) throw new Error("there is no other node")
    return found
  }

  async end(node: Node, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    this.nodes.splice(this.nodes.indexOf(node), 1)
    await node.end(signal)
  }

  wake(node: Node): void {
    this.woken = Date.now()
    node.signal("SIGCONT")
  }

  /** Has the server take a second for each creation, or no longer. */
  async slow(isSlow: boolean): Promise<void> {
    const latency = this.server.fault({ kind: "latency", ms: 1000 }, { match: { method: "POST" } })
    await Effect.runPromise(isSlow ? latency : this.server.mend)
  }

  /** Nobody can use the database for so long. */
  async outage(millis: number): Promise<void> {
    const name = new URL(this.#place).pathname.slice(1)
    const terminate = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`
    await Effect.runPromise(administer(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`))
    await Effect.runPromise(administer(terminate))
    await new Promise((resolve) => setTimeout(resolve, millis))
    await Effect.runPromise(administer(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`))
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map((node) => node.end("SIGKILL")))
    await Promise.all(this.#lines.map((line) => line.close()))
  }
}

/** Three nodes for the length of a test. */
export const cluster = Effect.gen(function* () {
  const { directory, location } = yield* Effect.orDie(postgres.fresh)
  const server = yield* sandbox()
  const made = new Cluster(directory, location[1], server)
  yield* Effect.addFinalizer(() => Effect.promise(() => made.close()))
  yield* Effect.promise(() => Promise.all(["a", "b", "c"].map((name) => made.add(name))))
  return { cluster: made, server }
})

/** Checks that a server met every write once, also those whose answer nobody was there to hear. */
export const wroteOnce = (writes: Readonly<Record<string, number>>, once: Readonly<Record<string, number>>): void => {
  const unknown = new Set(Object.keys(writes))
  for (const [write, count] of Object.entries(once)) {
    const unheard = write.replace(/\d+$/, "null")
    assert.isAtMost(writes[write] ?? 0, count, write)
    assert.isAtLeast((writes[write] ?? 0) + (writes[unheard] ?? 0), count, write)
    unknown.delete(write)
    unknown.delete(unheard)
  }
  assert.deepStrictEqual([...unknown], [])
}

/** Somebody who listens to the progress of a run, and goes on at another node when the first is gone. */
export class Listener {
  readonly #run: string
  readonly #heard: Array<readonly [cursor: number, position: number]> = []
  #node: Node
  #feed = 0

  private constructor(run: string, node: Node) {
    this.#run = run
    this.#node = node
  }

  static async at(run: string, node: Node): Promise<Listener> {
    const listener = new Listener(run, node)
    await listener.#listen()
    return listener
  }

  async #listen(): Promise<void> {
    const asked = this.#node.ask("feed", this.#run, this.#heard.at(-1)?.[0] ?? 0)
    this.#feed = this.#node.asked
    await asked
  }

  /** Cursors and positions of all outcomes, as they were heard. */
  get heard(): ReadonlyArray<readonly [cursor: number, position: number]> {
    const start = `item ${this.#feed} `
    const here = this.#node.lines.filter((line) => line.startsWith(start)).map((line) => line.split(" "))
    return [...this.#heard, ...here.map(([, , cursor, position]) => [Number(cursor), Number(position)] as const)]
  }

  get isOver(): boolean {
    return this.#node.lines.includes(`over ${this.#feed}`)
  }

  isAt(node: Node): boolean {
    return this.#node === node
  }

  /** Goes on at another node from what was heard. */
  async moveTo(node: Node): Promise<void> {
    this.#heard.splice(0, Infinity, ...this.heard)
    this.#node = node
    await this.#listen()
  }
}
