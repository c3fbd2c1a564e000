/** Nodes of a cluster that a test starts, asks, freezes, cuts off, drains and kills. */
import type { Actor } from "@loom-scim/core/setup/Evidence"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import type { Server } from "../runs/process.ts"
import type { Line } from "./line.ts"

const script = fileURLToPath(new URL("node.child.ts", import.meta.url))

/** How long a node may say nothing, in milliseconds: less than usual, so that tests wait less. */
export const silence = 4000

/** Who asks something of a run. */
export const by: Actor = { name: "Ada", face: "api" }

/** Waits until something is found. */
export const until = async <A>(what: string, find: () => A | undefined | Promise<A | undefined>): Promise<A> => {
  for (let turns = 0; turns < 4000; turns++) {
    const found = await find()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`there was never ${what}`)
}

/** A node, with what it has said so far. */
export class Node {
  readonly name: string
  readonly line: Line
  readonly lines: Array<string> = []
  readonly #child: ReturnType<typeof spawn>
  readonly #closed: Promise<unknown>
  /** The number of what it was asked last. */
  asked = 0

  constructor(directory: string, line: Line, { scimUrl, token }: Server, name: string) {
    this.name = name
    this.line = line
    const args = ["--no-warnings", script, directory, line.url, scimUrl, token, name]
    this.#child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] })
    const { stdout } = this.#child
    if (stdout === null) throw new Error("no output")
    createInterface({ input: stdout }).on("line", (said) => this.lines.push(said))
    this.#closed = once(this.#child, "close")
  }

  /** How many outcomes of a run came of its own work. */
  owned(run: string): number {
    return this.lines.filter((line) => line === `owner ${run}`).length
  }

  /** Has it do something; gives the answer. */
  async ask(verb: string, ...args: ReadonlyArray<string | number>): Promise<string> {
    const number = ++this.asked
    this.#child.stdin?.write(`${[number, verb, ...args].join(" ")}\n`)
    const start = `did ${number} `
    const said = () => this.lines.find((line) => line.startsWith(start))?.slice(start.length)
    return until(`an answer of ${this.name} to ${verb}`, said)
  }

  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#child.kill(signal)
  }

  /** Ends it with a signal, and waits for that. */
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    this.#child.kill(signal)
    await this.#closed
  }
}
