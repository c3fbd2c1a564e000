/** The built programs, as people and supervisors run them. */
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { fileURLToPath } from "node:url"
import { closing } from "./api.ts"

const server = fileURLToPath(new URL("../../dist/main.js", import.meta.url))
const terminal = fileURLToPath(new URL("../../../tui/dist/main.js", import.meta.url))

/** How a program ended. */
export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const started = (main: string, args: ReadonlyArray<string>, env: Readonly<Record<string, string>>): ChildProcess => {
  const { PATH = "", HOME = "" } = process.env
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH, HOME, LANG: "C.UTF-8", ...env },
    stdio: ["ignore", "pipe", "pipe"]
  })
  closing(() => child.kill("SIGKILL"))
  return child
}

const collected = (child: ChildProcess) => {
  const texts = { stdout: "", stderr: "" }
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (data: string) => {
      texts[name] += data
    })
  }
  const ended = new Promise<Ran>((resolve, reject) => {
    child.on("error", reject)
    child.on("close", (code) => resolve({ code, ...texts }))
  })
  return { texts, ended }
}

/** The terminal app, to its end. */
export const loomScim = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}): Promise<Ran> =>
  collected(started(terminal, args, env)).ended

/** The server, to its end: for when it refuses to start. */
export const refusedServer = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}): Promise<Ran> =>
  collected(started(server, args, env)).ended

/** A server that runs. */
export interface Running {
  readonly pid: number
  readonly base: string
  /** The first key, if this start made one. */
  readonly key: string | undefined
  readonly stderr: () => string
  readonly kill: (signal: NodeJS.Signals) => void
  readonly ended: Promise<Ran>
}

/** The server, once it listens: on a free port unless the arguments name one. */
export const runServer = async (
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {}
): Promise<Running> => {
  const child = started(server, args.includes("--port") ? args : ["--port", "0", ...args], env)
  const { ended, texts } = collected(child)
  const base = await Promise.race([
    ended.then((ran): never => {
      throw new Error(`the server ended: ${ran.stderr}`)
    }),
    new Promise<string>((resolve) => {
      child.stderr?.on("data", () => {
        const [, url] = /"listens on ([^"]+)"/.exec(texts.stderr) ?? []
        if (url !== undefined) resolve(url)
      })
    })
  ])
  const [key] = /^lsk_\S+$/m.exec(texts.stderr) ?? []
  return {
    pid: child.pid ?? 0,
    base,
    key,
    stderr: () => texts.stderr,
    kill: (signal) => void child.kill(signal),
    ended
  }
}
