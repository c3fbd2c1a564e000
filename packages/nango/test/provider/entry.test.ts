import { assert, describe, it } from "@effect/vitest"
import { getProvider, getProviders, updateProviderCache } from "@nangohq/providers"
import type { ProviderApiKey, SimplifiedJSONSchema } from "@nangohq/types"
import { domainPattern, endpointPattern } from "../../src/Shape.ts"
import { entry, judge, raw, text } from "./entry.ts"
import type { Field } from "./ProviderEntry.ts"

const official = getProvider("loom-scim")

// In Nango's types `secret` is a text, and `order` and `automated` are in every field. Its own entries say otherwise.
type LooseField = Partial<Omit<SimplifiedJSONSchema, "secret">> & { secret?: unknown }
type LooseEntry = Omit<ProviderApiKey, "connection_config" | "credentials"> & {
  connection_config: Record<string, LooseField>
  credentials: Record<string, LooseField>
}

const fields: ReadonlyArray<readonly [string, typeof Field.Type]> = [
  ...Object.entries(entry.connection_config),
  ...Object.entries(entry.credentials)
]

describe("the entry", () => {
  it("is what Nango's types call a provider, and what its loader gives out", () => {
    const all = getProviders()
    assert.isDefined(all)
    const asProvider = { ...entry } satisfies LooseEntry
    assert.strictEqual(asProvider.auth_mode, "API_KEY")
    const before = { ...all }
    const { connection_config: _, credentials: __, ...typed } = asProvider
    updateProviderCache({ ...before, "loom-scim": typed satisfies ProviderApiKey })
    try {
      assert.deepStrictEqual(getProvider("loom-scim"), typed)
    } finally {
      updateProviderCache(before)
    }
    assert.deepStrictEqual(getProvider("loom-scim"), official)
  })

  it("takes the place of an official one that has the same fields for a domain and a key", () => {
    assert.deepStrictEqual(Object.keys(official?.connection_config ?? {}), ["domain"])
    assert.deepStrictEqual(Object.keys(official?.credentials ?? {}), ["apiKey"])
    assert.strictEqual(official?.auth_mode, entry.auth_mode)
    assert.strictEqual(official?.connection_config?.domain?.pattern, entry.connection_config.domain.pattern)
    assert.strictEqual(official?.docs, entry.docs)
    assert.strictEqual(official?.docs_connect, entry.docs_connect)
    assert.strictEqual(official?.proxy?.headers?.authorization, entry.proxy.headers.authorization)
  })

  it("is refused with a field that Nango does not know, or without one that it needs", () => {
    const file = { "loom-scim": { ...entry, color: "blue" } }
    assert.throws(() => judge(file), /color/)
    const { docs: _, ...rest } = entry
    assert.throws(() => judge({ "loom-scim": rest }), /docs/)
    assert.throws(() => judge({ "loom-scim": entry, other: entry }), /other/)
    assert.doesNotThrow(() => judge(raw()))
  })

  it("defines every field that it interpolates, and interpolates every field that it defines", () => {
    const used = [...JSON.stringify(entry.proxy).matchAll(/\$\{([^}]+)\}/g)].map(([, name]) => name)
    const defined = [
      ...Object.keys(entry.connection_config).map((name) => `connectionConfig.${name}`),
      ...Object.keys(entry.credentials)
    ]
    assert.sameMembers(used, defined)
  })

  it("opens no brace without a dollar sign, fields' patterns apart", () => {
    const outside = text("loom-scim.yaml").replaceAll(/^ *pattern: .*$/gm, "")
    assert.notMatch(outside, /(?<!\$)\{/)
  })

  it("asks for an endpoint and a token, and for nothing else", () => {
    const asked = fields.filter(([, { automated }]) => automated !== true)
    assert.deepStrictEqual(
      asked.map(([name]) => name),
      ["scimEndpoint", "apiKey"]
    )
    for (const [name, { optional, pattern }] of asked) {
      assert.isUndefined(optional, name)
      assert.isDefined(pattern, name)
    }
    assert.isTrue(entry.credentials.apiKey.secret)
  })

  it("has the patterns that the code goes by, and examples that fit", () => {
    assert.strictEqual(entry.connection_config.scimEndpoint.pattern, endpointPattern)
    assert.strictEqual(entry.connection_config.domain.pattern, domainPattern)
    for (const [name, { example, pattern }] of fields) {
      if (example !== undefined) assert.match(example, new RegExp(pattern ?? "$^"), name)
    }
  })
})
