/**
 * What Nango demands of a provider entry with an API key, as far as ours makes use of it: the facts of
 * `scripts/validation/providers/schema.json` in Nango 0.71. Read strictly, so that a field it does not know is refused.
 */
import { Schema } from "effect"

const matching = (pattern: RegExp) => Schema.String.check(Schema.isPattern(pattern))

/** A field of the connect form. */
export const Field = Schema.Struct({
  type: Schema.Literal("string"),
  title: Schema.String,
  description: Schema.String,
  example: Schema.optionalKey(Schema.String),
  pattern: Schema.optionalKey(Schema.String),
  order: Schema.optionalKey(Schema.Finite),
  secret: Schema.optionalKey(Schema.Boolean),
  optional: Schema.optionalKey(Schema.Boolean),
  automated: Schema.optionalKey(Schema.Boolean),
  doc_section: Schema.optionalKey(matching(/^#[a-z0-9-]+$/))
})

const headerName = matching(/^[a-z0-9-]+$/)

const Proxy = Schema.Struct({
  base_url: Schema.String,
  headers: Schema.Record(matching(/^[a-z0-9_.-]+$/), Schema.String),
  retry: Schema.Struct({
    after: Schema.mutable(Schema.Array(headerName)),
    error_code: Schema.mutable(Schema.Array(matching(/^\S*$/)))
  }),
  paginate: Schema.Struct({
    type: Schema.Literal("offset"),
    offset_name_in_request: Schema.String,
    offset_start_value: Schema.Finite,
    offset_calculation_method: Schema.Literals(["per-page", "by-response-size"]),
    limit_name_in_request: Schema.String,
    response_path: Schema.String
  }),
  verification: Schema.Struct({
    method: Schema.Literals(["GET", "POST"]),
    endpoints: Schema.mutable(Schema.Array(Schema.String))
  })
})

const categories = ["communication", "iam", "other", "productivity", "video"] as const

/** The entry. */
export const ProviderEntry = Schema.Struct({
  display_name: Schema.String,
  categories: Schema.mutable(Schema.Array(Schema.Literals(categories))),
  auth_mode: Schema.Literal("API_KEY"),
  proxy: Proxy,
  docs: Schema.String,
  docs_connect: Schema.String,
  connection_config: Schema.Struct({ scimEndpoint: Field, domain: Field }),
  credentials: Schema.Struct({ apiKey: Field })
})
export type ProviderEntry = typeof ProviderEntry.Type

/** The file: one block, to be put in the place of Nango's. */
export const ProviderFile = Schema.Struct({ "loom-scim": ProviderEntry })
