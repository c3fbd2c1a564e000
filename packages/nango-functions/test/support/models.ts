/** The models of compiled functions, as `nango deploy` would send them. */
import { readFileSync } from "node:fs"
import type { validateData } from "@nangohq/runner-sdk"
import * as z from "zod"

type JsonSchema = NonNullable<Parameters<typeof validateData>[0]["jsonSchema"]>

const isSchema = (value: unknown): value is JsonSchema => typeof value === "object" && value !== null

/** An action or a sync, as Nango's compiler describes it. */
const Described = z.looseObject({
  name: z.string(),
  description: z.string(),
  version: z.string(),
  output: z.array(z.string()),
  scopes: z.array(z.string()),
  json_schema: z.custom<JsonSchema>(isSchema)
})
const Artifact = z.array(
  z.looseObject({
    providerConfigKey: z.string(),
    actions: z.array(
      Described.extend({ endpoint: z.looseObject({ method: z.string(), path: z.string() }).nullable() })
    ),
    syncs: z.array(Described),
    onEventScripts: z.record(z.string(), z.array(z.string()))
  })
)

/** What Nango's compiler found in the project. */
export const artifact = () => {
  const [integration, ...others] = Artifact.parse(
    JSON.parse(readFileSync(new URL("../../.nango/nango.json", import.meta.url), "utf8"))
  )
  if (integration === undefined || others.length > 0) throw new Error("one integration was expected")
  return integration
}

/** The model of an action's answer. */
export const answerModel = (name: string): { readonly jsonSchema: JsonSchema; readonly modelName: string } => {
  const found = artifact().actions.find((action) => action.name === name)
  const modelName = found?.output[0]
  if (found === undefined || modelName === undefined) throw new Error(`${name} was not compiled`)
  return { jsonSchema: found.json_schema, modelName }
}

/** The models of a sync's records. */
export const recordModels = (name: string): { readonly jsonSchema: JsonSchema; readonly models: Array<string> } => {
  const found = artifact().syncs.find((sync) => sync.name === name)
  if (found === undefined) throw new Error(`${name} was not compiled`)
  return { jsonSchema: found.json_schema, models: found.output }
}
