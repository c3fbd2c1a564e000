/** The integration of Nango that connections to Loom are made with. */
import { Effect } from "effect"
import { NangoApi } from "../api/NangoApi.ts"
import { ConnectRefused } from "./ConnectRefused.ts"

/** The key that an integration has when nobody chose another one, and the name of the provider. */
export const usual = "loom-scim"

/** The integration of that key, or a refusal when it is one of another provider. */
export const loomIntegration = Effect.fnUntraced(function* (key: string) {
  const integration = yield* (yield* NangoApi).integration(key)
  if (integration.provider === usual) return integration
  return yield* new ConnectRefused({
    reason: "wrongProvider",
    detail: `The integration "${key}" is one of the provider ${integration.provider}, not ${usual}.`,
    next: "Name the one for Loom with --integration; see them with: loom-scim nango status"
  })
})
