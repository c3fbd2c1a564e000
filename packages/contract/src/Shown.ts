/** How a schema appears in the OpenAPI document: under a name, described, with an example as it is on the wire. */
import { Schema } from "effect"

/** Names a schema and gives it an example, which is held against the schema by a test. */
export const shown =
  <S extends Schema.Top>(identifier: string, description: string, example: S["Encoded"]) =>
  (schema: S): S["Rebuild"] =>
    Schema.annotateEncoded<S["Rebuild"]>({ examples: [example] })(schema.annotate({ identifier, description }))
