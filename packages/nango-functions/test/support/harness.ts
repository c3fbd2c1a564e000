/** Compiled functions run in Nango's harness against a sandbox, over real HTTP. Build the package first. */
import { startSandbox } from "@loom-scim/sandbox/Sandbox"
import type { Sandbox, SandboxOptions } from "@loom-scim/sandbox/Sandbox"
import { ActionError, validateData } from "@nangohq/runner-sdk"
import { Predicate } from "effect"
import { afterAll } from "vitest"
import type { Connection } from "./connection.ts"
import { asAsked, connectionTo } from "./connection.ts"
import { facadeOf } from "./facade.ts"
import { answerModel, recordModels } from "./models.ts"
import { startApi } from "./nangoApi.ts"
import type { Props } from "./props.ts"
import { propsOf } from "./props.ts"
import { Records } from "./records.ts"
import { RunnerAction } from "./RunnerAction.ts"
import { RunnerSync } from "./RunnerSync.ts"
import { load } from "./script.ts"

/** What came of a run. */
export interface Ran {
  /** The answer as the caller gets it: through JSON. */
  readonly output: unknown
  /** The payload of the `ActionError`; undefined when there was none. */
  readonly failure: Readonly<Record<string, unknown>> | undefined
  readonly nango: RunnerAction
}

/** What came of a run of a sync. */
export interface Synced extends Pick<Ran, "failure"> {
  readonly nango: RunnerSync
}

/** A sandbox with a connection to it. */
export interface Harness {
  readonly sandbox: Sandbox
  readonly connection: Connection
  /** Nango's object for a run, for a test that does something to it before the run. */
  readonly runner: (name: string) => RunnerAction
  /** Runs an action; throws whatever else than an `ActionError` it throws, and when the answer does not fit its model. */
  readonly action: (name: string, input: unknown, nango?: RunnerAction) => Promise<Ran>
  /** Runs an event's function. */
  readonly onEvent: (name: string) => Promise<Ran>
  /** Runs a sync, as a later run than those before; `props` changes what the platform says of it, such as `lifecycle`. */
  readonly sync: (name: string, props?: Partial<Props>) => Promise<Synced>
  /** What the syncs saved. */
  readonly records: Records
  /** Puts a fault in force (`POST /__control/faults`). */
  readonly fault: (body: Readonly<Record<string, unknown>>) => Promise<void>
  /** Takes all faults back, and forgets the calls and the metadata. */
  readonly reset: () => Promise<void>
  /** A SCIM request past Nango, for what a test needs to be there. */
  readonly scim: (method: string, path: string, body?: unknown) => Promise<Record<string, unknown>>
}

const outcomeOf = async (run: () => unknown): Promise<Pick<Ran, "failure" | "output">> => {
  try {
    const output = await run()
    return { output: output === undefined ? undefined : JSON.parse(JSON.stringify(output)), failure: undefined }
  } catch (error) {
    if (error instanceof ActionError) return { output: undefined, failure: error.payload ?? {} }
    throw error
  }
}

const checkAnswer = (name: string, output: unknown): void => {
  const { jsonSchema, modelName } = answerModel(name)
  const verdict = validateData({ version: "1", input: output, modelName, jsonSchema })
  if (verdict !== true) throw new Error(`the answer of ${name} does not fit its model: ${JSON.stringify(verdict)}`)
}

const send = async (url: string, method: string, token: string, body: unknown): Promise<Record<string, unknown>> => {
  const answer = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${text}`)
  const json: unknown = text === "" ? {} : JSON.parse(text)
  return Predicate.isObject(json) ? { ...json } : {}
}

/** Starts a sandbox and a connection to it, for all tests of a file. */
export const harness = async (options: SandboxOptions = {}): Promise<Harness> => {
  const sandbox = await startSandbox(options)
  const connection = connectionTo(sandbox)
  const { host, server } = await startApi(connection)
  const records = new Records()
  afterAll(async () => {
    server.closeAllConnections()
    server.close()
    await sandbox.close()
  })
  return {
    sandbox,
    connection,
    runner: (name) => new RunnerAction(connection, host, name),
    action: async (name, input, nango = new RunnerAction(connection, host, name)) => {
      const outcome = await outcomeOf(() => load(`actions/${name}`).exec(facadeOf(nango), input))
      if (outcome.failure === undefined) checkAnswer(name, outcome.output)
      return { ...outcome, nango }
    },
    onEvent: async (name) => {
      const nango = new RunnerAction(connection, host, name, "on-event")
      return { ...(await outcomeOf(() => load(`on-events/${name}`).exec(facadeOf(nango)))), nango }
    },
    records,
    sync: async (name, props) => {
      records.job++
      const { jsonSchema, models } = recordModels(name)
      const usual = propsOf("sync", name)
      const syncConfig = { ...usual.syncConfig, models, models_json_schema: jsonSchema }
      const nango = new RunnerSync(connection, host, records, {
        ...usual,
        syncJobId: records.job,
        syncConfig,
        ...props
      })
      const { failure } = await outcomeOf(() => load(`syncs/${name}`).exec(facadeOf(nango)))
      return { failure, nango }
    },
    fault: async (body) => void (await send(`${sandbox.controlUrl}/faults`, "POST", "", body)),
    reset: async () => {
      await send(`${sandbox.controlUrl}/faults`, "DELETE", "", undefined)
      connection.calls.length = 0
      connection.metadata = {}
      connection.checkpoints.value = null
      connection.rewrite = asAsked
      connection.token = sandbox.token
    },
    scim: (method, path, body) => send(sandbox.scimUrl + path, method, sandbox.token, body)
  }
}
