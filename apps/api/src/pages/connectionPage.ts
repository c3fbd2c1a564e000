/** The page of a connection: its steps with their evidence, its last runs, and what was found wrong. */
import type { DoctorReport } from "@loom-scim/contract/Doctor"
import type { SetupStep } from "@loom-scim/contract/SetupTask"
import type { Connection } from "@loom-scim/core/setup/SetupService"
import type { Evidence } from "@loom-scim/core/setup/Evidence"
import * as Guide from "@loom-scim/core/setup/Guide"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import { setupView } from "../handlers/setupView.ts"
import { findings } from "./findings.ts"
import { page } from "./frame.ts"
import type { Html } from "./html.ts"
import { apart, html } from "./html.ts"
import { runs } from "./runs.ts"
import type { ShownRun } from "./runs.ts"
import { when } from "./time.ts"
import { header } from "./views.ts"

type Step = typeof SetupStep.Type

/** Words and a sign beside the colour: not everybody sees colours. */
const marks: Readonly<Record<Step["status"], readonly [tone: string, words: string]>> = {
  done: ["good", "✓ done"],
  started: ["wait", "… begun"],
  open: ["wait", "○ open"],
  blocked: ["soft", "– waits"],
  invalidated: ["bad", "✗ broken"]
}

const evidence = (given: Evidence): Html =>
  given._tag === "Checked"
    ? html`${apart(given.saw)} <span class="soft">(checked by ${given.by}, ${when(given.at)})</span>`
    : html`“${apart(given.statement)}” <span class="soft">(${apart(given.by.name)}, ${when(given.at)})</span>`

const task = ({ done, evidence: given, label, problem, required, value }: Step["tasks"][number]): Html =>
  html`<dt>${label}${required || done ? null : " (optional)"}</dt>
    <dd>
      ${done ? (value === null || value === "" ? null : html`${apart(value)}${given === null ? " " : "; "}`) : html`<span class="wait">not yet</span> `}
      ${given === null ? null : evidence(given)}
      ${problem === null ? null : html`<span class="bad">${apart(problem)}</span>`}
    </dd>`

const step = ({ blockedBy, invalidation, position, status, tasks, title }: Step): Html => {
  const [tone, words] = marks[status]
  return html`<li>
    <span class="mark ${tone}">${words}</span>
    <h3>${position}. ${title}</h3>
    ${blockedBy === null ? null : html`<span class="soft">after “${Guide.steps[blockedBy].title}”</span>`}
    ${
      invalidation === null
        ? null
        : html`<p class="bad">${apart(invalidation.because)}. <span class="soft">${invalidation.endangers}</span></p>`
    }
    ${status === "blocked" ? null : html`<dl>${tasks.map(task)}</dl>`}
  </li>`
}

/** The page. */
export const connectionPage = (
  caller: string,
  connection: Connection,
  last: ReadonlyArray<ShownRun>,
  report: typeof DoctorReport.Type | null
): HttpServerResponse => {
  const setup = setupView(connection)
  const done = setup.steps.filter(({ status }) => status === "done").length
  return page(
    `${setup.name} · loom-scim`,
    html`${header(caller)}
      <main>
        <h1>${setup.name}</h1>
        <p>
          <strong class="${setup.connected ? "good" : "wait"}"
            >${setup.connected ? "✓ Connected" : "Not connected"}</strong
          >, ${done} of ${setup.steps.length} steps done, version ${setup.sequence}.
        </p>
        <h2 id="steps">Steps</h2>
        <ol class="steps">
          ${setup.steps.map(step)}
        </ol>
        <h2 id="runs">Last runs</h2>
        ${runs(last)}
        <h2 id="findings">Findings</h2>
        ${findings(connection, report)}
      </main>`
  )
}
