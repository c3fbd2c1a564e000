// The built API in a process of its own, for benchmarks: started, asked until it is ready, and its memory read.
import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const main = fileURLToPath(new URL("../apps/api/dist/main.js", import.meta.url))

/** A server that is ready. */
export interface Api {
  readonly url: string
  /** The first key, when this start made one. */
  readonly key: string
  /** Milliseconds from the start of the process to the first good answer of /readyz. */
  readonly readyAfter: number
  /** Bytes of memory now. */
  readonly rss: () => number
  readonly stop: () => Promise<void>
}

/** Starts it on a data directory. Its log goes nowhere: whoever reads it would be measured too. */
export const startApi = async (directory: string): Promise<Api> => {
  const start = performance.now()
  const args = ["--max-semi-space-size=8", main, "--data-dir", directory, "--port", "0", "--rate-limit", "100000"]
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] })
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()))
  const { key, url } = await new Promise<{ readonly url: string; readonly key: string }>((resolve, reject) => {
    let text = ""
    child.on("close", () => reject(new Error(text)))
    child.stderr.setEncoding("utf8").on("data", (data: string) => {
      text = (text + data).slice(-4000)
      const [, found] = /listens on (\S+)\n/.exec(text) ?? []
      if (found !== undefined) resolve({ url: found, key: /^lsk_\S+$/m.exec(text)?.[0] ?? "" })
    })
  })
  while ((await fetch(`${url}/readyz`)).status !== 200);
  const readyAfter = performance.now() - start
  return {
    url,
    key,
    readyAfter,
    rss: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1] ?? 0) * 1024,
    stop: () => {
      child.kill("SIGTERM")
      return ended
    }
  }
}
