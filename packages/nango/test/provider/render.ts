/**
 * Nango's interpolation, as it was read in Nango 0.71 and compared with it: none of the packages it publishes contains it.
 *
 * A base URL with `||` has two forms, and the first field it names decides: the first form when the connection has that
 * field and it is not empty. What a placeholder names is put in once and never looked at again; one that names nothing
 * stays as it is.
 */

/** As far as an entry decides what a request looks like. */
export interface Rendered {
  readonly proxy?: { readonly base_url: string; readonly headers?: Readonly<Record<string, string>> }
}

const fill = (template: string, values: Readonly<Record<string, unknown>>): string =>
  template.replaceAll(/\$\{([^{}]*)\}/g, (placeholder, name: string) => {
    const value = values[name]
    return typeof value === "string" || typeof value === "number" ? String(value) : placeholder
  })

const formFor = (template: string, config: Readonly<Record<string, unknown>>): string => {
  const [first, second] = template.split("||")
  if (first === undefined || second === undefined) return template
  const decisive = /connectionConfig\.(\w+)/.exec(template)?.[1]
  return (decisive !== undefined && config[decisive] ? first : second).trim()
}

/** The URL that is asked for; throws where Nango does, when it is none. */
export const url = (entry: Rendered, config: Readonly<Record<string, unknown>>, endpoint: string): string => {
  const template = formFor(entry.proxy?.base_url ?? "", config)
  const values = Object.fromEntries(
    Object.entries(config)
      .filter(([, value]) => value)
      .map(([name, value]) => [`connection_config.${name}`, value])
  )
  const path = `${template.replace(/\/$/, "")}/${endpoint.replace(/^\/+/, "")}`
  // Nango names them as its database does, which shows when one is left over.
  return new URL(fill(path.replaceAll("connectionConfig", "connection_config"), values)).href
}

/** The headers that go with it. */
export const headers = (entry: Rendered, credentials: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(entry.proxy?.headers ?? {}).map(([name, template]) => [name, fill(template, credentials)])
  )
