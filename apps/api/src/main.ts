#!/usr/bin/env node
// The entry: answers `--version` before anything is loaded, since supervisors and scripts ask for it often.
import { enableCompileCache } from "node:module"
import { version } from "./version.ts"

const [first, ...rest] = process.argv.slice(2)
if (rest.length === 0 && (first === "--version" || first === "-v")) {
  process.stdout.write(`loom-scim-api ${version}\n`)
} else {
  enableCompileCache()
  const { run } = await import("./cli.ts")
  run(process.argv.slice(2))
}
