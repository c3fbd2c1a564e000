/** An endpoint of the contract, reduced to what a request needs. The build makes the list of them from the contract. */

/** One endpoint. */
export interface Endpoint {
  readonly group: string
  readonly name: string
  readonly method: string
  /** With `{connection}` where a parameter goes. */
  readonly path: string
  readonly params: ReadonlyArray<string>
  readonly query: ReadonlyArray<string>
  /** The header for each field of the input. */
  readonly headers: Readonly<Record<string, string>>
  /** The media type of the body; null for none. */
  readonly body: string | null
  readonly answer: "json" | "page" | "events" | "bytes" | "none"
}

/** What a call was given: path, query and header values by their names, and the body. */
export type Input = Readonly<Record<string, unknown>>

const fieldOf = (input: Input, name: string): unknown => input[name]

/** A version is a number to callers and an entity tag on the wire. */
const headerValue = (header: string, value: unknown): string =>
  header === "if-match" && typeof value === "number" ? `"${value}"` : String(value)

/** What a path goes on or back by: written out or not, an address with it is one of something else. */
const noSegment: ReadonlySet<string> = new Set(["", ".", ".."])

/**
 * The address of a request.
 *
 * @throws TypeError when something in the path is missing, or is nothing that a path can name.
 */
export const urlOf = (base: string, { params, path, query }: Endpoint, input: Input): URL => {
  const filled = params.reduce((rest, name) => {
    const value = fieldOf(input, name)
    if (value === undefined) throw new TypeError(`"${name}" is missing`)
    const segment = String(value)
    if (noSegment.has(segment))
      throw new TypeError(`"${name}" is "${segment}", which no path can name: nothing was sent`)
    return rest.replace(`{${name}}`, encodeURIComponent(segment))
  }, path)
  const url = new URL(base + filled)
  for (const name of query) {
    const value = fieldOf(input, name)
    if (value !== undefined && value !== null) url.searchParams.set(name, String(value))
  }
  return url
}

/** The headers that the input gives. */
export const headersOf = ({ headers }: Endpoint, input: Input): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([field, header]) => {
      const value = fieldOf(input, field)
      return value === undefined ? [] : [[header, headerValue(header, value)]]
    })
  )
