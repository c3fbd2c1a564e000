/** Our entry's `paginate` in Nango's own `nango.paginate`: what it can be trusted with, and what not. */
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { assert, describe, it } from "@effect/vitest"
import type { Sandbox } from "@loom-scim/sandbox/Sandbox"
import { startSandbox } from "@loom-scim/sandbox/Sandbox"
import type { ProxyConfiguration } from "@nangohq/runner-sdk"
import { afterAll, beforeAll } from "vitest"
import { connectionTo } from "../support/connection.ts"
import { startApi } from "../support/nangoApi.ts"
import { RunnerAction } from "../support/RunnerAction.ts"

const ofRunner = createRequire(createRequire(import.meta.url).resolve("@nangohq/runner-sdk"))
const providers: {
  readonly getProviders: () => Record<string, object>
  readonly updateProviderCache: (all: Record<string, object>) => void
} = ofRunner("@nangohq/providers")
const yaml: { readonly load: (text: string) => Record<string, object> } = createRequire(
  ofRunner.resolve("@nangohq/providers")
)("js-yaml")

/** Puts the parameters into the address, as the proxy does. */
class Paging extends RunnerAction {
  override proxy<T>({ params, ...config }: ProxyConfiguration) {
    const query = typeof params === "object" ? Object.entries(params).map(([name, value]) => [name, String(value)]) : []
    return super.proxy<T>({ ...config, endpoint: `${config.endpoint}?${new URLSearchParams(query).toString()}` })
  }
}

type Paginate = NonNullable<ProxyConfiguration["paginate"]>

describe("nango.paginate with the entry", () => {
  const before = { ...providers.getProviders() }
  const entry = yaml.load(readFileSync(new URL("../../../nango/provider/loom-scim.yaml", import.meta.url), "utf8"))
  let sandbox: Sandbox
  let api: Awaited<ReturnType<typeof startApi>>

  const fault = (body: object) =>
    fetch(`${sandbox.controlUrl}/faults`, {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "content-type": "application/json" }
    })

  beforeAll(async () => {
    providers.updateProviderCache({ ...before, ...entry })
    sandbox = await startSandbox({ users: 7 })
    api = await startApi(connectionTo(sandbox))
    await fault({ kind: "cappedPages", max: 3 })
  })
  afterAll(async () => {
    providers.updateProviderCache(before)
    api.server.closeAllConnections()
    api.server.close()
    await sandbox.close()
  })

  const ids = async (config: { readonly params?: Record<string, string>; readonly paginate?: Paginate }) => {
    const nango = new Paging(connectionTo(sandbox), api.host, "paginate")
    const found: Array<unknown> = []
    for await (const page of nango.paginate<{ readonly id: string }>({ endpoint: "/Users", ...config })) {
      found.push(...page.map(({ id }) => id))
    }
    return found
  }

  it("reads everybody once, however short the pages are", async () => {
    const found = await ids({})
    assert.lengthOf(found, 7)
    assert.lengthOf([...new Set(found)], 7)
    assert.deepStrictEqual(await ids({ params: { count: "2" } }), found)
    assert.deepStrictEqual(await ids({ params: { count: "100" } }), found)
  })

  it("takes a short page for the last one when it is given a limit, as the documentation warns", async () => {
    assert.lengthOf(await ids({ paginate: { limit: 5 } }), 3)
    assert.lengthOf(await ids({ paginate: { limit: 3 } }), 7)
  })
})
