/** The identity of a connection: one Loom workspace being set up or already connected. */
import { Schema } from "effect"

/** Lower-case letters, digits and inner hyphens, 1 to 48 characters; safe in file names, URLs and SQL. */
export const ConnectionId = Schema.String.check(
  Schema.isPattern(/^[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?$/, {
    message: "a connection id has 1 to 48 lower-case letters, digits or inner hyphens"
  })
).pipe(Schema.brand("ConnectionId"))
export type ConnectionId = typeof ConnectionId.Type

/**
 * Makes an id from a name that a person typed ("Acme GmbH" → `acme-gmbh`), avoiding those in use.
 *
 * A name without a usable character becomes `connection`; a taken id gets the first free number behind it.
 */
export const fromName = (name: string, taken: ReadonlySet<string> = new Set()): ConnectionId => {
  const slug =
    name
      .normalize("NFKD")
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, "-")
      .replaceAll(/^-+|-+$/g, "")
      .slice(0, 40)
      .replaceAll(/-+$/g, "") || "connection"
  let candidate = slug
  for (let n = 2; taken.has(candidate); n++) candidate = `${slug}-${n}`
  return ConnectionId.make(candidate)
}
