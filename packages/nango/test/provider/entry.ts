/** Our entry as it stands in its file, read strictly: see {@link ProviderEntry}. */
import { readFileSync } from "node:fs"
import { Schema } from "effect"
import { parse } from "yaml"
import { ProviderFile } from "./ProviderEntry.ts"

const provider = new URL("../../provider/", import.meta.url)

/** The text of a file beside the entry. */
export const text = (name: string): string => readFileSync(new URL(name, provider), "utf8")

/** The file, parsed and not yet judged. */
export const raw = (): unknown => parse(text("loom-scim.yaml"))

/** Judges an entry; anything the rules do not name is an error, as in Nango's own check. */
export const judge = Schema.decodeUnknownSync(ProviderFile, { onExcessProperty: "error" })

/** The entry. */
export const entry = judge(raw())["loom-scim"]
