// Bundles the server: one entry, chunks loaded when they are needed.
import { rmSync } from "node:fs"
import { rolldown } from "rolldown"

rmSync("dist", { recursive: true, force: true })
const bundle = await rolldown({
  input: { main: "src/main.ts" },
  platform: "node",
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
