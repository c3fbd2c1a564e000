import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { read } from "../../src/provisioning/MappingRead.ts"

const faultsIn = (value: unknown): ReadonlyArray<string> => {
  const compiled = read(value)
  assert.isTrue(Result.isFailure(compiled))
  return Result.isFailure(compiled) ? compiled.failure.faults : []
}

const attributes = { externalId: "id", userName: "mail" }

describe("what is wrong in a mapping", () => {
  it("is told for the form that was meant, and not for every form that there is", () => {
    const active = { from: "status", transform: ["trim"], boolaen: true }
    assert.deepStrictEqual(faultsIn({ attributes: { ...attributes, active } }), [
      "attributes.active.boolaen: is not known here"
    ])
    assert.deepStrictEqual(faultsIn({ attributes: { ...attributes, title: { template: "${a}", boolean: true } } }), [
      "attributes.title.boolean: is not known here"
    ])
  })

  it("names every fault of a file", () => {
    assert.deepStrictEqual(faultsIn({ attributes: { ...attributes, active: { constnat: true } }, gruops: [] }), [
      "gruops: is not known here",
      "attributes.active.constnat: is not known here",
      "attributes.active.from: is needed"
    ])
  })

  it("of an empty file is what has to be in it", () => {
    for (const empty of [null, undefined, "", 7]) {
      assert.deepStrictEqual(faultsIn(empty), ["attributes: is needed, with externalId and userName in it"])
    }
  })
})
