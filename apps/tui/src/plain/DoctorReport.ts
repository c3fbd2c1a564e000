/** The doctor's findings as plain text, as Markdown to hand on, and as JSON. */
import type { Finding, Severity } from "@loom-scim/core/scim/DoctorFinding"
import { failed, Severity as Severities } from "@loom-scim/core/scim/DoctorFinding"
import type { Profile } from "@loom-scim/core/scim/Profile"
import { describe } from "@loom-scim/core/scim/Profile"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import type { Glyphs } from "./Glyphs.ts"

const words: Record<Severity, string> = {
  ok: "ok",
  info: "info",
  warning: "warning",
  error: "ERROR",
  skipped: "skipped"
}

// The longest check name, `serviceProviderConfig`.
const nameWidth = 21
const indent = " ".repeat(nameWidth + 12)

/** A finding's lines: what was seen, and unless all is well what it means and what to do. */
export const line = ({ check, evidence, meaning, next, severity }: Finding, glyphs: Glyphs): string => {
  const marks: Record<Severity, string> = {
    ok: glyphs.done,
    info: glyphs.bullet,
    warning: "!",
    error: "X",
    skipped: glyphs.blocked
  }
  const lines = [`${marks[severity]} ${words[severity].padEnd(8)} ${check.padEnd(nameWidth)} ${evidence}`]
  if (severity !== "ok" && severity !== "skipped") lines.push(indent + meaning)
  if (next !== "") lines.push(indent + next)
  return lines.join("\n")
}

const count = (findings: ReadonlyArray<Finding>, severity: Severity): number =>
  findings.filter((finding) => finding.severity === severity).length

/** How many findings there are of each kind. */
export const summary = (findings: ReadonlyArray<Finding>): string =>
  Severities.literals
    .map((severity) => [count(findings, severity), severity] as const)
    .filter(([many]) => many > 0)
    .map(([many, severity]) => `${many} ${severity}`)
    .join(", ")

/** What the server does differently from the RFCs and how the client copes; empty when it does nothing so. */
export const differences = (profile: Profile, glyphs: Glyphs): string => {
  const quirks = describe(profile)
  if (quirks.length === 0) return ""
  const rows = quirks.map(
    ({ client, name, server }) => `${glyphs.bullet} ${name}: the server ${server}; loom-scim ${client}`
  )
  return ["What the server does differently, and how it is dealt with:", ...rows, "", ""].join("\n")
}

/** All of it as plain text. */
export const plain = (findings: ReadonlyArray<Finding>, glyphs: Glyphs): string =>
  [...findings.map((finding) => line(finding, glyphs)), "", summary(findings)].join("\n")

/** A server's words within a cell: nothing of them is Markdown. */
const cell = (text: string): string =>
  text
    .replace(/\s+/g, " ")
    .replace(/[\\`*_{}[\]<>#|!~]/g, "\\$&")
    .trim()

/** A report to hand to whoever runs the server. */
export const markdown = (connection: ConnectionId, findings: ReadonlyArray<Finding>, profile: Profile): string => {
  const troubles = findings.filter(({ severity }) => severity === "error" || severity === "warning")
  const rows = findings.map(
    ({ check, evidence, severity }) => `| ${words[severity]} | \`${check}\` | ${cell(evidence)} |`
  )
  const sections = troubles.map(({ check, evidence, meaning, next, severity }) =>
    [
      `### ${words[severity]}: \`${check}\``,
      "",
      `- Evidence: ${cell(evidence)}`,
      `- For Loom: ${cell(meaning)}`,
      ...(next === "" ? [] : [`- To do: ${cell(next)}`])
    ].join("\n")
  )
  const quirks = describe(profile).map(({ client, name, server }) => `| \`${name}\` | ${server} | ${client} |`)
  return [
    `# SCIM doctor: ${connection}`,
    "",
    `${summary(findings)}.`,
    "",
    ...(sections.length === 0 ? [] : ["## To look at", "", sections.join("\n\n"), ""]),
    "## All checks",
    "",
    "| Result | Check | Evidence |",
    "|---|---|---|",
    ...rows,
    ...(quirks.length === 0
      ? []
      : [
          "",
          "## What the server does differently",
          "",
          "| Quirk | The server | loom-scim |",
          "|---|---|---|",
          ...quirks
        ])
  ].join("\n")
}

/** The same for machines. */
export const json = (connection: ConnectionId, findings: ReadonlyArray<Finding>, profile: Profile) => ({
  connection,
  failed: failed(findings),
  findings,
  profile
})
