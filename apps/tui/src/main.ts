#!/usr/bin/env node
// The entry: answers `--version` before anything is loaded, since shells and scripts ask for it often.
import { version } from "./version.ts"

const [first, ...rest] = process.argv.slice(2)
if (rest.length === 0 && (first === "--version" || first === "-v")) {
  process.stdout.write(`loom-scim ${version}\n`)
} else if (Number.parseInt(process.versions.node, 10) < 24) {
  process.stderr.write(`loom-scim needs Node 24 or newer, and this is ${process.versions.node}.\n`)
  process.exitCode = 2
} else {
  // An older Node does not have it, and could not say so.
  const { enableCompileCache } = await import("node:module")
  enableCompileCache()
  const { run } = await import("./cli.ts")
  run(process.argv.slice(2))
}
