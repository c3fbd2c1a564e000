// Bundles the server: one entry, chunks loaded when they are needed.
import { rmSync } from "node:fs"
import type { Plugin } from "rolldown"
import { rolldown } from "rolldown"
import { ascii, httpWithoutFetch } from "../../bundle.shared.ts"

rmSync("dist", { recursive: true, force: true })
/** Effect lays help out with a segmenter, which takes Node longer to make than any other object here, at every start. */
const segmenterLater: Plugin = {
  name: "segmenter-later",
  transform: {
    filter: { id: /effect\/dist\/cli\/CliOutput\.js$/ },
    handler: (code) => {
      const made = /const graphemeSegmenter = ([^;]+);/
      if (!made.test(code)) throw new Error("Effect's CliOutput has changed: look at build.ts again")
      const later = "let segmenter; const graphemeSegmenter = { segment: (text) => (segmenter ??= $1).segment(text) };"
      return { code: code.replace(made, later), map: null }
    }
  }
}

const bundle = await rolldown({
  input: { main: "src/main.ts" },
  platform: "node",
  plugins: [segmenterLater, httpWithoutFetch, ascii],
  transform: { define: { "process.env.NODE_ENV": '"production"' } },
  onLog: (level, log) => {
    if (level === "warn") process.stderr.write(`${log.message}\n`)
  }
})
await bundle.write({
  dir: "dist",
  format: "esm",
  minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } },
  chunkFileNames: "[name]-[hash].js"
})
await bundle.close()
