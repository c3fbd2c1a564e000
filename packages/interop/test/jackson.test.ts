import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { startJackson } from "../src/jackson.ts"
import { person, running, team, withClient } from "./harness.ts"

describe("saml-jackson, which shows no members", () => {
  it.live("has those that were sent, and loses only those who leave", () =>
    Effect.gen(function* () {
      const server = yield* running(startJackson)
      const members = (id: string) => Effect.promise(() => server.members(id))
      yield* withClient(server, (client) =>
        Effect.gen(function* () {
          const names = ["ada", "bea", "cyd"]
          const people = yield* Effect.forEach(names, (name) => client.create("Users", person(name)))
          const ids = people.map(({ id }) => id)
          const [leaver = ""] = ids
          const { id } = yield* client.create("Groups", team("Team", ids))
          const other = yield* client.create("Groups", team("Others", ids))
          assert.deepStrictEqual(yield* members(id), ids.toSorted())
          yield* client.patch("Groups", id, [{ op: "remove", path: `members[value eq "${leaver}"]` }])
          assert.deepStrictEqual(yield* members(id), ids.slice(1).toSorted())
          assert.deepStrictEqual(yield* members(other.id), ids.toSorted())
        })
      )
    })
  )
})
