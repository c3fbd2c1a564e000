/** The built program without a terminal, as scripts run it. */
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url))

/** How a run ended. */
export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs to the end; `fd3` is offered on file descriptor 3, `stdin` on standard input, which is empty without it. */
export const run = (
  args: ReadonlyArray<string>,
  {
    env = {},
    fd3,
    stdin
  }: { readonly env?: Readonly<Record<string, string>>; readonly fd3?: string; readonly stdin?: string } = {}
): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const { PATH = "", HOME = "" } = process.env
    const child = spawn(process.execPath, [main, ...args], {
      env: { PATH, HOME, LANG: "C.UTF-8", ...env },
      stdio: [stdin === undefined ? "ignore" : "pipe", "pipe", "pipe", "pipe"]
    })
    let stdout = ""
    let stderr = ""
    child.stdout?.setEncoding("utf8").on("data", (data: string) => {
      stdout += data
    })
    child.stderr?.setEncoding("utf8").on("data", (data: string) => {
      stderr += data
    })
    child.stdin?.on("error", () => undefined).end(stdin)
    const pipe = child.stdio[3]
    if (pipe !== null && pipe !== undefined && "end" in pipe) pipe.on("error", () => undefined).end(fd3 ?? "")
    child.on("error", reject)
    child.on("close", (code) => resolve({ code, stdout, stderr }))
  })
