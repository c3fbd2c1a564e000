/** Nodes of a cluster that a test starts, freezes, drains and kills. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import type { Server } from "../runs/process.ts"
import type { Store } from "../store/backend.ts"

const script = fileURLToPath(new URL("node.child.ts", import.meta.url))

/** A node, with what it has said so far. */
export class Node {
  readonly lines: Array<string> = []
  readonly #child: ReturnType<typeof spawn>
  readonly #closed: Promise<unknown>

  constructor({ directory, location }: Store, { scimUrl, token }: Server, name: string, run: string) {
    const args = ["--no-warnings", script, directory, location[1], scimUrl, token, name, run]
    this.#child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] })
    const { stdout } = this.#child
    if (stdout === null) throw new Error("no output")
    createInterface({ input: stdout }).on("line", (line) => this.lines.push(line))
    this.#closed = once(this.#child, "close")
  }

  /** How many outcomes came of its own work. */
  get owned(): number {
    return this.lines.filter((line) => line === "owner").length
  }

  signal(signal: "SIGSTOP" | "SIGCONT" | "SIGTERM" | "SIGKILL"): void {
    this.#child.kill(signal)
  }

  /** Ends it with a signal, and waits for that. */
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    this.#child.kill(signal)
    await this.#closed
  }
}

/** Waits until something is found. */
export const until = async <A>(find: () => A | undefined): Promise<A> => {
  while (true) {
    const found = find()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
