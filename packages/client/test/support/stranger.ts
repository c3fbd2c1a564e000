/** A project of somebody else: a directory with nothing but the built package in it. */
import { spawn } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const home = fileURLToPath(new URL("../../", import.meta.url))
const server = fileURLToPath(new URL("../../../../apps/api/dist/main.js", import.meta.url))

const cleanups: Array<() => unknown> = []

/** To be called after each test. */
export const closeAll = async (): Promise<void> => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
}

/** Has something closed with the rest. */
export const closing = (cleanup: () => unknown): void => void cleanups.push(cleanup)

/** A directory that is gone afterwards. */
export const temporary = (): string => {
  const directory = mkdtempSync(join(tmpdir(), "loom-scim-client-"))
  closing(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** A directory in which `@loom-scim/client` is installed, and nothing else. */
export const project = (): string => {
  const directory = temporary()
  const installed = join(directory, "node_modules", "@loom-scim", "client")
  mkdirSync(installed, { recursive: true })
  for (const name of ["package.json", "dist"]) cpSync(join(home, name), join(installed, name), { recursive: true })
  writeFileSync(join(directory, "package.json"), JSON.stringify({ type: "module" }))
  return directory
}

/** How a program ended. */
export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A program to its end, with nothing in its environment but this. */
export const run = (
  command: string,
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>>,
  cwd: string
): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const { PATH = "", HOME = "" } = process.env
    const child = spawn(command, args, { cwd, env: { PATH, HOME, ...env }, stdio: ["ignore", "pipe", "pipe"] })
    closing(() => child.kill("SIGKILL"))
    let [stdout, stderr] = ["", ""]
    child.stdout.setEncoding("utf8").on("data", (data: string) => (stdout += data))
    child.stderr.setEncoding("utf8").on("data", (data: string) => (stderr += data))
    child.on("error", reject)
    child.on("close", (code) => resolve({ code, stdout, stderr }))
  })

/** The built server in a process of its own; `stop` ends it as a supervisor does. */
export const serve = (
  directory: string,
  port = "0",
  args: ReadonlyArray<string> = []
): Promise<{ readonly url: string; readonly key: string; readonly stop: () => Promise<void> }> =>
  new Promise((resolve, reject) => {
    const { PATH = "", HOME = "" } = process.env
    const child = spawn(
      process.execPath,
      [server, "--data-dir", directory, "--port", port, "--allow-private-network", ...args],
      {
        env: { PATH, HOME },
        stdio: ["ignore", "ignore", "pipe"]
      }
    )
    closing(() => child.kill("SIGKILL"))
    const ended = new Promise<void>((done) => child.on("close", () => done()))
    let stderr = ""
    child.on("error", reject)
    child.on("close", () => reject(new Error(`the server ended: ${stderr}`)))
    child.stderr.setEncoding("utf8").on("data", (data: string) => {
      stderr += data
      const [, url] = /"listens on ([^"]+)"/.exec(stderr) ?? []
      const [key = ""] = /^lsk_\S+$/m.exec(stderr) ?? []
      const stop = () => {
        child.kill("SIGTERM")
        return ended
      }
      if (url !== undefined) resolve({ url, key, stop })
    })
  })
