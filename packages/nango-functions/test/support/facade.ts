/** What a function sees of the runner's object: Nango hides what is the platform's own, and throws when it is touched. */

const hidden: ReadonlySet<PropertyKey> = new Set([
  "nango",
  "integrationConfig",
  "memoizedConnections",
  "memoizedIntegration",
  "attributes",
  "telemetryBag",
  "abortSignal",
  "lifecycle",
  "getProxyConfig",
  "throwIfAbortedOrKilled",
  "throwIfInterrupted",
  "shouldLog",
  "validateRecords",
  "removeMetadata",
  "modelFullName",
  "constructor",
  "__proto__"
])

const refuse = (name: PropertyKey): never => {
  throw new Error(`Access to "${String(name)}" is not allowed.`)
}

/** The object that a function is given in the place of the runner's. */
export const facadeOf = <T extends object>(runner: T): T =>
  new Proxy(runner, {
    get: (target, name): unknown => {
      if (hidden.has(name)) return refuse(name)
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === "function" && name !== "ActionError" ? value.bind(target) : value
    },
    has: (target, name) => !hidden.has(name) && Reflect.has(target, name),
    ownKeys: (target) => Reflect.ownKeys(target).filter((name) => !hidden.has(name)),
    getOwnPropertyDescriptor: (target, name) =>
      hidden.has(name) ? undefined : Reflect.getOwnPropertyDescriptor(target, name),
    getPrototypeOf: () => null
  })
