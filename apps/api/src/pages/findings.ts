/** What is wrong with the SCIM server: the doctor's last report, and the validation of the credentials. */
import type { DoctorReport } from "@loom-scim/contract/Doctor"
import type { Finding, Severity } from "@loom-scim/core/scim/DoctorFinding"
import type { Connection } from "@loom-scim/core/setup/SetupService"
import type { Html } from "./html.ts"
import { apart, html } from "./html.ts"
import { when } from "./time.ts"

type Report = typeof DoctorReport.Type

/** Words and a sign beside the colour, the worst first. */
const marks: Readonly<Record<Severity, readonly [tone: string, words: string]>> = {
  error: ["bad", "✗ error"],
  warning: ["wait", "! warning"],
  info: ["soft", "i info"],
  skipped: ["soft", "– skipped"],
  ok: ["good", "✓ ok"]
}

const order: ReadonlyArray<Severity> = ["error", "warning", "info", "skipped", "ok"]

const verdict = ({ endedAt, findings, ok, status }: Report): Html => {
  switch (status) {
    case "running":
      return html`<p class="wait">… It is going on: ${findings.length} checks so far.</p>`
    case "interrupted":
      return html`<p class="bad">
        ✗ It was cut off after ${findings.length} checks, so the report is not whole. Have the server examined again.
      </p>`
    case "done": {
      const errors = findings.filter(({ severity }) => severity === "error").length
      const ended = endedAt === null ? null : html` It ended ${when(endedAt)}.`
      return ok === true
        ? html`<p class="good">✓ Nothing that provisioning would go wrong with.${ended}</p>`
        : html`<p class="bad">✗ Provisioning would go wrong: ${errors} of ${findings.length} checks failed.${ended}</p>`
    }
  }
}

const row = ({ check, evidence, meaning, next, severity }: Finding): Html => {
  const [tone, words] = marks[severity]
  return html`<tr>
    <td class="${tone}"><strong>${words}</strong></td>
    <td><code>${check}</code></td>
    <td>
      ${apart(evidence)}
      ${severity === "ok" || severity === "skipped" ? null : html`<br />${apart(meaning)} <strong>${next}</strong>`}
    </td>
  </tr>`
}

const table = (label: string, findings: ReadonlyArray<Finding>): Html =>
  html`<div class="scroll" role="region" aria-label="${label}" tabindex="0">
    <table>
      <thead>
        <tr>
          <th scope="col">How bad</th>
          <th scope="col">Check</th>
          <th scope="col">What was seen, what it means, what to do</th>
        </tr>
      </thead>
      <tbody>
        ${findings.map(row)}
      </tbody>
    </table>
  </div>`

const doctor = (id: Connection["id"], report: Report | null): Html => {
  if (report === null) {
    return html`<p>
      The doctor has not examined this server through the API yet: <code>POST /v1/connections/${id}/doctor</code>, or
      <code>loom-scim doctor --connection ${id} --server URL</code>.
    </p>`
  }
  const { begunAt, by, findings, write } = report
  const sorted = findings.toSorted((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity))
  const isQuiet = ({ severity }: Finding) => severity === "ok" || severity === "skipped"
  const loud = sorted.filter((finding) => !isQuiet(finding))
  const quiet = sorted.filter(isQuiet)
  return html`<p class="soft">
      Examined ${when(begunAt)} by ${apart(by)},
      ${write ? "with a disposable user and group" : "without changing anything"}.
    </p>
    ${verdict(report)} ${loud.length === 0 ? null : table("Findings of the doctor", loud)}
    ${
      quiet.length === 0
        ? null
        : html`<details>
            <summary>${quiet.length} more checks, which found nothing wrong or were left out</summary>
            ${table("Checks that found nothing wrong", quiet)}
          </details>`
    }`
}

const validation = ({ state: { probe } }: Connection): Html => {
  if (probe === null) return html`<p>The endpoint was not looked at yet.</p>`
  const wrong = probe.report.findings.filter(({ severity }) => severity !== "ok")
  return html`<p class="soft">The endpoint was last looked at ${when(probe.at)}.</p>
    ${
      wrong.length === 0
        ? html`<p class="good">✓ Nothing was found wrong.</p>`
        : html`<ul>
            ${wrong.map(
              ({ message, next, severity }) =>
                html`<li>
                  <strong class="${severity === "fatal" ? "bad" : "wait"}">${severity}</strong> ${apart(message)}
                  ${next}
                </li>`
            )}
          </ul>`
    }`
}

/** Both; the report is null when there was none. */
export const findings = (connection: Connection, report: Report | null): Html =>
  html`<h3 class="part">The doctor's report</h3>
    ${doctor(connection.id, report)}
    <h3 class="part">Validation of the credentials</h3>
    ${validation(connection)}`
