/** Moments on the pages: for people to the minute, for programs whole. */
import { DateTime } from "effect"
import type { Html } from "./html.ts"
import { html } from "./html.ts"

/** A moment in UTC. */
export const when = (at: DateTime.Utc): Html => {
  const iso = DateTime.formatIso(at)
  return html`<time datetime="${iso}">${iso.slice(0, 16).replace("T", " ")} UTC</time>`
}
