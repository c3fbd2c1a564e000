/** The bodies that Nango takes, as strictly as it takes them; a text says what is wrong with one. */
export type Json = null | string | number | boolean | ReadonlyArray<Json> | { readonly [name: string]: Json }

interface JsonObject {
  readonly [name: string]: Json
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Zod's strict objects refuse names they do not know. */
const strict = (value: Json | undefined, names: ReadonlyArray<string>, where: string): JsonObject | string => {
  if (!isObject(value)) return `${where} is no object`
  const unknown = Object.keys(value).find((name) => !names.includes(name))
  return unknown === undefined ? value : `Unrecognized key: "${unknown}" in ${where}`
}

const providerKey = /^[a-zA-Z0-9~:.@ _-]{1,255}$/
const connectionKey = /^[a-zA-Z0-9,.;:=+~[\]|@${}"'\\/_ -]{1,255}$/

const isText = (value: Json | undefined, pattern = /[\s\S]*/): value is string =>
  typeof value === "string" && pattern.test(value)

/** Names are folded to lower case. */
const tagsOf = (value: Json | undefined): Record<string, string> | string => {
  if (value === undefined) return {}
  if (!isObject(value)) return "tags is no object"
  const entries = Object.entries(value)
  if (entries.length > 10) return "Tags cannot contain more than 10 keys"
  const tags: Record<string, string> = {}
  for (const [name, text] of entries) {
    if (!/^[a-zA-Z][a-zA-Z0-9_\-./]{0,63}$/.test(name)) return `tag key ${name}`
    if (!isText(text, /^[\s\S]{1,255}$/)) return `tag value of ${name}`
    tags[name.toLowerCase()] = text
  }
  return tags
}

/** `POST /connections`. */
export const connection = (body: Json) => {
  const names = [
    "provider_config_key",
    "connection_id",
    "credentials",
    "connection_config",
    "metadata",
    "tags",
    "webhook_url_override",
    "end_user"
  ]
  const whole = strict(body, names, "body")
  if (typeof whole === "string") return whole
  const { connection_config: config = {}, connection_id: connectionId, metadata: given = {} } = whole
  const integration = whole["provider_config_key"]
  const credentials = strict(whole["credentials"], ["type", "apiKey"], "credentials")
  const tags = tagsOf(whole["tags"])
  if (!isText(integration)) return "provider_config_key"
  if (!isText(connectionId, connectionKey)) return "connection_id"
  if (typeof credentials === "string") return credentials
  if (credentials["type"] !== "API_KEY") return "credentials.type"
  const { apiKey } = credentials
  if (!isText(apiKey, /^[\s\S]{1,1024}$/)) return "credentials.apiKey"
  if (!isObject(config)) return "connection_config"
  if (!isObject(given)) return "metadata"
  if (typeof tags === "string") return tags
  const { webhook_url_override: webhookUrl = null } = whole
  if (webhookUrl !== null && !isText(webhookUrl, /^(?:https?:\/\/\S+)?$/)) return "webhook_url_override"
  return { integration, connectionId, apiKey, config, metadata: given, tags, webhookUrl }
}

/** `PATCH /connections/:id`. */
export const patch = (body: Json) => {
  const whole = strict(body, ["end_user", "tags", "webhook_url_override"], "body")
  if (typeof whole === "string") return whole
  if (whole["tags"] === undefined) return {}
  const tags = tagsOf(whole["tags"])
  return typeof tags === "string" ? tags : { tags }
}

/** `PATCH /connections/metadata`. */
export const metadata = (body: Json) => {
  const whole = strict(body, ["connection_id", "provider_config_key", "metadata"], "body")
  if (typeof whole === "string") return whole
  const { connection_id: connectionId, metadata: given, provider_config_key: integration } = whole
  if (!isText(connectionId, connectionKey)) return "connection_id"
  if (!isText(integration, providerKey)) return "provider_config_key"
  return isObject(given) ? { connectionId, integration, metadata: given } : "metadata"
}

/** What both kinds of session have; a text says what is wrong with it. */
const sessionParts = (whole: JsonObject): string | undefined => {
  const { end_user: given, integrations_config_defaults: defaults = {} } = whole
  const endUser = strict(given, ["id", "email", "display_name", "tags"], "end_user")
  if (typeof endUser === "string") return endUser
  if (!isText(endUser["id"], /^[\s\S]{1,255}$/)) return "end_user.id"
  if (endUser["email"] !== undefined && !isText(endUser["email"], /^[^@\s]+@[^@\s]+\.[a-z]+$/)) return "Invalid email"
  const tags = tagsOf(whole["tags"])
  if (typeof tags === "string") return tags
  if (!isObject(defaults)) return "integrations_config_defaults"
  const wrong = Object.entries(defaults)
    .map(([key, value]) => strict(value, ["user_scopes", "authorization_params", "connection_config"], key))
    .find((known) => typeof known === "string")
  return typeof wrong === "string" ? wrong : undefined
}

const common = ["end_user", "organization", "integrations_config_defaults", "overrides", "webhook_url_override", "tags"]

/** `POST /connect/sessions`. */
export const session = (body: Json) => {
  const whole = strict(body, [...common, "allowed_integrations"], "body")
  if (typeof whole === "string") return whole
  const wrong = sessionParts(whole)
  if (wrong !== undefined) return wrong
  const { allowed_integrations: integrations = [] } = whole
  return Array.isArray(integrations) && integrations.every((key) => isText(key, providerKey))
    ? { integrations: integrations.filter((key) => typeof key === "string") }
    : "allowed_integrations"
}

/** `POST /connect/sessions/reconnect`. */
export const reconnect = (body: Json) => {
  const whole = strict(body, [...common, "connection_id", "integration_id"], "body")
  if (typeof whole === "string") return whole
  const wrong = sessionParts(whole)
  if (wrong !== undefined) return wrong
  const { connection_id: connectionId, integration_id: integration } = whole
  if (!isText(connectionId, connectionKey)) return "connection_id"
  return isText(integration, providerKey) ? { connectionId, integration } : "integration_id"
}
