/** Runs carried out by processes that a test starts, kills and starts again. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import type { Store } from "../store/backend.ts"

const script = fileURLToPath(new URL("child.ts", import.meta.url))

/** The server that a process works on. */
export interface Server {
  readonly scimUrl: string
  readonly token: string
}

/** A process, with what it has said so far. */
export class Process {
  readonly lines: Array<string> = []
  readonly #child: ReturnType<typeof spawn>
  readonly #closed: Promise<unknown>
  #changed: () => void = () => undefined

  constructor({ directory, location }: Store, { scimUrl, token }: Server, command: string, argument: string) {
    const args = ["--no-warnings", script, location[0], directory, location[1], scimUrl, token, command, argument]
    this.#child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] })
    const { stdout } = this.#child
    if (stdout === null) throw new Error("no output")
    createInterface({ input: stdout }).on("line", (line) => {
      this.lines.push(line)
      this.#changed()
    })
    this.#closed = once(this.#child, "close")
  }

  /** Waits until a line has been said; false when the process ends before. */
  async said(line: string): Promise<boolean> {
    while (!this.lines.includes(line)) {
      const changed = new Promise<"changed">((resolve) => {
        this.#changed = () => resolve("changed")
      })
      const what = await Promise.race([changed, this.#closed])
      if (what !== "changed") return this.lines.includes(line)
    }
    return true
  }

  signal(signal: "SIGINT" | "SIGSTOP" | "SIGCONT"): void {
    this.#child.kill(signal)
  }

  /** Ends it as a crash would. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL")
    await this.#closed
  }

  /** Waits for its end; the last line it said. */
  async end(): Promise<string> {
    await this.#closed
    return this.lines.at(-1) ?? ""
  }
}
