/** Reads a mapping or policy file: YAML, and so JSON too. What it means is core's to judge. */
import { SourceFailure } from "@loom-scim/core/ports/PeopleSource"
import { Effect } from "effect"
import { LineCounter, parseDocument } from "yaml"
import { decodeText } from "./decodeText.ts"
import { fileBytes } from "./fileBytes.ts"
import { failureOf } from "./recordStream.ts"

/** Far more than any mapping; whoever gives the export itself by mistake is told so. */
const longestFile = 1024 * 1024

const malformed = (source: string, at: string | null, detail: string, next: string) =>
  new SourceFailure({ reason: "malformed", source, at, detail, next })

const textOf = async (path: string, what: string): Promise<string> => {
  let text = ""
  for await (const piece of decodeText(fileBytes(path), path)) {
    text += piece
    if (text.length > longestFile) {
      throw malformed(path, null, "it is longer than 1 MiB", `Give the ${what}, not the people`)
    }
  }
  return text
}

const valueOf = (path: string, text: string): unknown => {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, prettyErrors: false, stringKeys: true })
  // A tag that nobody knows is only a warning to YAML, but whoever wrote it meant something.
  const [problem] = [...document.errors, ...document.warnings]
  if (problem !== undefined) {
    const { col, line } = lineCounter.linePos(problem.pos[0])
    throw malformed(path, `line ${line}, column ${col}`, problem.message.replace(/\.$/, ""), "Correct the YAML there")
  }
  try {
    const value: unknown = document.toJS()
    return value
  } catch {
    throw malformed(path, null, "its aliases cannot be resolved", "Write out what they stand for")
  }
}

/** The value of a YAML file; a failure names the line and the column. `what` is what people call such a file. */
export const read = (path: string, what = "mapping"): Effect.Effect<unknown, SourceFailure> =>
  Effect.tryPromise({ try: async () => valueOf(path, await textOf(path, what)), catch: failureOf(path) })

/** The same of a text that came otherwise than in a file; `source` is what people call it. */
export const parse = (source: string, text: string): Effect.Effect<unknown, SourceFailure> =>
  Effect.try({ try: () => valueOf(source, text), catch: failureOf(source) })
