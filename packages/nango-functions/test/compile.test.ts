import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, assert, describe, it } from "vitest"

const root = fileURLToPath(new URL("..", import.meta.url))
const made: Array<string> = []

afterAll(() => {
  for (const directory of made) rmSync(directory, { recursive: true, force: true })
})

/** What Nango's own compiler says of a project with one function, without a network. */
const compile = (source: string): { readonly status: number | null; readonly text: string } => {
  const directory = mkdtempSync(join(tmpdir(), "loom-scim-nango-"))
  made.push(directory)
  mkdirSync(join(directory, "loom-scim", "actions"), { recursive: true })
  mkdirSync(join(directory, ".nango"))
  symlinkSync(join(root, "node_modules"), join(directory, "node_modules"))
  symlinkSync(join(root, "loom-scim", "lib"), join(directory, "loom-scim", "lib"))
  writeFileSync(join(directory, "package.json"), '{"type":"module","devDependencies":{}}')
  writeFileSync(join(directory, "index.ts"), 'import "./loom-scim/actions/probe.js"\n')
  writeFileSync(join(directory, "loom-scim", "actions", "probe.ts"), source)
  const flags = ["compile", "--no-interactive", "--no-dependency-update"]
  const cli = join(root, "node_modules", "nango", "dist", "index.js")
  const { status, stderr, stdout } = spawnSync(process.execPath, [cli, ...flags], {
    cwd: directory,
    encoding: "utf8",
    // Any request would go to a closed port.
    env: { ...process.env, NANGO_HOSTPORT: "http://127.0.0.1:9", NANGO_CLI_UPGRADE_MODE: "ignore", NO_COLOR: "1" }
  })
  return { status, text: stdout + stderr }
}

const source = `
import { hostname } from "node:os"
import { createAction } from "nango"
import * as z from "zod"
import { getUser, perform } from "../lib/core.js"

const Model = z.object({ id: z.string() })

export default createAction({
  description: "A function of a test.",
  input: Model,
  output: Model,
  exec: (nango) => perform(nango, { input: { id: hostname() }, as: Model, by: getUser, answer: Model })
})
`

// That it takes the others is what the build shows.
describe("nango compile", () => {
  it("refuses a function with a forbidden import, for that reason", () => {
    const { status, text } = compile(source)
    assert.notStrictEqual(status, 0)
    assert.include(text, "Import of package 'node:os' is not allowed")
  })
})
