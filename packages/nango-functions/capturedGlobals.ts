// Lets our module look up the language's own objects once, when it is loaded. Nango's runner gives functions a context whose
// global object is watched over: each mention of `Array` or `Object` in such a context goes through a trap in the engine,
// which costs thirty times as much as a variable, and they are mentioned wherever there is a loop.
import type { Plugin } from "rolldown"

const id = "\0captured-globals"

// Not those that `globals.ts` may have to provide first.
const names: ReadonlyArray<string> = [
  "Array",
  "ArrayBuffer",
  "BigInt",
  "Boolean",
  "DataView",
  "Date",
  "Error",
  "JSON",
  "Map",
  "Math",
  "Number",
  "Object",
  "Promise",
  "Reflect",
  "RegExp",
  "Set",
  "String",
  "Symbol",
  "Uint8Array",
  "WeakMap",
  "WeakSet"
]

/** What each of them is to be taken from, for rolldown's `transform.inject`: by its name, and as part of the global object. */
export const capturedGlobals: Record<string, [string, string]> = Object.fromEntries(
  names.flatMap((name) => [name, `globalThis.${name}`].map((mention) => [mention, [id, name] as [string, string]]))
)

/** The module that they are taken from. */
export const capturingGlobals: Plugin = {
  name: "captured-globals",
  resolveId: { filter: { id: /^\0captured-globals$/ }, handler: () => id },
  load: {
    filter: { id: /^\0captured-globals$/ },
    handler: () => `const { ${names.join(", ")} } = globalThis\nexport { ${names.join(", ")} }`
  }
}
