// Marks what our modules compute when they are loaded as free of side effects, so that a function carries only the parts of
// core that it uses: Nango's compiler leaves out what nobody refers to, but keeps a call that it cannot judge. Statements
// of a call alone stay as they are; they are there for their effect.
import type { Plugin } from "rolldown"
import { parseAst } from "rolldown/parseAst"

// What is within them is not run when the module is loaded, or is there for its effect.
const left = new Set([
  "ArrowFunctionExpression",
  "ExpressionStatement",
  "FunctionDeclaration",
  "FunctionExpression",
  "MethodDefinition",
  "StaticBlock"
])

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null

/** Where the calls begin that are made while the module is loaded. */
const callsIn = (node: unknown): ReadonlyArray<number> => {
  if (Array.isArray(node)) return node.flatMap(callsIn)
  if (!isObject(node)) return []
  const { start, type } = node
  if (left.has(String(type)) || (type === "PropertyDefinition" && node["static"] !== true)) return []
  const inner = Object.values(node).flatMap(callsIn)
  const isCall = (type === "CallExpression" || type === "NewExpression") && typeof start === "number"
  return isCall ? [start, ...inner] : inner
}

/** The plugin, for our own sources; Effect's are marked by their authors. */
export const pureCalls: Plugin = {
  name: "pure-calls",
  transform: {
    filter: { id: /\/packages\/[^/]+\/src\/[^?]+\.ts$/ },
    handler: (code, id) => {
      const places = [...new Set(callsIn(parseAst(code, { lang: "ts" }, id).body))].toSorted((a, b) => b - a)
      return places.reduce((text, at) => `${text.slice(0, at)}/*#__PURE__*/ ${text.slice(at)}`, code)
    }
  }
}
