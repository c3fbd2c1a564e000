/** PATCH paths (RFC 7644 §3.5.2, figure 7): `attrPath / valuePath [subAttr]`. */
import { Result } from "effect"
import { type AttributePath, lengthOf, print as printAttribute, scan, scanName, SyntaxFault } from "./AttributePath.ts"
import { type Filter, print as printFilter } from "./Filter.ts"
import { type ParseOptions, Parser } from "./FilterParser.ts"

/** `attr`, `attr.sub` or `urn:…:User:attr`, and the URN of a whole extension. */
export interface AttributeTarget {
  readonly _tag: "AttributeTarget"
  readonly path: AttributePath
}

/** `attr[filter]` or `attr[filter].sub`. */
export interface ValueTarget {
  readonly _tag: "ValueTarget"
  readonly path: AttributePath
  readonly filter: Filter
  readonly sub: string | null
}

/** What a PATCH operation works on. */
export type Path = AttributeTarget | ValueTarget

/** Parses a path. Fails with the position and what was expected there (SCIM's `invalidPath`). Never throws. */
export const parse = (text: string, options: ParseOptions = {}): Result.Result<Path, SyntaxFault> => {
  const path = scan(text, 0)
  if (path instanceof SyntaxFault) return Result.fail(path)
  const end = lengthOf(path)
  if (end === text.length) return Result.succeed({ _tag: "AttributeTarget", path })
  if (text[end] !== "[") return Result.fail(new SyntaxFault(text, end, "[, . or the end of the path"))
  const parser = new Parser(text, options, end)
  const filter = parser.brackets(0)
  if (filter instanceof SyntaxFault) return Result.fail(filter)
  const { position } = parser
  if (position === text.length) return Result.succeed({ _tag: "ValueTarget", path, filter, sub: null })
  if (text[position] !== ".") return Result.fail(parser.fault(". or the end of the path"))
  const sub = scanName(text, position + 1)
  if (sub instanceof SyntaxFault) return Result.fail(sub)
  return position + 1 + sub.length === text.length
    ? Result.succeed({ _tag: "ValueTarget", path, filter, sub })
    : Result.fail(parser.fault("the end of the path", position + 1 + sub.length))
}

/** The canonical text of a path; parsing it gives the same path. */
export const print = (path: Path): string => {
  if (path._tag === "AttributeTarget") return printAttribute(path.path)
  const head = `${printAttribute(path.path)}[${printFilter(path.filter)}]`
  return path.sub === null ? head : `${head}.${path.sub}`
}
