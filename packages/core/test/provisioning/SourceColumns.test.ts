import { assert, describe, it } from "@effect/vitest"
import { refuseMissing } from "../../src/provisioning/SourceColumns.ts"

const fields = ["ID", "mail", "first.name", "last", "team"]

describe("refuseMissing", () => {
  it("names all the columns that are looked at and missing", () => {
    assert.strictEqual(
      refuseMissing("people", ["id", "mail", "last"], fields)?.message,
      'people: the mapping reads "first.name", "team", and there is no such column. Correct the name in the mapping, or what writes the source; the columns are "id", "mail", "last"'
    )
  })

  it("has nothing against a table that has them in any case, and more", () => {
    assert.isNull(refuseMissing("people", ["id", "Mail", "first.name", "last", "team", "more"], fields))
    assert.isNull(refuseMissing("people", ["id"], []))
  })
})
