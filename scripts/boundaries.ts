// Fails when an import or a declared dependency crosses a border of docs/architecture.md: core imports `effect` and
// nothing else, arrows between packages go one way.
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** What the sources of each package may import from within the workspace. Tests may import the sandbox besides. */
const arrows: Readonly<Record<string, ReadonlyArray<string>>> = {
  "packages/core": [],
  "packages/sandbox": [],
  "packages/platform-node": ["@loom-scim/core"],
  "packages/contract": ["@loom-scim/core"],
  "packages/client": ["@loom-scim/contract"],
  "packages/interop": ["@loom-scim/core", "@loom-scim/platform-node", "@loom-scim/sandbox"],
  "packages/nango": ["@loom-scim/core"],
  "packages/nango-functions": ["@loom-scim/core", "@loom-scim/nango"],
  "apps/api": ["@loom-scim/contract", "@loom-scim/core", "@loom-scim/nango", "@loom-scim/platform-node"],
  "apps/tui": [
    "@loom-scim/contract",
    "@loom-scim/core",
    "@loom-scim/nango",
    "@loom-scim/platform-node",
    "@loom-scim/sandbox"
  ]
}

const sourcesIn = (directory: string): ReadonlyArray<string> =>
  readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name) && !name.endsWith(".d.ts"))
    .map((name) => join(directory, name))

const importsOf = (file: string): ReadonlyArray<string> => {
  const text = readFileSync(file, "utf8").replaceAll(/\/\*[\s\S]*?\*\//g, "")
  return [...text.matchAll(/(?:(?<!["'])\bfrom\s*|\bimport\s*\(?\s*)["']([^"']+)["']/g)].map(
    ([, specifier]) => specifier ?? ""
  )
}

const packageOf = (specifier: string): string =>
  specifier.startsWith("@") ? specifier.split("/").slice(0, 2).join("/") : (specifier.split("/")[0] ?? "")

const problems: Array<string> = []
for (const [home, allowed] of Object.entries(arrows)) {
  for (const file of sourcesIn(join(root, home, "src"))) {
    for (const specifier of importsOf(file)) {
      const name = packageOf(specifier)
      const where = relative(root, file)
      if (specifier.startsWith(".")) {
        const target = relative(root, join(dirname(file), specifier))
        if (!target.startsWith(`${home}/src/`)) problems.push(`${where} reaches out of its package: ${specifier}`)
      } else if (home === "packages/core" && name !== "effect") {
        problems.push(`${where}: core imports effect and nothing else, not ${specifier}`)
      } else if (home === "packages/contract" && name !== "effect" && name !== "@loom-scim/core") {
        problems.push(`${where}: contract imports effect and core's schemas, not ${specifier}`)
      } else if (name.startsWith("@loom-scim/") && !allowed.includes(name)) {
        problems.push(`${where}: ${home} may not import ${name}`)
      } else if (name === "@effect/platform-node" && specifier === name) {
        problems.push(`${where}: import a subpath, the barrel of ${name} costs a second at start-up`)
      }
    }
  }
}

for (const problem of problems) process.stderr.write(`${problem}\n`)
process.stdout.write(problems.length === 0 ? "boundaries hold\n" : `${problems.length} borders crossed\n`)
process.exitCode = problems.length === 0 ? 0 : 1
