// The built API in a process of its own, for benchmarks: started, asked until it is ready, and its memory read.
import { spawn } from "node:child_process"
import { closeSync, openSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"

const main = fileURLToPath(new URL("../apps/api/dist/main.js", import.meta.url))

/** Seconds of CPU time that a process has used (proc(5): fields 14 and 15, a hundredth of a second each). */
export const cpuOf = (pid: number): number => {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8")
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ")
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** A server that is ready. */
export interface Api {
  readonly url: string
  /** The first key, when this start made one. */
  readonly key: string
  /** Milliseconds from the start of the process to the first good answer of /readyz. */
  readonly readyAfter: number
  /** Bytes of memory now. */
  readonly rss: () => number
  readonly pid: number
  readonly stop: () => Promise<void>
}

/** Starts it on a data directory. Its log goes to a file, as whoever read it would be measured too. */
export const startApi = async (directory: string): Promise<Api> => {
  const start = performance.now()
  const log = join(directory, "bench.log")
  const file = openSync(log, "w")
  const args = ["--max-semi-space-size=8", main, "--data-dir", directory, "--port", "0", "--rate-limit", "100000"]
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", file] })
  closeSync(file)
  const { pid } = child
  if (pid === undefined) throw new Error("it could not be started")
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()))
  const listening = async (): Promise<{ readonly url: string; readonly key: string }> => {
    for (;;) {
      const text = readFileSync(log, "utf8")
      const [, url] = /"listens on ([^"]+)"/.exec(text) ?? []
      if (url !== undefined) return { url, key: /^lsk_\S+$/m.exec(text)?.[0] ?? "" }
      if (child.exitCode !== null) throw new Error(text)
      await sleep(2)
    }
  }
  const { key, url } = await listening()
  while ((await fetch(`${url}/readyz`)).status !== 200);
  const readyAfter = performance.now() - start
  return {
    url,
    key,
    pid,
    readyAfter,
    rss: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024,
    stop: () => {
      child.kill("SIGTERM")
      return ended
    }
  }
}
