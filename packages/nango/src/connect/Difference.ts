/** What a push would change in Nango. Pure. */
import { Equal, Redacted } from "effect"
import type { ConnectionConfig, FullConnection, ListedConnection, Metadata, Tags } from "../api/Models.ts"

/** A part of a connection. */
export type Part = "token" | "connectionConfig" | "metadata" | "tags"

/** A connection as it shall be. */
export interface Desired {
  readonly token: Redacted.Redacted
  readonly connectionConfig: ConnectionConfig
  readonly metadata: Metadata
  readonly tags: Tags
}

/** What is there: all of it, or only what a list tells, when Nango does not show a connection whose token is refused. */
export type Existing =
  | { readonly _tag: "Full"; readonly connection: FullConnection }
  | { readonly _tag: "Listed"; readonly connection: ListedConnection }

/** The parts that differ, the token first. What cannot be seen counts as different. */
export const between = (existing: Existing, desired: Desired): ReadonlyArray<Part> => {
  const { metadata, tags } = existing.connection
  const parts: Array<Part> = []
  if (existing._tag === "Listed") parts.push("token", "connectionConfig")
  else {
    const { connection_config, credentials } = existing.connection
    const { apiKey } = credentials
    if (apiKey === undefined || Redacted.value(apiKey) !== Redacted.value(desired.token)) parts.push("token")
    if (!Equal.equals(connection_config, desired.connectionConfig)) parts.push("connectionConfig")
  }
  if (!Equal.equals(metadata ?? {}, desired.metadata)) parts.push("metadata")
  if (!Equal.equals(tags ?? {}, desired.tags)) parts.push("tags")
  return parts
}
