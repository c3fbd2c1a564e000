/** Three nodes on PostgreSQL, and what happens to them in the middle of a run: nothing is lost, nothing is done twice. */
import { assert, describe, it } from "@effect/vitest"
import { RunService } from "@loom-scim/core/runs/RunService"
import { Effect } from "effect"
import { sandbox } from "../scim/harness.ts"
import { postgresAnswers, sqlite } from "../store/backend.ts"
import { begun, rows } from "../runs/people.ts"
import { directoryOf, writesOf } from "../runs/serverState.ts"
import { services, storeAt } from "../runs/services.ts"
import { type Cluster, cluster, Listener, wroteOnce } from "./cluster.ts"
import { type Node, until } from "./node.ts"

const isThere = await Effect.runPromise(postgresAnswers)

const people = 2000

/** The end of a run that nothing happens to, in this process; both tests compare with it. */
const undisturbedOnce = Effect.gen(function* () {
  const { directory, location } = yield* Effect.orDie(sqlite.fresh)
  const server = yield* sandbox()
  yield* Effect.gen(function* () {
    const { id } = yield* begun(rows(people))
    yield* RunService.use(({ follow }) => follow(id))
  }).pipe(Effect.provide(services(storeAt("sqlite", directory, location[1]), server.scimUrl, server.token)))
  return { directory: yield* directoryOf(server), writes: yield* writesOf(server) }
}).pipe(Effect.scoped)

const undisturbed = Effect.runSync(Effect.cached(undisturbedOnce))

/** Carries a run out on three nodes while something happens, with a listener, and compares its end. */
const carried = (happen: (made: Cluster, run: string, listener: Listener) => Promise<void>) =>
  Effect.gen(function* () {
    const { cluster: made, server } = yield* cluster
    const listener = yield* Effect.promise(async () => {
      const [first = made.other()] = made.nodes
      const run = await made.begin(first, people)
      const listens = await Listener.at(run, first)
      await happen(made, run, listens)
      await until("the end of the run", () => (listens.isOver ? true : undefined))
      return listens
    })
    const expected = yield* undisturbed
    assert.deepStrictEqual(yield* directoryOf(server), expected.directory)
    // A request may have passed every look when its process is frozen, and goes out when that wakes, at once: nobody can
    // call it back, and the server refuses it as somebody else's.
    const isLate = (at: string) => Date.parse(at) >= made.woken && Date.parse(at) < made.woken + 1000
    const writes = yield* writesOf(server, ({ at, status }) => !(status === 409 && isLate(at)))
    wroteOnce(writes, expected.writes)
    const { heard } = listener
    assert.strictEqual(heard.length, people + people / 100)
    assert.strictEqual(new Set(heard.map(([, position]) => position)).size, heard.length)
    assert.isTrue(heard.every(([cursor], index) => cursor > (heard[index - 1]?.[0] ?? 0)))
  }).pipe(Effect.scoped)

/** Waits until another node goes on with the run. */
const taken = (made: Cluster, run: string, from: Node) => {
  const before = new Map(made.nodes.map((node) => [node, node.owned(run)]))
  return until(`another node than ${from.name} at work`, () =>
    made.nodes.find((node) => node !== from && node.owned(run) > (before.get(node) ?? 0))
  )
}

describe.runIf(isThere)("a run of 2,000 people", () => {
  it.live(
    "survives that its nodes are killed, cut off and frozen, and its database goes away",
    () =>
      carried(async (made, run, listener) => {
        const killed = await made.owner(run, 200)
        await listener.moveTo(killed)
        await made.owner(run, 20)
        await made.end(killed, "SIGKILL")
        await listener.moveTo(made.other())
        await made.add("d")

        const cut = await made.owner(run, 200)
        // What it meant to send takes longer than until another goes on with it.
        await made.slow(true)
        cut.line.cut()
        if (listener.isAt(cut)) await listener.moveTo(made.other(cut))
        await taken(made, run, cut)
        cut.line.mend()
        await made.slow(false)

        const frozen = await made.owner(run, 200)
        frozen.signal("SIGSTOP")
        if (listener.isAt(frozen)) await listener.moveTo(made.other(frozen))
        await taken(made, run, frozen)
        made.wake(frozen)

        await made.owner(run, 100)
        await made.outage(2000)
      }),
    400_000
  )

  it.live(
    "goes on while all three nodes are replaced one by one",
    () =>
      carried(async (made, run, listener) => {
        const old = [...made.nodes]
        for (const name of ["d", "e", "f"]) {
          const owner = await made.owner(run, 100)
          // So that the run goes on for longer than a node takes to start, however slowly it does.
          await made.slow(true)
          await made.add(name)
          const [next = owner] = old.includes(owner) ? [owner] : old
          old.splice(old.indexOf(next), 1)
          await made.end(next, "SIGTERM")
          assert.include(next.lines, "closed Failure")
          if (listener.isAt(next)) await listener.moveTo(made.other())
          await made.slow(false)
        }
        await made.owner(run, 100)
      }),
    400_000
  )
})
