// Start-up side by side: `node -e 0`, `loom-scim --version`, and the first screen of `loom-scim setup` in a real
// pseudo-terminal. Interleaved, so that all three see the same machine; medians and ratios are printed.
import pty from "@lydell/node-pty"
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const main = join(dirname(fileURLToPath(import.meta.url)), "..", "apps", "tui", "dist", "main.js")
const rounds = Number(process.env["ROUNDS"] ?? 21)
const directory = mkdtempSync(join(tmpdir(), "loom-scim-bench-"))

const timed = (args: ReadonlyArray<string>): number => {
  const start = performance.now()
  const { status } = spawnSync(process.execPath, args, { stdio: "ignore" })
  if (status !== 0) throw new Error(`node ${args.join(" ")} ended with ${status}`)
  return performance.now() - start
}

/**
 * Milliseconds from the start of the process to the first screen that asks something. It is quit as a person quits it,
 * since Node writes its compile cache at the end of a process.
 */
const firstScreen = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const start = performance.now()
    const { PATH = "", HOME = "" } = process.env
    const child = pty.spawn(process.execPath, [main, "setup", "--data-dir", directory], {
      cols: 80,
      rows: 24,
      env: { PATH, HOME, TERM: "xterm-256color", LANG: "C.UTF-8" }
    })
    let seen = ""
    let took: number | undefined
    child.onData((data) => {
      seen += data
      if (took === undefined && seen.includes("What is this workspace called?")) {
        took = performance.now() - start
        child.write("\u0003")
      }
    })
    child.onExit(() => (took === undefined ? reject(new Error(`no first screen:\n${seen}`)) : resolve(took)))
  })

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

const bare: Array<number> = []
const version: Array<number> = []
const screen: Array<number> = []
timed([main, "--version"])
await firstScreen()
for (let round = 0; round < rounds; round++) {
  bare.push(timed(["-e", "0"]))
  version.push(timed([main, "--version"]))
  screen.push(await firstScreen())
}
rmSync(directory, { recursive: true, force: true })

const base = median(bare)
const row = (name: string, values: ReadonlyArray<number>, limit: string) => {
  const ms = `${median(values).toFixed(0)} ms`.padStart(8)
  const range = `${Math.min(...values).toFixed(0)} to ${Math.max(...values).toFixed(0)}`.padStart(12)
  process.stdout.write(
    `${name.padEnd(30)} ${ms} ${range} ${(median(values) / base).toFixed(2).padStart(7)}  ${limit}\n`
  )
}
process.stdout.write(`median of ${rounds}; range in ms, ratio to node -e 0, limit\n`)
row("node -e 0", bare, "")
row("loom-scim --version", version, "3")
row("first screen of setup", screen, "10")
