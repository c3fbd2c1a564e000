/** What makes the bundles of both apps start sooner: plugins for rolldown. */

/** Files as the bundler is about to write them. */
type Bundle = Readonly<Record<string, { readonly type: "chunk"; code: string } | { readonly type: "asset" }>>

/** An astral character is two code units, and so two escapes. */
const escaped = (character: string): string =>
  Array.from({ length: character.length }, (_, at) => character.charCodeAt(at).toString(16).padStart(4, "0"))
    .map((unit) => `\\u${unit}`)
    .join("")

/**
 * Writes what is not ASCII as an escape, which means the same in strings, templates, patterns and names. A single
 * character beyond makes V8 hold the whole file in two bytes a character and read it at half the speed.
 */
export const ascii = {
  name: "ascii",
  generateBundle(_: unknown, bundle: Bundle): void {
    for (const file of Object.values(bundle)) {
      if (file.type === "chunk") file.code = file.code.replaceAll(/[^\p{ASCII}]/gu, escaped)
    }
  }
}

const http = "node:http"
const virtual = `\0${http}`

// Node fills these in from its own fetch, which takes longer to load than all the rest of the module.
const fromFetch = new Set(["CloseEvent", "MessageEvent", "WebSocket"])

/** Imports `node:http` without what an import reads of it besides, at every start, whoever uses it. */
export const httpWithoutFetch = {
  name: "http-without-fetch",
  resolveId: { filter: { id: /^node:http$/ }, handler: () => virtual },
  load: {
    filter: { id: /node:http$/ },
    handler: (id: string): string | null => {
      if (id !== virtual) return null
      const names = Object.keys(process.getBuiltinModule(http)).filter((name) => !fromFetch.has(name))
      const all = names.map((name) => `export const ${name} = http.${name}`)
      return [`const http = process.getBuiltinModule("${http}")`, "export default http", ...all].join("\n")
    }
  }
}
