/** Asks before something is destroyed. */
import { Effect } from "effect"
import { createInterface } from "node:readline/promises"
import { codes, Ended } from "../Exit.ts"

/** True for y or yes. Fails where nobody can be asked. */
export const confirmed = Effect.fnUntraced(function* (question: string) {
  if (!process.stdin.isTTY) {
    const detail = "Nobody is here to ask. Say --yes to go ahead."
    return yield* new Ended({ code: codes.usage, reason: "ConfirmationNeeded", detail })
  }
  const answer = yield* Effect.promise(async (signal) => {
    const lines = createInterface({ input: process.stdin, output: process.stderr })
    try {
      return await lines.question(question, { signal })
    } finally {
      lines.close()
    }
  })
  return /^y(?:es)?$/i.test(answer.trim())
})
