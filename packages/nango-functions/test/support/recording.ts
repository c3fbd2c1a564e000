/** Recorded runs, in the form of Nango's mocks (`<name>.test.json`), as users of Nango test functions without a server. */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type { ProxyCall } from "./connection.ts"
import type { Harness } from "./harness.ts"
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

const mocksOf = (calls: ReadonlyArray<ProxyCall>) => {
  const api: Record<string, Record<string, Array<Mock>>> = {}
  for (const call of calls) {
    const url = new URL(call.endpoint, "http://x")
    const paths = (api[call.method.toLowerCase()] ??= {})
    ;(paths[url.pathname] ??= []).push(mockOf(call, url))
  }
  return api
}

const connection = { connection_config: { scimEndpoint: host }, credentials: {}, metadata: {} }

/** Writes a mock down, without the sandbox's address. */
const keep = (name: string, at: Harness, mock: Readonly<Record<string, unknown>>): void => {
  mkdirSync(directory, { recursive: true })
  const whole = { ...mock, api: mocksOf(at.connection.calls) }
  const text = JSON.stringify(whole, null, 2).replaceAll(at.connection.scimUrl, host)
  if (text.includes(at.connection.token)) throw new Error(`${name}: the token was recorded`)
  writeFileSync(`${directory}${name}.test.json`, `${text}\n`)
}

/** Runs an action on a sandbox of its own, and writes down what was asked and answered. */
export const record = async (name: string, prepare: Scenario): Promise<void> => {
  const at = await harness()
  const input = await prepare(at)
  const { failure, output } = await at.action(name, input)
  if (failure !== undefined) throw new Error(`${name}: ${String(failure["message"])}`)
  keep(name, at, { input, output, nango: { getConnection: connection } })
}

/** Runs a sync for the first time on a sandbox of its own, and writes down besides what it saved. */
export const recordSync = async (name: string, prepare: Scenario): Promise<void> => {
  const at = await harness()
  await prepare(at)
  const { failure } = await at.sync(name)
  if (failure !== undefined) throw new Error(`${name}: ${String(failure["message"])}`)
  const saved = recordModels(name).models.map((model) => [model, [...at.records.live(model).values()]] as const)
  const told = { getConnection: connection, batchSave: Object.fromEntries(saved), trackDeletesEnd: { deletedKeys: [] } }
  keep(name, at, { nango: told })
}

/** Whether the mock of a function is to be recorded anew: `LOOM_SCIM_RECORD` names some functions, or is 1 for all. */
export const isToRecord = (name: string): boolean => {
  const wanted = process.env["LOOM_SCIM_RECORD"] ?? ""
  return wanted === "1" || wanted.split(",").includes(name)
}
