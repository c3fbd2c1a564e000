/** Compiled functions, in the context in which Nango's runner runs them. */
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import * as vm from "node:vm"
import { Predicate } from "effect"

const require = createRequire(import.meta.url)
const built = new URL("../../build/", import.meta.url)

/** What a compiled function exports. */
export interface Script {
  readonly type: string
  readonly exec: (...given: ReadonlyArray<unknown>) => unknown
}

// What the runner lets functions require and use, and nothing else: no process, no fetch, no clearTimeout, no eval.
const allowed = new Set(["url", "crypto", "zod"])

const context = () => {
  const globals = {
    constructor: undefined,
    console: new Proxy({}, { get: () => () => undefined }),
    require: (name: string): unknown => {
      if (allowed.has(name)) return require(name)
      throw new Error(`Module '${name}' is not allowed`)
    },
    Buffer,
    setTimeout,
    Error,
    URL,
    URLSearchParams
  }
  Object.setPrototypeOf(globals, null)
  return vm.createContext(globals, { codeGeneration: { strings: false, wasm: false } })
}

const isScript = (value: unknown): value is Script =>
  Predicate.hasProperty(value, "type") &&
  Predicate.isString(value.type) &&
  Predicate.hasProperty(value, "exec") &&
  Predicate.isFunction(value.exec)

/** Loads the text of a function, anew each time, as the runner does for each run. */
export const evaluate = (text: string, filename: string): Script => {
  const code = `(function() { var module = { exports: {} }; var exports = module.exports; ${text}
    return module.exports; })()`
  const exported: unknown = new vm.Script(code, { filename }).runInContext(context())
  const script = Predicate.hasProperty(exported, "default") ? exported.default : undefined
  if (!isScript(script)) throw new Error(`${filename} exports no function of Nango`)
  return script
}

const loaded = new Map<string, Script>()

/**
 * Loads a function; `name` is its path in the project, such as `actions/get-scim-user`. The runner loads it anew for each
 * run, which takes longer than all else in a test: here it is done once in a file.
 */
export const load = (name: string): Script => {
  const earlier = loaded.get(name)
  if (earlier !== undefined) return earlier
  const filename = `loom-scim_${name.replaceAll("/", "_")}.cjs`
  const script = evaluate(readFileSync(new URL(filename, built), "utf8"), filename)
  loaded.set(name, script)
  return script
}
