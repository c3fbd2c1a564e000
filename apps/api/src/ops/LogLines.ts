/**
 * The log: JSON on standard error, a line each. Lines wait a moment and are written together, since a write costs more
 * than the line. Whatever says that something went wrong is written at once, with all that waits, and so is everything
 * before the process exits, in whichever way it does so itself; only a process that is killed takes its last lines along.
 */
import { Context, Effect, Formatter, Layer, Logger, LogLevel, Predicate } from "effect"

/** What is logged of every answer. */
export interface Answered {
  /** Letters, digits and hyphens. */
  readonly request: string
  /** A token (RFC 9110 §9.1), as Node lets no other in. */
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly status: number
  /** From the request to its answer; of a stream, until it begins. */
  readonly millis: number
}

/** Writes the line of an answer. One a request, so that it does not take the way of all others through the loggers. */
export const AnswerLines = Context.Reference<(answer: Answered) => Effect.Effect<void>>(
  "loom-scim-api/ops/LogLines/AnswerLines",
  { defaultValue: () => (answer) => Effect.annotateLogs(Effect.logInfo("answered"), { ...answer }) }
)

/** Milliseconds a line waits at most. */
const delay = 20

/** Characters that wait at most. */
const most = 65_536

/** Collects lines for `write`, which has to write before it returns. */
export const collector = (write: (text: string) => void) => {
  let waiting = ""
  let timer: NodeJS.Timeout | null = null
  const flush = (): void => {
    if (timer !== null) clearTimeout(timer)
    timer = null
    const text = waiting
    waiting = ""
    if (text !== "") write(text)
  }
  /** Adds a line; `isUrgent` has it written before this returns. */
  const add = (line: string, isUrgent: boolean): void => {
    waiting += `${line}\n`
    if (isUrgent || waiting.length > most) flush()
    else timer ??= setTimeout(flush, delay).unref()
  }
  return { add, flush }
}

const isPlain = (value: unknown): boolean => value === null || (typeof value !== "object" && typeof value !== "bigint")

/** What holds no object needs none of the care that secrets, errors and circles do. */
const format = (record: Parameters<typeof Formatter.formatJson>[0]): string =>
  Predicate.isObject(record) &&
  Object.values(record).every(
    (value) => isPlain(value) || (Predicate.isObject(value) && Object.values(value).every(isPlain))
  )
    ? JSON.stringify(record)
    : Formatter.formatJson(record)

let last = { millis: 0, text: "" }

/** This moment in ISO 8601. Written out once a millisecond, in which a busy server answers several times. */
const timestamp = (): string => {
  const millis = Date.now()
  if (last.millis !== millis) last = { millis, text: new Date(millis).toISOString() }
  return last.text
}

/** An answer in the form that the logger gives to all lines. What is not ours, the path, alone needs quoting. */
const lineOf = ({ method, millis, path, request, status }: Answered): string =>
  `{"message":"answered","level":"INFO","timestamp":"${timestamp()}","annotations":{"request":"${request}",` +
  `"method":"${method}","path":${JSON.stringify(path)},"status":${status},"millis":${millis}},"spans":{}}`

/** The program's only logger. Pipes, files and terminals are all written before `write` returns. */
export const layer = Layer.unwrap(
  Effect.sync(() => {
    const { add, flush } = collector((text) => void process.stderr.write(text))
    process.on("exit", flush)
    const logger = Logger.make<unknown, void>((options) => {
      const line = format(Logger.formatStructured.log(options))
      add(line, LogLevel.isGreaterThanOrEqualTo(options.logLevel, "Warn"))
    })
    const answered = (answer: Answered) => Effect.sync(() => add(lineOf(answer), false))
    return Layer.merge(Logger.layer([logger]), Layer.succeed(AnswerLines, answered))
  })
)
