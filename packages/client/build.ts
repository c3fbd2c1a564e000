// Builds the client from the contract: one ESM file without dependencies, and declarations that need no other types.
import { Api } from "@loom-scim/contract/Api"
import { OpenApi } from "effect/http-api"
import { spawnSync } from "node:child_process"
import { rmSync, writeFileSync } from "node:fs"
import { rolldown } from "rolldown"
import { declarations } from "./generate/declarations.ts"
import { endpointsOf } from "./generate/endpoints.ts"

rmSync("dist", { recursive: true, force: true })
const document = OpenApi.fromApi(Api)
const described = endpointsOf(document)
const entry = [
  'import { bind } from "./src/bind.ts"',
  'export { ProblemError } from "./src/ProblemError.ts"',
  `const endpoints = ${JSON.stringify(described.map(({ endpoint }) => endpoint))}`,
  "export const createClient = (options) => bind(endpoints, options)"
].join("\n")

const bundle = await rolldown({
  input: { index: "client" },
  platform: "neutral",
  plugins: [
    {
      name: "contract",
      resolveId: (id, importer) =>
        id === "client" ? id : importer === "client" ? new URL(id, import.meta.url).pathname : null,
      load: (id) => (id === "client" ? entry : null)
    }
  ]
})
await bundle.write({ dir: "dist", format: "esm", entryFileNames: "index.js" })
await bundle.close()

const sources = ["src/Surface.ts", "src/ProblemError.ts"]
const flags = ["--declaration", "--emitDeclarationOnly", "--noEmit", "false", "--outDir", "dist", "--rootDir", "src"]
const compiled = spawnSync(
  "tsc",
  ["--ignoreConfig", ...sources, ...flags, "--target", "ES2024", "--lib", "ES2024,DOM,DOM.AsyncIterable", "--strict"],
  {
    stdio: "inherit"
  }
)
if (compiled.status !== 0) throw new Error("the declarations could not be made")
writeFileSync("dist/index.d.ts", declarations(document, described))
