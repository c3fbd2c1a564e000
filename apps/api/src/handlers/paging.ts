/** From what a list holds to a page of it: one thing more than asked for is read, to know whether there is more. */
import { Effect, Schema } from "effect"

/** A page; `place` says where a thing stands, for the cursor of the next page. */
export const pageOf = <Row, C extends Schema.Codec<unknown, string>>(
  rows: ReadonlyArray<Row>,
  limit: number,
  cursor: C,
  place: (row: Row) => C["Type"]
): Effect.Effect<{ readonly rows: ReadonlyArray<Row>; readonly nextCursor: string | null }> => {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return rows.length > limit && last !== undefined
    ? Schema.encodeEffect(cursor)(place(last)).pipe(
        Effect.orDie,
        Effect.map((nextCursor) => ({ rows: shown, nextCursor }))
      )
    : Effect.succeed({ rows: shown, nextCursor: null })
}
