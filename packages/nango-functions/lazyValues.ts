// Lets our module compute next to nothing when it is loaded. Nango's runner loads a function anew for each run, and of what
// Effect and core define at their top, schemas, classes of errors and tables, a run needs a sixth: each is made when it is
// first used. As functions that nobody calls, the rest is also left out by Nango's compiler, which kept what it could not judge.
import type { Plugin } from "rolldown"
import { parseAst } from "rolldown/parseAst"

interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [field: string]: unknown
}

/** A module, and what is to be put in the place of each name that it no longer declares. */
export interface Lazy {
  readonly code: string
  readonly define: Readonly<Record<string, string>>
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "type" in value && typeof value.type === "string"

const nodesIn = (value: unknown): ReadonlyArray<Node> =>
  Array.isArray(value) ? value.flatMap(nodesIn) : isNode(value) ? [value] : []

const nameOf = (node: unknown): string | undefined =>
  isNode(node) && node.type === "Identifier" && typeof node["name"] === "string" ? node["name"] : undefined

const functions = new Set(["ArrowFunctionExpression", "FunctionExpression"])

// What has a key or a property that is part of what it computes only in brackets.
const keyed = new Set(["MemberExpression", "MethodDefinition", "Property", "PropertyDefinition"])

/** What an expression computes itself, without the bodies of its functions and what is made with each object of a class. */
const partsOf = (node: Node): ReadonlyArray<Node> => {
  if (functions.has(node.type)) return []
  if (!keyed.has(node.type)) return Object.values(node).flatMap(nodesIn)
  const isOfObjects = node.type === "PropertyDefinition" && node["static"] !== true
  const names = node["computed"] === true ? [node["key"], node["property"]] : []
  return nodesIn([node["object"], isOfObjects ? undefined : node["value"], ...names])
}

// What may be done later, or never, as well as now. Calls only where their authors say so.
const harmless = new Set([
  ...functions,
  "ArrayExpression",
  "BinaryExpression",
  "ChainExpression",
  "ClassBody",
  "ClassExpression",
  "ConditionalExpression",
  "Identifier",
  "Literal",
  "LogicalExpression",
  "MemberExpression",
  "MethodDefinition",
  "ObjectExpression",
  "ParenthesizedExpression",
  "Property",
  "PropertyDefinition",
  "SpreadElement",
  "TemplateElement",
  "TemplateLiteral",
  "ThisExpression",
  "UnaryExpression"
])

const mark = /\/\*\s*[#@]__PURE__\s*\*\/\s*/g

const isMarked = (code: string, { start }: Node): boolean =>
  /\/\*\s*[#@]__PURE__\s*\*\/[\s(]*$/.test(code.slice(Math.max(0, start - 30), start))

/** Whether a value is the same whenever it is made, and nothing else comes of making it. */
const isPure = (code: string, node: Node, changing: ReadonlySet<string>): boolean => {
  const isCall = node.type === "CallExpression" || node.type === "NewExpression"
  return (
    (isCall ? isMarked(code, node) : harmless.has(node.type)) &&
    !changing.has(nameOf(node) ?? "") &&
    partsOf(node).every((part) => isPure(code, part, changing))
  )
}

/** A constant at the top of the module, or a class, which the bundler makes a variable. */
interface Constant {
  readonly name: string
  readonly whole: Node
  readonly value: Node
}

const constantOf = (statement: Node): ReadonlyArray<Constant> => {
  const [declarator, ...others] = nodesIn(statement["declarations"])
  if (declarator === undefined || others.length > 0) return []
  const name = nameOf(declarator["id"])
  const value = declarator["init"]
  if (name === undefined || !isNode(value)) return []
  return statement["kind"] === "const" || value.type === "ClassExpression" ? [{ name, whole: statement, value }] : []
}

/** Variables at the top of the module that may have another value later. */
const changedBy = (statement: Node): ReadonlyArray<string> =>
  statement["kind"] === "let"
    ? nodesIn(statement["declarations"]).flatMap((declarator) => nameOf(declarator["id"]) ?? [])
    : []

const exportedBy = (statement: Node): ReadonlyArray<string> =>
  nodesIn(statement["specifiers"]).flatMap((specifier) => nameOf(specifier["local"]) ?? [])

// What takes less time to make than to ask for whether it was made.
const quick = new Set([
  ...functions,
  "BinaryExpression",
  "ConditionalExpression",
  "Identifier",
  "Literal",
  "LogicalExpression",
  "MemberExpression",
  "ParenthesizedExpression",
  "TemplateElement",
  "TemplateLiteral",
  "UnaryExpression"
])

const isQuick = (node: Node, isLazy: (name: string) => boolean): boolean =>
  quick.has(node.type) &&
  node["regex"] === undefined &&
  !isLazy(nameOf(node) ?? "") &&
  partsOf(node).every((part) => isQuick(part, isLazy))

// What our names begin with: a value that was made, and what makes it.
const kept = "kept$of$"
const make = "make$of$"

/**
 * A module that makes its constants when they are first used, where making them has no effect but the value. Constants that
 * are exported stay as they are. The bundler that reads `code` has to replace names as `define` says: it knows scopes.
 */
export const lazyValues = (code: string): Lazy => {
  if (code.includes(kept) || code.includes(make)) throw new Error("the module has names that lazyValues.ts gives")
  const { body } = parseAst(code)
  const statements = nodesIn(body)
  const exported = new Set(statements.flatMap(exportedBy))
  const changing = new Set(statements.flatMap(changedBy))
  const instead = new Map<string, string>()
  let text = ""
  let end = 0
  for (const { name, value, whole } of statements.flatMap(constantOf)) {
    if (exported.has(name) || isQuick(value, (other) => instead.has(other)) || !isPure(code, value, changing)) continue
    // Another name for one that is made later stands for the same.
    const original = instead.get(nameOf(value) ?? "")
    instead.set(name, original ?? `(${kept}${name} ?? ${make}${name}())`)
    // The marks have served.
    const made = code.slice(code.indexOf("=", whole.start) + 1, value.end).replaceAll(mark, "")
    text += code.slice(end, whole.start)
    text += original === undefined ? `var ${kept}${name};\nconst ${make}${name} = () => ${kept}${name} = ${made};` : ""
    end = whole.end
  }
  return { code: text + code.slice(end), define: Object.fromEntries(instead) }
}

/** A module that is in no file, for the bundler that reads it. */
export const moduleOf = (name: string, code: string): Plugin => ({
  name: "module-of",
  resolveId: (id) => (id === name ? `\0${name}.js` : null),
  load: (id) => (id === `\0${name}.js` ? code : null)
})
