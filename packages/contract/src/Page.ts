/** Pages: `limit` things at a time, and an opaque cursor to the ones behind them. */
import { Schema } from "effect"

/**
 * A cursor: the place of the last thing seen, as base64url of JSON. It is checked against the schema of its list, so
 * that a cursor of another list, or one somebody made up, is refused. It grants nothing: what may be seen is decided
 * anew on every page.
 */
export const cursor = <S extends Schema.Codec<unknown, Schema.Json>>(place: S) =>
  Schema.StringFromBase64Url.check(Schema.isMaxLength(512)).pipe(Schema.decodeTo(Schema.fromJsonString(place)))

/** What a page is asked for with. */
export const query = <C extends Schema.Codec<unknown, string>>(cursor: C) => ({
  /** 1 to 200; {@link defaultLimit} without it. */
  limit: Schema.optionalKey(
    Schema.FiniteFromString.check(Schema.isInt(), Schema.isBetween({ minimum: 1, maximum: 200 }))
  ),
  /** The `nextCursor` of the page before. */
  cursor: Schema.optionalKey(cursor)
})

/** How many when nobody says. */
export const defaultLimit = 50

/** A page of things; `nextCursor` is null on the last one. */
export const of = <S extends Schema.Top>(item: S) =>
  Schema.Struct({ items: Schema.Array(item), nextCursor: Schema.NullOr(Schema.String) })
