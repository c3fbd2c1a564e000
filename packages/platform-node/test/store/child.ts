/** Starts another process on a data directory. */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import type { Scope } from "effect"
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

const script = fileURLToPath(new URL("holder.child.ts", import.meta.url))

/** Runs `holder.child.ts` and waits until it is ready; `lines` goes on collecting what it says. */
export const startChild = Effect.fnUntraced(function* (
  directory: string,
  options: { readonly busy?: boolean } = {}
): Effect.fn.Return<{ readonly child: ChildProcess; readonly lines: ReadonlyArray<string> }, never, Scope.Scope> {
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(
        process.execPath,
        ["--no-warnings", "--expose-gc", script, directory, options.busy === true ? "busy" : "idle"],
        {
          stdio: ["ignore", "pipe", "inherit"]
        }
      )
    ),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )
  const lines: Array<string> = []
  const reader = createInterface({ input: child.stdout }).on("line", (line) => lines.push(line))
  yield* Effect.promise(() => once(reader, "line"))
  assert.strictEqual(lines[0], "ready")
  return { child, lines }
})

/** Ends it without a chance to tidy up. */
export const killChild = (child: ChildProcess): Effect.Effect<void> =>
  Effect.promise(async () => {
    const gone = once(child, "close")
    child.kill("SIGKILL")
    await gone
  })
