import { assert, describe, it } from "@effect/vitest"
import * as Quirk from "@loom-scim/core/scim/Quirk"
import { Effect } from "effect"
import { startQuirkServer } from "../src/QuirkServer.ts"
import { clientOf, platform, running } from "./harness.ts"
import { answers } from "./scenarios/answers.ts"
import { faults } from "./scenarios/faults.ts"
import { groups } from "./scenarios/groups.ts"
import { lists } from "./scenarios/lists.ts"
import { requests } from "./scenarios/requests.ts"
import type { Scenario } from "./scenarios/Scenario.ts"

// Exhaustive: a quirk without a scenario does not compile.
const scenarios: Readonly<Record<Quirk.Quirk, Scenario>> = { ...requests, ...answers, ...lists, ...groups, ...faults }

/** What a quirk cannot be shown without: an error of another shape, for example, has no scimType either. */
const implied: Readonly<Partial<Record<Quirk.Quirk, ReadonlyArray<Quirk.Quirk>>>> = {
  conflictWithoutScimType: ["errorShape"],
  htmlErrors: ["conflictWithoutScimType"],
  errorShape: ["conflictWithoutScimType"],
  firstHitUnrelated: ["filterIgnored"]
}

describe("a server that", () => {
  for (const name of Quirk.names) {
    const { noticed, server: does } = Quirk.quirks[name]
    it.live(`${does} (${name})`, () =>
      Effect.gen(function* () {
        const { client: clientOptions = {}, run, server: serverOptions = {} } = scenarios[name]
        const server = yield* running(() => startQuirkServer({ ...serverOptions, quirks: { [name]: true } }))
        const client = yield* clientOf(server, clientOptions)
        yield* run({ client, server })
        const { quirks } = yield* client.profile
        const expected = noticed === "guarded" ? [] : [name, ...(implied[name] ?? [])]
        assert.sameMembers(Object.keys(quirks), expected)
      }).pipe(Effect.provide(platform()))
    )
  }
})
