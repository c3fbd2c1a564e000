/** A run of 2,000 people that is killed twenty times comes to the same end as one that is not, with the same writes. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { type Backend, postgres, postgresAnswers, sqlite } from "../store/backend.ts"
import { sandbox } from "../scim/harness.ts"
import { Process } from "./process.ts"
import { directoryOf, writesOf } from "./serverState.ts"

const people = 2000
const kills = 20
const backends = (await Effect.runPromise(postgresAnswers)) ? [sqlite, postgres] : [sqlite]

// The same moments in every run of the tests, so that a failure can be repeated.
const moments = (seed: number) => {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
}

const store = (backend: Backend) => Effect.orDie(backend.fresh)

const begun = Effect.fnUntraced(function* (backend: Backend) {
  const place = yield* store(backend)
  const server = yield* sandbox()
  const run = yield* Effect.promise(() => new Process(place, server, "begin", String(people)).end())
  return { place, server, run }
})

const ended = Effect.fnUntraced(function* (backend: Backend, deaths: number) {
  const { place, run, server } = yield* begun(backend)
  const random = moments(20_261_124)
  yield* Effect.promise(async () => {
    for (let death = 0; death < deaths; death++) {
      const process = new Process(place, server, "follow", run)
      if (await process.said("ItemSettled")) await new Promise((resolve) => setTimeout(resolve, random() * 400))
      await process.kill()
      assert.notInclude(process.lines, "end Completed", `it was over before death ${death}`)
    }
    assert.strictEqual(await new Process(place, server, "follow", run).end(), "end Completed")
  })
  return { directory: yield* directoryOf(server), writes: yield* writesOf(server) }
})

// The same for every database, so once is enough.
const undisturbed = Effect.runSync(Effect.cached(Effect.scoped(ended(sqlite, 0))))

// Mostly waiting for processes: both databases at once.
describe.concurrent("a run that is killed", () => {
  for (const backend of backends) {
    it.live(
      `loses nothing and does nothing twice on ${backend.name}`,
      () =>
        Effect.gen(function* () {
          const unkilled = yield* undisturbed
          assert.strictEqual(unkilled.directory.users.length, people)
          const once = {
            "POST /Users 201": people,
            "POST /Groups 201": people / 100,
            "PATCH /Groups 200": people / 100
          }
          assert.deepStrictEqual(unkilled.writes, once)
          const killed = yield* ended(backend, kills)
          assert.deepStrictEqual(killed.directory, unkilled.directory)
          for (const [write, count] of Object.entries(once)) {
            const unheard = killed.writes[write.replace(/\d+$/, "null")] ?? 0
            const heard = killed.writes[write] ?? 0
            assert.isAtMost(heard, count, write)
            assert.isAtLeast(heard + unheard, count, write)
          }
          const known = new Set(Object.keys(once).flatMap((write) => [write, write.replace(/\d+$/, "null")]))
          assert.deepStrictEqual(
            Object.keys(killed.writes).filter((write) => !known.has(write)),
            []
          )
        }).pipe(Effect.scoped),
      240_000
    )
  }
})
