/** Three nodes on PostgreSQL, and what happens to them in the middle of a run: nothing is lost, nothing is done twice. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { sandbox } from "../scim/harness.ts"
import { administer, postgres, postgresAnswers } from "../store/backend.ts"
import { Process } from "../runs/process.ts"
import { directoryOf, writesOf } from "../runs/serverState.ts"
import { Node, until } from "./node.ts"

const isThere = await Effect.runPromise(postgresAnswers)

interface Scene {
  readonly nodes: Array<Node>
  readonly add: (name: string) => Node
  readonly database: string
  /** The node at work, once it has done so much. */
  readonly owner: (done: number) => Promise<Node>
}

const sleep = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis))

/** Carries a run out on three nodes while something happens, and checks its end. */
const carried = (people: number, happen: (scene: Scene) => Promise<void>) =>
  Effect.gen(function* () {
    const place = yield* Effect.orDie(postgres.fresh)
    const server = yield* sandbox()
    const run = yield* Effect.promise(() => new Process(place, server, "begin", String(people)).end())
    const nodes: Array<Node> = []
    const add = (name: string) => {
      const node = new Node(place, server, name, run)
      nodes.push(node)
      return node
    }
    const owner = (done: number) => until(() => nodes.find(({ owned }) => owned >= done))
    yield* Effect.addFinalizer(() => Effect.promise(() => Promise.all(nodes.map((node) => node.end("SIGKILL")))))
    yield* Effect.promise(async () => {
      for (const name of ["a", "b", "c"]) add(name)
      await happen({ nodes, add, owner, database: new URL(place.location[1]).pathname.slice(1) })
      await until(() => (nodes.some(({ lines }) => lines.includes("over")) ? true : undefined))
    })
    const { groups, users } = yield* directoryOf(server)
    assert.strictEqual(users.length, people)
    assert.strictEqual(groups.length, people / 100)
    for (const group of groups) assert.strictEqual(group.match(/person\d+@example\.com/g)?.length, 100)
    const writes = yield* writesOf(server)
    const once = { "POST /Users 201": people, "POST /Groups 201": people / 100, "PATCH /Groups 200": people / 100 }
    for (const [write, count] of Object.entries(once)) {
      assert.isAtMost(writes[write] ?? 0, count, write)
      assert.isAtLeast((writes[write] ?? 0) + (writes[write.replace(/\d+$/, "null")] ?? 0), count, write)
    }
    const known = new Set(Object.keys(once).flatMap((write) => [write, write.replace(/\d+$/, "null")]))
    assert.deepStrictEqual(
      Object.keys(writes).filter((write) => !known.has(write)),
      []
    )
    // Whoever saw the end saw every outcome once, in one order.
    const witness = nodes.find(({ lines }) => lines.includes("over"))
    const items = (witness?.lines ?? []).filter((line) => line.startsWith("item ")).map((line) => line.split(" "))
    assert.strictEqual(new Set(items.map(([, , position]) => position)).size, items.length)
    assert.strictEqual(items.length, people + people / 100)
    const cursors = items.map(([, cursor]) => Number(cursor))
    assert.deepStrictEqual(
      cursors,
      cursors.toSorted((left, right) => left - right)
    )
    return nodes
  }).pipe(Effect.scoped)

describe.runIf(isThere)("a cluster", () => {
  it.live(
    "finishes a run whose node is killed",
    () =>
      Effect.gen(function* () {
        const nodes = yield* carried(2000, async ({ owner }) => (await owner(300)).end("SIGKILL"))
        assert.strictEqual(nodes.filter(({ owned }) => owned > 0).length, 2)
      }),
    120_000
  )

  it.live(
    "keeps a node that was frozen from sending anything once another has its run",
    () =>
      Effect.gen(function* () {
        const nodes = yield* carried(500, async ({ nodes, owner }) => {
          const frozen = await owner(100)
          frozen.signal("SIGSTOP")
          await until(() => nodes.find((node) => node !== frozen && node.owned > 0))
          frozen.signal("SIGCONT")
        })
        assert.strictEqual(nodes.filter(({ owned }) => owned > 0).length, 2)
      }),
    120_000
  )

  it.live(
    "goes on at once when its nodes are replaced one by one",
    () =>
      Effect.gen(function* () {
        const nodes = yield* carried(500, async ({ add, nodes, owner }) => {
          const first = await owner(100)
          add("d")
          await first.end("SIGTERM")
          assert.include(first.lines, "closed Failure")
          await until(() => nodes.find((node) => node !== first && node.owned > 0))
        })
        assert.isAtLeast(nodes.filter(({ owned }) => owned > 0).length, 2)
      }),
    120_000
  )

  it.live(
    "waits for PostgreSQL to come back",
    () =>
      carried(500, async ({ database, owner }) => {
        await owner(100)
        await Effect.runPromise(administer(`ALTER DATABASE ${database} ALLOW_CONNECTIONS false`))
        await Effect.runPromise(
          administer(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}'`)
        )
        await sleep(3000)
        await Effect.runPromise(administer(`ALTER DATABASE ${database} ALLOW_CONNECTIONS true`))
      }),
    120_000
  )
})
