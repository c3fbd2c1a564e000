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

interface Fault {
  readonly path: ReadonlyArray<PropertyKey>
  readonly message: string
}

const own = (issue: SchemaIssue.Issue, path: ReadonlyArray<PropertyKey>): ReadonlyArray<Fault> =>
  format(issue).issues.map(({ message, path: inner = [] }) => ({
    message,
    path: [...path, ...inner.map((part) => (typeof part === "object" ? part.key : part))]
  }))

/** Of several forms that a value could have, the one that it comes nearest to was meant; the others would only confuse. */
const collect = (issue: SchemaIssue.Issue, path: ReadonlyArray<PropertyKey>): ReadonlyArray<Fault> => {
  switch (issue._tag) {
    case "Pointer":
      return collect(issue.issue, [...path, ...issue.path])
    case "Composite":
      return issue.issues.flatMap((one) => collect(one, path))
    case "AnyOf": {
      const [first, ...others] = issue.issues.map((one) => collect(one, path))
      return first === undefined
        ? own(issue, path)
        : others.reduce((best, one) => (one.length < best.length ? one : best), first)
    }
    default:
      return own(issue, path)
  }
}

const placeOf = (path: ReadonlyArray<unknown>): string => path.map(String).join(".")

/** `source.ldap.base: Expected string`. Values are never repeated: one of them may be a secret in the wrong place. */
export const faultsOf = (error: Schema.SchemaError): ReadonlyArray<string> =>
  collect(error.issue, []).map(({ message, path }) => {
    const place = placeOf(path)
    return place === "" ? message : `${place}: ${message}`
  })
