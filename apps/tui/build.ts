// Bundles the terminal app: one entry, chunks loaded when their command is called.
import { rmSync } from "node:fs"
import { rolldown } from "rolldown"

rmSync("dist", { recursive: true, force: true })
const bundle = await rolldown({
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
