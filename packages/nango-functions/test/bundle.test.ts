import { readdirSync, readFileSync } from "node:fs"
import { parseAst } from "rolldown/parseAst"
import { assert, describe, it } from "vitest"
import { artifact } from "./support/models.ts"

const lib = new URL("../loom-scim/lib/", import.meta.url)
const built = new URL("../build/", import.meta.url)
const sources = new URL("../loom-scim/", import.meta.url)
const { actions } = artifact()

/** Names of the 1Password and Keeper templates, which their users keep when they switch. */
const ofTemplates = [
  ...["create", "get", "update", "patch", "delete"].flatMap((verb) => [`${verb}-scim-user`, `${verb}-scim-group`]),
  "list-scim-users",
  "list-scim-groups",
  "get-service-provider-config",
  "list-schemas",
  "list-resource-types",
  "create-user",
  "delete-user"
]

describe("the module with core", () => {
  it("is under 500 KB", () => {
    assert.isBelow(readFileSync(new URL("core.js", lib)).length, 500_000)
  })

  it("imports nothing: Nango's compiler looks for forbidden imports in TypeScript only", () => {
    const imports = JSON.stringify(parseAst(readFileSync(new URL("core.js", lib), "utf8")), (key, value: unknown) =>
      key === "raw" ? undefined : value
    ).match(/"type":"(?:ImportDeclaration|ImportExpression|ExportAllDeclaration)"|"name":"require"/g)
    assert.isNull(imports)
  })

  it("looks the language's own objects up once: each mention of one costs a trap in the runner's context", () => {
    const text = readFileSync(new URL("core.js", lib), "utf8")
    assert.notMatch(text, /\b(?:Array|JSON|Map|Number|Object|Set|Symbol)\.\w+\(/)
    assert.match(text, /\{[^{}]*\bArray:[^{}]*\bSymbol:[^{}]*\}=globalThis/)
  })

  it("computes nothing when it is loaded but what Effect and core have no other place for", () => {
    const { body } = parseAst(readFileSync(new URL("core.js", lib), "utf8"))
    const kinds = body.flatMap((statement) =>
      statement.type === "ExpressionStatement" ? statement.expression.type : []
    )
    assert.isBelow(kinds.length, 30)
    const made = body.flatMap((statement) => (statement.type === "VariableDeclaration" ? statement.declarations : []))
    const called = made.filter(({ init }) => init?.type === "NewExpression" || init?.type === "ClassExpression")
    assert.isEmpty(called)
  })

  it("is declared with types of nango, zod and ours", () => {
    const texts = readdirSync(lib).flatMap((name) =>
      name.endsWith(".d.ts") ? [readFileSync(new URL(name, lib), "utf8")] : []
    )
    const named = texts.flatMap((text) => [...text.matchAll(/from "([^"]+)"/g)].map(([, specifier]) => specifier))
    assert.isNotEmpty(named)
    for (const specifier of named) assert.match(String(specifier), /^(?:nango|zod|\.\/\w+\.js)$/)
  })
})

describe("the functions", () => {
  it("are those of the templates, and more", () => {
    assert.includeMembers(
      actions.map(({ name }) => name),
      ofTemplates
    )
  })

  it("have a file each, and are all compiled", () => {
    const written = readdirSync(sources, { recursive: true, encoding: "utf8" })
      .filter((name) => /^(?:actions|syncs|on-events)\/.+\.ts$/.test(name))
      .map((name) => `loom-scim_${name.replaceAll("/", "_").replace(/\.ts$/, ".cjs")}`)
    assert.sameMembers(readdirSync(built), written)
  })

  it("say what they do, where, and with which right", () => {
    for (const { description, endpoint, name, scopes, version } of actions) {
      assert.match(description, /^[A-Z].+\.$/, name)
      assert.match(version, /^\d+\.\d+\.\d+$/, name)
      assert.match(String(endpoint?.path), /^\/loom-scim\/[a-z-/]+$/, name)
      assert.isNotEmpty(scopes, name)
    }
    const endpoints = actions.map(({ endpoint }) => `${endpoint?.method} ${endpoint?.path}`)
    assert.strictEqual(new Set(endpoints).size, endpoints.length)
  })
})
