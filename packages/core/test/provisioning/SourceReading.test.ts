import { assert, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import type { PeopleSource } from "../../src/ports/PeopleSource.ts"
import * as Incremental from "../../src/provisioning/Incremental.ts"
import { read } from "../../src/provisioning/SourceReading.ts"
import { connectedTo, empty, mapping, reconciled, type Row, sourceOf } from "./IncrementalServer.ts"

const ada: Row = { id: "ada", mail: "ada@example.com", given: "Ada" }
const bob: Row = { id: "bob", mail: "bob@example.com", given: "Bob" }

it.effect("looks at the fields of the mapping at every reading of every plan", () =>
  Effect.gen(function* () {
    const looked: Array<ReadonlyArray<string>> = []
    const noting = (rows: ReadonlyArray<Row>): PeopleSource => ({
      name: "people",
      read: (fields) => {
        looked.push(fields)
        return sourceOf(rows).read(fields)
      }
    })
    const { world } = yield* reconciled(empty, noting([ada, bob]))
    assert.lengthOf(looked, 2)
    // Whoever has the name already has to be looked at, too, and is found by reading once more.
    const source = noting([{ ...ada, mail: bob.mail }, bob])
    yield* connectedTo(world, (connected) =>
      Incremental.plan({ source, mapping, connected, adopt: "never", managed: world.managed })
    )
    assert.lengthOf(looked, 4)
    for (const fields of looked) assert.deepStrictEqual(fields, mapping.fields)
  })
)

it.effect("tells of a record that may be less than was written, in every plan", () =>
  Effect.gen(function* () {
    const doubted: PeopleSource = {
      name: "people",
      read: (fields) =>
        Stream.map(sourceOf([ada, bob]).read(fields), (record) =>
          record.at === "row 2" ? { ...record, doubt: "it was cut" } : record
        )
    }
    const { world } = yield* reconciled(empty, doubted)
    const whole = yield* read(doubted, mapping, { person: () => {}, unreadable: () => {} })
    assert.strictEqual(whole.doubt, "row 2: it was cut")
    const made = yield* connectedTo(world, (connected) =>
      Incremental.plan({ source: doubted, mapping, connected, adopt: "never", managed: world.managed })
    )
    assert.strictEqual(made.doubt, "row 2: it was cut")
    assert.notProperty(yield* read(sourceOf([ada]), mapping, { person: () => {}, unreadable: () => {} }), "doubt")
  })
)
