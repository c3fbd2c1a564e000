/** XML text as a tree with resolved namespaces (Namespaces in XML 1.0), made from fast-xml-parser's output. */
import { Predicate, Result } from "effect"
import { XMLParser, XMLValidator } from "fast-xml-parser"

/** An element. */
export interface Element {
  /** The namespace URI, empty for none. */
  readonly namespace: string
  readonly local: string
  /** Attributes without a namespace by their name; prefixed ones by their name as written. */
  readonly attributes: ReadonlyMap<string, string>
  readonly children: ReadonlyArray<Element>
  /** The text directly inside it, pieces joined by a space. */
  readonly text: string
}

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: "",
  cdataPropName: "#cdata",
  parseTagValue: false,
  parseAttributeValue: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  processEntities: false
})

const predefined: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" }

/**
 * Resolves the five predefined entities and character references (XML 1.0 §4.1, §4.6), once: what they yield is not
 * looked at again. The parser does none of it, so that no document can define an entity.
 */
export const resolveReferences = (text: string): string =>
  text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos));/gi, (whole, decimal, hex, name) => {
    if (Predicate.isString(name)) return predefined[name] ?? whole
    const code = Predicate.isString(decimal) ? Number(decimal) : Number.parseInt(String(hex), 16)
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })

const attributesOf = (node: object): ReadonlyMap<string, string> => {
  const found = Predicate.hasProperty(node, ":@") && Predicate.isObject(node[":@"]) ? Object.entries(node[":@"]) : []
  return new Map(found.map(([name, value]) => [name, resolveReferences(String(value))]))
}

const withDeclarations = (scope: ReadonlyMap<string, string>, attributes: ReadonlyMap<string, string>) => {
  const declared = [...attributes].flatMap(([name, value]): ReadonlyArray<readonly [string, string]> => {
    if (name === "xmlns") return [["", value]]
    return name.startsWith("xmlns:") ? [[name.slice(6), value]] : []
  })
  return declared.length === 0 ? scope : new Map([...scope, ...declared])
}

const textOf = (node: object): string => {
  if (Predicate.hasProperty(node, "#text")) return resolveReferences(String(node["#text"]))
  if (!Predicate.hasProperty(node, "#cdata") || !Array.isArray(node["#cdata"])) return ""
  // Inside CDATA nothing is a reference.
  return node["#cdata"].map((piece) => (Predicate.hasProperty(piece, "#text") ? String(piece["#text"]) : "")).join("")
}

const elements = (nodes: unknown, outer: ReadonlyMap<string, string>): ReadonlyArray<Element> =>
  (Array.isArray(nodes) ? nodes : []).filter(Predicate.isObject).flatMap((node): ReadonlyArray<Element> => {
    const entry = Object.entries(node).find(([key]) => key !== ":@" && !key.startsWith("#"))
    if (entry === undefined) return []
    const [name, content] = entry
    const attributes = attributesOf(node)
    const scope = withDeclarations(outer, attributes)
    const colon = name.indexOf(":")
    const inner: ReadonlyArray<unknown> = Array.isArray(content) ? content : []
    return [
      {
        namespace: scope.get(colon < 0 ? "" : name.slice(0, colon)) ?? "",
        local: name.slice(colon + 1),
        attributes,
        children: elements(inner, scope),
        text: inner.filter(Predicate.isObject).map(textOf).join(" ").trim()
      }
    ]
  })

/**
 * The root element of a well-formed document, or what is wrong with it in a few words. Documents nested deeper than the
 * parser's limit of 100 are refused. DOCTYPE must have been refused before.
 */
export const parse = (xml: string): Result.Result<Element, string> => {
  const validity = XMLValidator.validate(xml)
  if (validity !== true) return Result.fail(`line ${validity.err.line}: ${validity.err.msg.slice(0, 120)}`)
  const parsed = Result.try((): unknown => parser.parse(xml))
  if (Result.isFailure(parsed)) return Result.fail("it is nested too deeply or uses forbidden names")
  const [root, ...others] = elements(parsed.success, new Map())
  if (root === undefined) return Result.fail("it has no root element")
  return others.length === 0 ? Result.succeed(root) : Result.fail("it has several root elements")
}
