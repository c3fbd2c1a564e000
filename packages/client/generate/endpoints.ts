/** The endpoints of the contract, by its OpenAPI document: what the client needs to call them, and their types. */
import type { Endpoint } from "../src/Endpoint.ts"
import { entries, field, items, text } from "./json.ts"
import { typeOf } from "./typeOf.ts"

/** An endpoint with the types of what it takes and gives. */
export interface Described {
  readonly endpoint: Endpoint
  readonly summary: string
  /** Fields of the input, with whether they must be there. */
  readonly input: ReadonlyArray<{ readonly name: string; readonly type: string; readonly required: boolean }>
  readonly answer: string
  /** What is answered with 202, for whoever prefers not to wait; null where that is the same, or nothing. */
  readonly underway: string | null
  /** What is in a page. */
  readonly item: string
}

/** `if-match` as a field: `ifMatch`. */
const camel = (name: string): string => name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())

const inside = (operation: unknown, place: string): ReadonlyArray<unknown> =>
  items(field(operation, "parameters")).filter((parameter) => field(parameter, "in") === place)

const nameOf = (parameter: unknown): string => text(field(parameter, "name"))

/** A version is a connection's sequence, as a number, or an entity tag as a server gave it. */
const headerType = (name: string, parameter: unknown): string =>
  name === "if-match" ? "number | string" : typeOf(field(parameter, "schema"))

/** JSON by its type, a form as the platform's own, anything else as bytes. */
const bodyType = (media: string, content: unknown): string => {
  if (media === "application/json") return typeOf(field(content, "schema"))
  return media === "multipart/form-data" ? "FormData" : "RawBody"
}

const resolved = (document: unknown, schema: unknown): unknown => {
  const [, name = ""] = /^#\/components\/schemas\/(\w+)$/.exec(text(field(schema, "$ref"))) ?? []
  return name === "" ? schema : field(field(field(document, "components"), "schemas"), name)
}

/** The events of a stream, their data as what the JSON in it holds; beats are kept from listeners. */
const eventTypes = (document: unknown, schema: unknown): string => {
  const named = new Map(
    entries(field(field(document, "components"), "schemas")).map(([name, one]) => [typeOf(one), name] as const)
  )
  const kinds = items(field(schema, "anyOf"))
  const types = (kinds.length === 0 ? [schema] : kinds).flatMap((kind) => {
    const properties = field(kind, "properties")
    const event = typeOf(field(properties, "event") ?? {})
    if (event === '"beat"') return []
    const data = typeOf(field(field(properties, "data"), "contentSchema"))
    return [`{ readonly id: string | undefined; readonly event: ${event}; readonly data: ${named.get(data) ?? data} }`]
  })
  return types.join(" | ")
}

const answerOf = (
  document: unknown,
  operation: unknown
): Pick<Described, "answer" | "item" | "underway"> & {
  readonly kind: Endpoint["answer"]
} => {
  const good = entries(field(operation, "responses")).filter(([status]) => status.startsWith("2"))
  const contentsOf = (responses: typeof good) =>
    responses.flatMap(([, response]) => entries(field(response, "content")))
  const isAccepted = ([status]: readonly [string, unknown]) => status === "202"
  const contents = contentsOf(good.toSorted((a, b) => Number(isAccepted(a)) - Number(isAccepted(b))))
  const [first] = contents
  if (first === undefined) return { kind: "none", answer: "void", item: "never", underway: null }
  const [media, content] = first
  const schema = field(content, "schema")
  if (media === "text/event-stream")
    return { kind: "events", answer: eventTypes(document, schema), item: "never", underway: null }
  if (!media.includes("json") || media.includes("ndjson") || field(schema, "format") === "binary") {
    return { kind: "bytes", answer: "ReadableStream<Uint8Array> | null", item: "never", underway: null }
  }
  const typesOf = (some: typeof contents) => new Set(some.map(([, one]) => typeOf(field(one, "schema"))))
  const done = typesOf(contentsOf(good.filter((one) => !isAccepted(one))))
  const later = [...typesOf(contentsOf(good.filter(isAccepted)))].filter((type) => !done.has(type))
  const isOnlyLater = done.size === 0
  const answer = [...(isOnlyLater ? later : done)].join(" | ")
  const underway = isOnlyLater || later.length === 0 ? null : later.join(" | ")
  const properties = field(resolved(document, schema), "properties")
  const list = field(properties, "items")
  return list === undefined || field(properties, "nextCursor") === undefined
    ? { kind: "json", answer, underway, item: "never" }
    : { kind: "page", answer, underway, item: typeOf(field(list, "items")) }
}

const described = (document: unknown, path: string, method: string, operation: unknown): Described => {
  const [group = "", name = ""] = text(field(operation, "operationId")).split(".")
  const [params, query, headers] = [inside(operation, "path"), inside(operation, "query"), inside(operation, "header")]
  const bodies = entries(field(field(operation, "requestBody"), "content"))
  const { answer, item, kind, underway } = answerOf(document, operation)
  const input = [
    ...params.map((one) => ({ name: nameOf(one), type: typeOf(field(one, "schema")), required: true })),
    ...(bodies.length === 0
      ? []
      : [
          { name: "body", type: bodies.map(([media, content]) => bodyType(media, content)).join(" | "), required: true }
        ]),
    ...query.map((one) => ({
      name: nameOf(one),
      type: typeOf(field(one, "schema")),
      required: field(one, "required") === true
    })),
    ...headers.map((one) => ({
      name: camel(nameOf(one)),
      type: headerType(nameOf(one), one),
      required: field(one, "required") === true
    }))
  ]
  const names = input.map((one) => one.name)
  if (new Set(names).size !== names.length) throw new Error(`${group}.${name} has a name twice: ${names.join(", ")}`)
  return {
    summary: text(field(operation, "summary")),
    input,
    answer,
    underway,
    item,
    endpoint: {
      group,
      name,
      method: method.toUpperCase(),
      path,
      params: params.map(nameOf),
      query: query.map(nameOf),
      headers: Object.fromEntries(headers.map((one) => [camel(nameOf(one)), nameOf(one)])),
      body: bodies.map(([media]) => media).find((media) => media === "application/json") ?? bodies[0]?.[0] ?? null,
      answer: kind
    }
  }
}

/** All of them. */
export const endpointsOf = (document: unknown): ReadonlyArray<Described> =>
  entries(field(document, "paths")).flatMap(([path, methods]) =>
    entries(methods).map(([method, operation]) => described(document, path, method, operation))
  )
