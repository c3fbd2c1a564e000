import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Quirk from "@loom-scim/core/scim/Quirk"
import { capabilities, subjects, type Capability } from "./servers.ts"

const text = readFileSync(new URL("../../../docs/interop.md", import.meta.url), "utf8")

/** The rows of the table under a heading, without the head; cells are trimmed. */
const tableUnder = (heading: string): ReadonlyArray<ReadonlyArray<string>> => {
  const [, after = ""] = text.split(`\n## ${heading}\n`)
  const [section = ""] = after.split("\n## ")
  return section
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .slice(2)
    .map((line) =>
      line
        .slice(1, -1)
        .split("|")
        .map((cell) => cell.trim())
    )
}

const entries: ReadonlyArray<readonly [string, { readonly what: string; readonly copes: string }]> =
  Object.entries(capabilities)
const isCapability = (name: string): name is Capability => Object.hasOwn(capabilities, name)

describe("docs/interop.md", () => {
  it("has every quirk as the catalogue has it", () => {
    assert.deepStrictEqual(
      tableUnder("Quirks"),
      Quirk.names.map((name) => {
        const { client, noticed, server } = Quirk.quirks[name]
        return [`\`${name}\``, server, client, noticed]
      })
    )
  })

  it("has what the suite measures of each server", () => {
    assert.deepStrictEqual(
      tableUnder("Servers"),
      entries.map(([name, { copes, what }]) => [
        what,
        ...subjects.map(({ expected }) => (isCapability(name) ? expected[name] : "")),
        copes
      ])
    )
  })

  it("has what the doctor says of each server", () => {
    const checks = [...new Set(subjects.flatMap(({ doctor }) => Object.keys(doctor)))].toSorted()
    assert.deepStrictEqual(
      tableUnder("What the doctor says"),
      checks.map((check) => [`\`${check}\``, ...subjects.map(({ doctor }) => doctor[check] ?? "ok")])
    )
  })
})
