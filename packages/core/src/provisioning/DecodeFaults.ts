/** What a schema finds wrong in a file that a person wrote, as one line per fault. */
import type { Schema } from "effect"
import { SchemaIssue } from "effect"

const words: SchemaIssue.LeafHook = (issue) => {
  switch (issue._tag) {
    case "UnexpectedKey":
      return "is not known here"
    case "MissingKey":
      return "is needed"
    default:
      return SchemaIssue.defaultLeafHook(issue)
  }
}

const format = SchemaIssue.makeFormatterStandardSchemaV1({ leafHook: words })

const placeOf = (path: ReadonlyArray<unknown>): string => path.map(String).join(".")

/** `source.ldap.base: Expected string`. Values are never repeated: one of them may be a secret in the wrong place. */
export const faultsOf = (error: Schema.SchemaError): ReadonlyArray<string> =>
  format(error.issue).issues.map(({ message, path }) => {
    const place = placeOf((path ?? []).map((part) => (typeof part === "object" ? part.key : part)))
    return place === "" ? message : `${place}: ${message}`
  })
