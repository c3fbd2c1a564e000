// Makes what is deployed: core and Effect as one module beside the functions, with declarations, and then the functions
// themselves with Nango's own compiler, which wants neither a network nor an account.
import { spawnSync } from "node:child_process"
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import type { InputOptions, OutputChunk } from "rolldown"
import { rolldown } from "rolldown"
import { isolatedDeclarationSync } from "rolldown/experimental"
import { capturedGlobals, capturingGlobals } from "./capturedGlobals.ts"
import { lazyValues, moduleOf } from "./lazyValues.ts"
import { pureCalls } from "./pureCalls.ts"

/** A function with the module in it must stay far from what Nango accepts. In bytes. */
const limit = 500_000

const lib = "loom-scim/lib"
mkdirSync(lib, { recursive: true })
mkdirSync(".nango", { recursive: true })

const written = new Set<string>()

/** In one step, so that whoever reads a file meanwhile sees the one before or the new one. */
const write = (name: string, text: string): void => {
  writeFileSync(`${lib}/${name}.new`, text)
  renameSync(`${lib}/${name}.new`, `${lib}/${name}`)
  written.add(name)
}

/** Bundles into one module. */
const bundled = async (input: InputOptions, minify: boolean): Promise<OutputChunk> => {
  const onLog: InputOptions["onLog"] = (level, log) => {
    if (level === "warn") process.stderr.write(`${log.message}\n`)
  }
  const bundle = await rolldown({ ...input, platform: "neutral", onLog })
  const { output } = await bundle.generate({ format: "esm", minify, entryFileNames: "[name].js" })
  await bundle.close()
  const [chunk, ...others] = output
  if (others.length > 0) throw new Error(`one module was expected, not ${output.length}`)
  return chunk
}

const whole = await bundled(
  {
    input: { core: "src/core.ts" },
    plugins: [capturingGlobals, pureCalls],
    transform: { inject: capturedGlobals }
  },
  false
)
const lazy = lazyValues(whole.code)
const chunk = await bundled(
  { input: { core: "core" }, plugins: [moduleOf("core", lazy.code)], transform: { define: lazy.define } },
  true
)
const foreign = [...chunk.imports, ...chunk.dynamicImports]
if (foreign.length > 0) throw new Error(`the module imports ${foreign.join(", ")}, which Nango does not have`)
const size = Buffer.byteLength(chunk.code)
process.stdout.write(`${lib}/core.js ${size} bytes of ${limit}\n`)
if (size > limit) throw new Error("the module is too large")
write("core.js", chunk.code)

/** Declares one source and everything its declarations name; they may name nothing but `nango` and `zod` besides. */
const declared = new Set<string>()
const declare = (source: string): void => {
  if (declared.has(source)) return
  declared.add(source)
  const { code, errors } = isolatedDeclarationSync(source, readFileSync(`src/${source}`, "utf8"), { sourcemap: false })
  const [error] = errors
  if (error !== undefined) throw new Error(`src/${source} has no declarations of its own: ${error.message}`)
  const text = code
    .replaceAll(/^import "[^"]+";\n/gm, "")
    .replaceAll(/(?<=from\s*["'])([^"']+)(?=["'])/g, (specifier) => {
      if (!specifier.startsWith("./")) {
        if (specifier === "nango" || specifier === "zod") return specifier
        throw new Error(`the declarations of src/${source} name ${specifier}, which a Nango project does not have`)
      }
      declare(specifier.slice(2))
      return specifier.replace(/\.ts$/, ".js")
    })
  write(source.replace(/\.ts$/, ".d.ts"), text)
}
declare("core.ts")
for (const name of readdirSync(lib)) if (!written.has(name)) rmSync(`${lib}/${name}`, { force: true })

const flags = ["compile", "--no-interactive", "--no-dependency-update", "--sourcemap", "false"]
const compiled = spawnSync(process.execPath, ["node_modules/nango/dist/index.js", ...flags], {
  stdio: "inherit",
  env: { ...process.env, NANGO_CLI_UPGRADE_MODE: "ignore", NANGO_CLI_TELEMETRY: "false" }
})
if (compiled.status !== 0) throw new Error("Nango's compiler refused the functions")

const functions = new Set(
  [...readFileSync("index.ts", "utf8").matchAll(/^import "\.\/(.+)\.js"$/gm)].map(
    ([, path = ""]) => `${path.replaceAll("/", "_")}.cjs`
  )
)
for (const name of readdirSync("build")) if (!functions.has(name)) rmSync(`build/${name}`, { force: true })
