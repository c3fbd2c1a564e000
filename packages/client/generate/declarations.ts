/** The declarations that come with the built client: every schema by its name, and every endpoint as a function. */
import type { Described } from "./endpoints.ts"
import { entries, field, text } from "./json.ts"
import { typeOf } from "./typeOf.ts"

const comment = (words: string, indent = ""): string => (words === "" ? "" : `${indent}/** ${words} */\n`)

const inputOf = ({ input }: Pick<Described, "input">): string =>
  `{ ${input.map(({ name, required, type }) => `readonly ${name}${required ? "" : "?"}: ${type}`).join("; ")} }`

const signatureOf = (one: Described): string => {
  const { answer, endpoint, input, item, underway } = one
  // Only whoever prefers not to wait has to tell the two answers apart.
  if (underway !== null) {
    const waiting = { ...one, underway: null, input: input.filter(({ name }) => name !== "prefer") }
    const preferring = {
      ...one,
      underway: null,
      answer: `${answer} | ${underway}`,
      input: input.map((field) => (field.name === "prefer" ? { ...field, required: true } : field))
    }
    return `(${signatureOf(waiting)}) & (${signatureOf(preferring)})`
  }
  const isNeeded = input.some(({ required }) => required)
  if (endpoint.answer === "page") return `${isNeeded ? "PagedBelow" : "Paged"}<${inputOf(one)}, ${answer}, ${item}>`
  const given =
    input.length === 0 ? "input?: Readonly<Record<never, never>>" : `input${isNeeded ? "" : "?"}: ${inputOf(one)}`
  const head = `(${given}, options?: CallOptions) => `
  return endpoint.answer === "events" ? `${head}AsyncIterableIterator<${answer}>` : `${head}Promise<${answer}>`
}

const schemasOf = (document: unknown): ReadonlyArray<string> =>
  entries(field(field(document, "components"), "schemas")).map(
    ([name, schema]) => `${comment(text(field(schema, "description")))}export type ${name} = ${typeOf(schema)}\n`
  )

/** The text of the declarations. */
export const declarations = (document: unknown, all: ReadonlyArray<Described>): string => {
  const groups = Map.groupBy(all, ({ endpoint }) => endpoint.group)
  const client = [...groups].map(([group, members]) => {
    const methods = members.map(
      (one) => `${comment(one.summary, "    ")}    readonly ${one.endpoint.name}: ${signatureOf(one)}\n`
    )
    return `  readonly ${group}: {\n${methods.join("")}  }\n`
  })
  return [
    'import type { CallOptions, ClientOptions, Paged, PagedBelow, RawBody } from "./Surface.js"\n',
    'export type { CallOptions, ClientOptions, Everything, Paged, PagedBelow, RawBody } from "./Surface.js"\n',
    'export { ProblemError } from "./ProblemError.js"\nexport type { ProblemDetails } from "./ProblemError.js"\n',
    ...schemasOf(document),
    `/** Every endpoint of the API, by its group. */\nexport interface Client {\n${client.join("")}}\n`,
    "/** Makes a client. It holds no connection, so there is nothing to close. */\nexport declare const createClient: (options: ClientOptions) => Client\n"
  ].join("\n")
}
