// Bundles the terminal app: one entry, chunks loaded when their command is called.
import { rmSync } from "node:fs"
import type { Plugin } from "rolldown"
import { rolldown } from "rolldown"
import { ascii, httpWithoutFetch } from "../../bundle.shared.ts"

rmSync("dist", { recursive: true, force: true })
/** Yoga fetches its embedded WebAssembly from a data: URL, which makes Node load its whole fetch at every start. */
const yogaWithoutFetch: Plugin = {
  name: "yoga-without-fetch",
  transform: {
    filter: { id: /yoga-wasm-base64-esm/ },
    handler: (code) => {
      const test = '"function"!=typeof fetch'
      if (!code.includes(test)) throw new Error("yoga-layout has changed: look at build.ts again")
      return { code: code.replaceAll(test, "true"), map: null }
    }
  }
}

const bundle = await rolldown({
  plugins: [yogaWithoutFetch, httpWithoutFetch, ascii],
  input: { main: "src/main.ts" },
  platform: "node",
  // Optional of ink's: only for its developers.
  external: ["react-devtools-core"],
  transform: { define: { "process.env.NODE_ENV": '"production"' } },
  onLog: (level, log) => {
    if (level === "warn") process.stderr.write(`${log.message}\n`)
  }
})
// Names are kept: SCIMMY declares resources by the names of their classes.
await bundle.write({
  dir: "dist",
  format: "esm",
  minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } },
  chunkFileNames: "[name]-[hash].js"
})
await bundle.close()
