/** The pages without the one of a connection: letting in, the list, and what is not there. */
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import { page } from "./frame.ts"
import type { Html } from "./html.ts"
import { apart, html } from "./html.ts"

/** The line above everything, for whoever is let in. */
export const header = (caller: string): Html =>
  html`<header>
    <p><a href="/status">loom-scim</a></p>
    <form method="post" action="/status">
      <span class="soft">${apart(caller)}</span> <button name="leave" value="yes">Leave</button>
    </form>
  </header>`

/** Asks for a key. */
export const login = (trouble: string | null, status = 200): HttpServerResponse =>
  page(
    "Status: who are you? · loom-scim",
    html`<main>
      <h1>Status of connections</h1>
      ${trouble === null ? null : html`<p class="alert" role="alert">${trouble}</p>`}
      <form class="key" method="post" action="/status">
        <label for="key">API key or token</label>
        <input id="key" name="key" type="password" autocomplete="current-password" required aria-describedby="hint" />
        <p id="hint" class="soft">
          Reading is enough. It is kept in a cookie of this page until you leave or close the browser.
        </p>
        <button>Show</button>
      </form>
    </main>`,
    status
  )

/** A connection in the list. */
export interface Listed {
  readonly id: ConnectionId
  readonly name: string
  /** `broken`: a step was done and no longer is. */
  readonly stands: "connected" | "broken" | "underway"
  /** The step that is broken, or that a person goes on at. */
  readonly step: string
}

/** Words and a sign beside the colour: not everybody sees colours. */
const standing = ({ stands, step }: Listed): Html => {
  switch (stands) {
    case "connected":
      return html`<span class="good">✓ connected</span>`
    case "broken":
      return html`<span class="bad">✗ broken at the step: ${step}</span>`
    case "underway":
      return html`<span class="wait">○ at the step: ${step}</span>`
  }
}

/** The connections somebody reaches. */
export const list = (caller: string, items: ReadonlyArray<Listed>, isWhole: boolean): HttpServerResponse =>
  page(
    "Connections · loom-scim",
    html`${header(caller)}
      <main>
        <h1>Connections</h1>
        ${items.length === 0 ? html`<p>There is none that this key reaches.</p>` : null}
        <ul>
          ${items.map((item) => html`<li><a href="/status/${item.id}">${apart(item.name)}</a> ${standing(item)}</li>`)}
        </ul>
        ${isWhole ? null : html`<p>These are the first ones; the API lists all: GET /v1/connections</p>`}
      </main>`
  )

/** Says what is wrong. */
export const problem = (title: string, detail: string, next: string, status: number): HttpServerResponse =>
  page(
    `${title} · loom-scim`,
    html`<main>
      <h1>${title}</h1>
      <p>${detail}</p>
      <p>${next}</p>
      <p><a href="/status">All connections</a></p>
    </main>`,
    status
  )
