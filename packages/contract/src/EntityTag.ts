/** Versions: the ETag of a connection is the sequence of its journey, and If-Match makes a change depend on it. */
import { Schema, SchemaTransformation } from "effect"

/** A strong entity tag, `"12"`, as the number in it. */
export const EntityTag = Schema.String.check(
  Schema.isPattern(/^"\d{1,9}"$/, { message: 'an entity tag as this API gives it, for example "12"' })
).pipe(
  Schema.decodeTo(
    Schema.Int,
    SchemaTransformation.transform({
      decode: (tag) => Number(tag.slice(1, -1)),
      encode: (sequence) => `"${sequence}"`
    })
  )
)

/** On answers that show a version. */
export const etag = { etag: EntityTag }

/** On changes: with it, the change is made to that version or not at all (412). */
export const ifMatch = { "if-match": Schema.optionalKey(EntityTag) }
