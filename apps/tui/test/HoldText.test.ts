import { assert, describe, it } from "@effect/vitest"
import { held, holds, lookOf } from "../src/plain/HoldText.ts"

describe("what the guard holds, in words", () => {
  it("names the limit, and for all at once that no limit lets them go", () => {
    const limit = { count: 10, percent: 10 }
    const losing = { _tag: "TooManyLosses", count: 8, of: 16, limit } as const
    assert.strictEqual(held(losing), "8 of 16 people we manage would lose access (the limit is 10 or 10 %)")
    const none = { count: null, percent: null }
    assert.strictEqual(
      held({ ...losing, count: 16, limit: none }),
      "16 of 16 people we manage would lose access (all at once are never tolerated)"
    )
    assert.include(held({ ...losing, _tag: "TooManyDeletions", count: 16 }), "(all at once are never tolerated)")
    assert.include(held({ ...losing, _tag: "TooManyRemovals", count: 16 }), "(the limit is 10 or 10 %)")
  })
  it("asks of an undoing and of a retry about the run, and not about a source that they have not", () => {
    const look = (kind: Parameters<typeof lookOf>[0]["kind"]) => lookOf({ kind }, "TooManyLosses")
    for (const kind of ["reconcile", "incremental", "provision"] as const) {
      assert.strictEqual(look(kind), holds.TooManyLosses.look)
    }
    assert.include(look("undo"), "Is it the run that you mean?")
    assert.include(look("retry"), "plan again: loom-scim apply")
    for (const kind of ["undo", "retry"] as const) {
      for (const tag of ["TooManyRemovals", "ProtectedPeople"] as const) {
        assert.notStrictEqual(lookOf({ kind }, tag), holds[tag].look)
      }
      assert.strictEqual(lookOf({ kind }, "LastAdmin"), holds.LastAdmin.look)
    }
  })
})
