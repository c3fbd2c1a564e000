/**
 * If-Match, enforced where events are appended: between a look at the version and the change to it somebody else may
 * write, and only the append itself can tell.
 */
import { Journal, SequenceConflict } from "@loom-scim/core/ports/Journal"
import { Context, Effect, Layer } from "effect"

/** The version that the change being carried out was asked for; null for any. */
export const Expected = Context.Reference<number | null>("loom-scim-api/Precondition/Expected", {
  defaultValue: () => null
})

/** The journal of the context, which refuses to append to another version than the expected one. */
export const layer: Layer.Layer<Journal, never, Journal> = Layer.effect(
  Journal,
  Effect.gen(function* () {
    const journal = yield* Journal
    return Journal.of({
      ...journal,
      append: Effect.fnUntraced(function* (id, sequence, entries) {
        const expected = yield* Expected
        if (expected !== null && expected !== sequence) {
          return yield* new SequenceConflict({ connectionId: id, expected, actual: sequence })
        }
        return yield* journal.append(id, sequence, entries)
      })
    })
  })
)
