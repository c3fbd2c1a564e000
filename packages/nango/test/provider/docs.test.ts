import { assert, describe, it } from "@effect/vitest"
import * as Guide from "@loom-scim/core/setup/Guide"
import * as Step from "@loom-scim/core/setup/Step"
import { entry, text } from "./entry.ts"

const connect = text("docs/connect.mdx")
const overview = text("docs/loom-scim.mdx")

/** As Nango's check reads them: any heading that begins with the word Step. */
const headings = [...connect.matchAll(/^#+\sStep[a-zA-Z0-9:()._ -]+$/gim)].map(([heading]) => heading)
const anchor = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/^#+ /, "#")
    .replaceAll(/\s/g, "-")
    .replaceAll(/[:()._]/g, "")

const flat = (part: string) => part.replaceAll(/\n> ?|\s+/g, " ")
const section = (step: Step.Step) => {
  const [, after = ""] = connect.split(`## Step ${Step.position(step)}: ${Guide.steps[step].title}\n`)
  return flat(after.split("\n---\n")[0] ?? "")
}

const choices: ReadonlyArray<readonly [Step.Step, ReadonlyArray<Guide.OptionGuide>]> = [
  ["sso", Guide.options.defaultRole],
  ["sso", Guide.options.enforce],
  ["domainCapture", Guide.options.capture],
  ["deprovisioning", Guide.options.deprovisioning]
]

describe("the connect guide", () => {
  it("has the steps of the guided set-up, by the same names and in the same order", () => {
    assert.deepStrictEqual(
      headings,
      Step.all.map((step) => `## Step ${Step.position(step)}: ${Guide.steps[step].title}`)
    )
  })

  it("leads to the same places in Loom", () => {
    for (const step of Step.all) assert.include(section(step), Guide.steps[step].consolePath.join(" → "), step)
  })

  it("offers the same choices, with what they mean", () => {
    for (const [step, list] of choices) {
      for (const { label, means } of list) assert.include(section(step), `**${label}**: ${means}`)
    }
    // Who checks a record differs, so the meaning is told in other words.
    for (const { label } of Guide.options.domainMethod) assert.include(section("domains"), `**${label}**:`)
  })

  it("gives the same warnings, but for what only holds where a program keeps the token", () => {
    for (const step of ["domains", "sso", "bridgeUrl", "connect"] as const) {
      for (const warning of Guide.steps[step].warnings) assert.include(section(step), warning)
    }
    assert.include(section("credentials"), Guide.steps.credentials.warnings[1] ?? "none")
  })

  it("has every place that a field of the form links to", () => {
    const anchors = headings.map(anchor)
    const fields = [...Object.values(entry.connection_config), ...Object.values(entry.credentials)]
    for (const { doc_section, title } of fields) assert.include(anchors, doc_section ?? "none", title)
    assert.include(entry.credentials.apiKey.doc_section, `#step-${Step.position("credentials")}-`)
    assert.include(entry.connection_config.scimEndpoint.doc_section, `#step-${Step.position("bridgeUrl")}-`)
  })
})

describe("both pages", () => {
  it("are MDX: outside of code nothing opens a tag or an expression", () => {
    for (const page of [connect, overview]) {
      const prose = page.replaceAll(/```[\s\S]*?```|`[^`\n]*`/g, "")
      assert.notMatch(prose, /[<{]/)
      assert.match(page, /^---\ntitle: .+\nsidebarTitle: .+\n---\n/)
    }
  })

  it("tell of the same request, status and patterns as the entry", () => {
    const [endpoint] = entry.proxy.verification.endpoints
    assert.include(overview, `\`${entry.proxy.verification.method} ${endpoint}\``)
    for (const code of entry.proxy.retry.error_code) assert.include(overview, `**${code}**`)
    assert.include(overview, entry.proxy.headers["content-type"] ?? "none")
    for (const name of Object.keys({ ...entry.connection_config, ...entry.credentials })) {
      assert.include(overview, `\`${name}\``)
    }
  })
})
