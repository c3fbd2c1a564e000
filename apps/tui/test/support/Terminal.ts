/** The built program in a real pseudo-terminal, its output drawn by a real terminal emulator. */
import pty from "@lydell/node-pty"
import type { IPty } from "@lydell/node-pty"
import xterm from "@xterm/headless"
import { fileURLToPath } from "node:url"

const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url))

/** Keys as terminals send them. */
export const keys = {
  enter: "\r",
  tab: "\t",
  shiftTab: "\u001B[Z",
  escape: "\u001B",
  up: "\u001B[A",
  down: "\u001B[B",
  pageUp: "\u001B[5~",
  pageDown: "\u001B[6~",
  ctrlC: "\u0003"
} as const

/** A bracketed paste. */
export const paste = (text: string): string => `\u001B[200~${text}\u001B[201~`

export class Terminal {
  readonly #pty: IPty
  readonly #screen: InstanceType<typeof xterm.Terminal>
  /** Everything the program wrote, escape sequences included. */
  raw = ""
  readonly exited: Promise<number>
  #running = true

  constructor(args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}, columns = 80, rows = 24) {
    this.#screen = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true })
    const { PATH = "", HOME = "" } = process.env
    this.#pty = pty.spawn(process.execPath, [main, ...args], {
      // The name becomes TERM, whatever the environment says.
      name: env["TERM"] ?? "xterm-256color",
      cols: columns,
      rows,
      env: { PATH, HOME, TERM: "xterm-256color", LANG: "C.UTF-8", ...env }
    })
    this.#pty.onData((data) => {
      this.raw += data
      this.#screen.write(data)
    })
    this.exited = new Promise((resolve) => {
      this.#pty.onExit(({ exitCode }) => {
        this.#running = false
        resolve(exitCode)
      })
    })
  }

  get pid(): number {
    return this.#pty.pid
  }

  /** What a person sees now, one string a row. */
  async screen(): Promise<ReadonlyArray<string>> {
    // Writing is asynchronous; an empty write is called back after all before it.
    await new Promise<void>((resolve) => {
      this.#screen.write("", resolve)
    })
    const { active } = this.#screen.buffer
    return Array.from({ length: this.#screen.rows }, (_, row) =>
      (active.getLine(active.viewportY + row)?.translateToString(true) ?? "").trimEnd()
    )
  }

  async text(): Promise<string> {
    return (await this.screen()).join("\n")
  }

  send(data: string): void {
    this.#pty.write(data)
  }

  resize(columns: number, rows: number): void {
    this.#screen.resize(columns, rows)
    this.#pty.resize(columns, rows)
  }

  /** Sends in the instant that the program writes `asked`, quicker than any person. */
  answer(asked: string, data: string): void {
    const from = this.raw.length
    const listener = this.#pty.onData(() => {
      if (!this.raw.slice(from).includes(asked)) return
      listener.dispose()
      this.send(data)
    })
  }

  /** Waits until the screen shows something; fails with the screen as it is. */
  async until(pattern: RegExp | string, timeoutMillis = 15_000): Promise<string> {
    const end = Date.now() + timeoutMillis
    for (;;) {
      const text = await this.text()
      if (typeof pattern === "string" ? text.includes(pattern) : pattern.test(text)) return text
      if (Date.now() > end) throw new Error(`never saw ${String(pattern)}; the screen is:\n${text}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  kill(signal = "SIGKILL"): void {
    this.#pty.kill(signal)
  }

  /** Gone, whether it ended by itself or not. */
  async close(): Promise<void> {
    // A number that is free again may be another process's.
    if (this.#running) this.kill()
    await this.exited
  }
}
