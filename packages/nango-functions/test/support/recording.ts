/** Recorded runs, in the form of Nango's mocks (`<name>.test.json`), as users of Nango test functions without a server. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { isDeepStrictEqual } from "node:util"
import * as z from "zod"
import type { ProxyCall } from "./connection.ts"
import type { Harness, Ran } from "./harness.ts"
import { harness } from "./harness.ts"
import { recordModels } from "./models.ts"
import type { Scenario } from "./scenarios.ts"

/** Where the mocks are. */
export const directory = fileURLToPath(new URL("../../loom-scim/tests/", import.meta.url))

/** The functions that have mocks. */
export const recorded = (): ReadonlyArray<string> =>
  readdirSync(directory).map((name) => name.replace(/\.test\.json$/, ""))

const host = "https://scim.example.com/v2"
const shownHeaders = new Set(["content-type", "etag", "location", "retry-after"])

const Answered = z.looseObject({ request: z.looseObject({ params: z.record(z.string(), z.string()).optional() }) })
const Recorded = z.looseObject({ api: z.record(z.string(), z.record(z.string(), z.array(Answered))) })

interface Mock {
  readonly response: unknown
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly request: Readonly<Record<string, unknown>>
}

const mockOf = (call: ProxyCall, url: URL): Mock => {
  const { answer, data, headers } = call
  if (answer === undefined) throw new Error(`${call.method} ${call.endpoint} was not answered`)
  const params = Object.fromEntries(url.searchParams)
  const type = headers["content-type"]
  return {
    response: answer.data,
    status: answer.status,
    headers: Object.fromEntries(
      Object.entries(Object(answer.headers)).filter(([name]) => shownHeaders.has(name.toLowerCase()))
    ),
    request: {
      ...(Object.keys(params).length === 0 ? {} : { params }),
      ...(type === undefined ? {} : { headers: { "content-type": type } }),
      ...(data === undefined ? {} : { data })
    }
  }
}

/** What was answered, by method and path; to a request that is repeated, once: a mock answers each in one way only. */
const mocksOf = (calls: ReadonlyArray<ProxyCall>) => {
  const api: Record<string, Record<string, Array<Mock>>> = {}
  for (const call of calls) {
    const url = new URL(call.endpoint, "http://x")
    const paths = (api[call.method.toLowerCase()] ??= {})
    const mocks = (paths[url.pathname] ??= [])
    const mock = mockOf(call, url)
    if (!mocks.some(({ request }) => isDeepStrictEqual(request, mock.request))) mocks.push(mock)
  }
  return api
}

/** The connection as a function finds it. */
const connectionOf = ({ connection: { metadata } }: Harness) => ({
  connection_config: { scimEndpoint: host },
  credentials: {},
  metadata: structuredClone(metadata)
})

/** Writes a mock down, without the sandbox's address. */
const keep = (name: string, at: Harness, mock: Readonly<Record<string, unknown>>): void => {
  mkdirSync(directory, { recursive: true })
  const whole = { ...mock, api: mocksOf(at.connection.calls) }
  const text = JSON.stringify(whole, null, 2).replaceAll(at.connection.scimUrl, host)
  if (text.includes(at.connection.token)) throw new Error(`${name}: the token was recorded`)
  writeFileSync(`${directory}${name}.test.json`, `${text}\n`)
}

/** A sandbox of its own on which everything is there, and nothing was asked yet. */
const prepared = async (prepare: Scenario) => {
  const at = await harness()
  const input = await prepare(at)
  at.connection.calls.length = 0
  return { at, input, getConnection: connectionOf(at) }
}

const succeeded = (name: string, { failure }: Pick<Ran, "failure">): void => {
  if (failure !== undefined) throw new Error(`${name}: ${String(failure["message"])}`)
}

/** Runs an action, and writes down what was asked and answered. */
export const record = async (name: string, prepare: Scenario): Promise<void> => {
  const { at, getConnection, input } = await prepared(prepare)
  const ran = await at.action(name, input)
  succeeded(name, ran)
  keep(name, at, { input, output: ran.output, nango: { getConnection } })
}

/** Runs a sync for the first time, and writes down besides what it saved. */
export const recordSync = async (name: string, prepare: Scenario): Promise<void> => {
  const { at, getConnection } = await prepared(prepare)
  succeeded(name, await at.sync(name))
  const saved = recordModels(name).models.map((model) => [model, [...at.records.live(model).values()]] as const)
  keep(name, at, {
    nango: { getConnection, batchSave: Object.fromEntries(saved), trackDeletesEnd: { deletedKeys: [] } }
  })
}

/** What is left of an event's function, which answers nothing; kept as its output. */
export interface EventOutput {
  readonly metadata: unknown
  readonly logs: ReadonlyArray<unknown>
}

/** Runs an event's function, and writes down what it kept and logged. */
export const recordEvent = async (name: string, prepare: Scenario): Promise<void> => {
  const { at, getConnection } = await prepared(prepare)
  const ran = await at.onEvent(name)
  succeeded(name, ran)
  const output: EventOutput = { metadata: at.connection.metadata, logs: ran.nango.logs }
  keep(name, at, { output, nango: { getConnection } })
}

/** A request without its data, to compare what was asked with what was recorded. */
export const asked = (method: string, endpoint: string): string => {
  const { pathname, searchParams } = new URL(endpoint, "http://x")
  return `${method.toLowerCase()} ${pathname}?${searchParams.toString()}`
}

/** All requests that a mock has answers to. */
export const answered = (name: string): ReadonlyArray<string> => {
  const { api } = Recorded.parse(JSON.parse(readFileSync(`${directory}${name}.test.json`, "utf8")))
  return Object.entries(api).flatMap(([method, paths]) =>
    Object.entries(paths).flatMap(([path, mocks]) =>
      mocks.map(({ request: { params = {} } }) => asked(method, `${path}?${new URLSearchParams(params).toString()}`))
    )
  )
}

/** Whether the mock of a function is to be recorded anew: `LOOM_SCIM_RECORD` names some functions, or is 1 for all. */
export const isToRecord = (name: string): boolean => {
  const wanted = process.env["LOOM_SCIM_RECORD"] ?? ""
  return wanted === "1" || wanted.split(",").includes(name)
}
