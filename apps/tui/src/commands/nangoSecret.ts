/** Nango's secret key: from a descriptor, the environment or the keyboard. An argument would stand in every process list. */
import { Effect, Option, Redacted } from "effect"
import { readFileSync } from "node:fs"
import { createInterface } from "node:readline/promises"
import { Writable } from "node:stream"
import { codes, Ended } from "../Exit.ts"

/** Where it is looked for. */
export const variable = "LOOM_SCIM_NANGO_SECRET_KEY"

const missing = (detail: string) =>
  new Ended({
    code: codes.usage,
    reason: "NangoKeyMissing",
    detail: `${detail}Nango's secret key is needed: set ${variable}, or give --secret-key-fd 3 3< FILE. It is in Nango under Environment settings, API keys.`
  })

/** Asks without showing what is typed. */
const asked = Effect.promise(async (signal) => {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  // Before the question: what is pasted at its first letter must already not be echoed.
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true })
  process.stderr.write("Nango's secret key (it is not shown): ")
  try {
    return await lines.question("", { signal })
  } finally {
    lines.close()
    process.stderr.write("\n")
  }
})

const canAsk = (): boolean => process.stdin.isTTY && process.stderr.isTTY

/** A descriptor that is named counts; else the environment does; else whoever is at the keyboard is asked. */
export const read = (fd: Option.Option<number>): Effect.Effect<Redacted.Redacted, Ended> =>
  Effect.suspend(() => {
    const held = process.env[variable]?.trim() ?? ""
    // Processes started by this one need not inherit it.
    delete process.env[variable]
    const text = Option.isSome(fd)
      ? Effect.try({
          try: () => readFileSync(fd.value, "utf8"),
          catch: () => missing(`File descriptor ${fd.value} cannot be read. `)
        })
      : held === "" && canAsk()
        ? asked
        : Effect.succeed(held)
    return Effect.flatMap(text, (given) =>
      given.trim() === "" ? Effect.fail(missing("")) : Effect.succeed(Redacted.make(given.trim()))
    )
  })
