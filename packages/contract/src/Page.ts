/** Pages: `limit` things at a time, and an opaque cursor to the ones behind them. */
import { Schema } from "effect"

/**
 * A cursor: the place of the last thing seen, as base64url of JSON. It is checked against the schema of its list, so
 * that a cursor of another list, or one somebody made up, is refused. It grants nothing: what may be seen is decided
 * anew on every page.
 */
export const cursor = <S extends Schema.Codec<unknown, Schema.Json>>(place: S) =>
  Schema.StringFromBase64Url.check(Schema.isMaxLength(512)).pipe(Schema.decodeTo(Schema.fromJsonString(place)))

/** How many when nobody says. */
export const defaultLimit = 50

/** How many there may be on a page. */
const bounds = { minimum: 1, maximum: 200 } as const

/** What a page is asked for with. */
export const query = <C extends Schema.Codec<unknown, string>>(cursor: C) => ({
  /** 1 to 200; {@link defaultLimit} without it. */
  limit: Schema.optionalKey(Schema.FiniteFromString.check(Schema.isInt(), Schema.isBetween(bounds))),
  /** The `nextCursor` of the page before. */
  cursor: Schema.optionalKey(cursor)
})

/** What callers read of both, by their names: in a query all is text, so the schemas do not say it. */
export const described: Readonly<Record<string, { readonly description: string; readonly schema: object }>> = {
  limit: {
    description: "How many at most; the next ones are behind the answer's `nextCursor`.",
    schema: { type: "integer", ...bounds, default: defaultLimit }
  },
  cursor: {
    description: "The `nextCursor` of the page before, of the same list. Without it: the first page.",
    schema: { type: "string" }
  }
}

/** A page of things; `nextCursor` is null on the last one. */
export const of = <S extends Schema.Top>(item: S) =>
  Schema.Struct({ items: Schema.Array(item), nextCursor: Schema.NullOr(Schema.String) })
