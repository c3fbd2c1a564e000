import { AsyncLocalStorage } from "node:async_hooks"
import type { Tenant } from "./Tenant.ts"

/** What the SCIM handlers need to know about the request they serve. */
export interface RequestContext {
  readonly tenant: Tenant
  /** URL of the tenant's SCIM endpoint, without a trailing slash. */
  readonly baseUrl: string
  /** Fault: group writes leave the members as they are. */
  readonly dropMembers: boolean
  /** Fault: the most rows a page may have. */
  readonly pageCap?: number
  /** Fault: the number told as totalResults, or the size of the page. */
  readonly toldTotal?: number | "page"
}

/**
 * The context of the request being served. SCIMMY's resource classes are global to the process, so
 * this is what keeps several sandboxes, and concurrent requests, apart.
 */
export const requestContext = new AsyncLocalStorage<RequestContext>()

/** The current request's context. Throws outside a request: SCIMMY then was called without one. */
export function currentRequest(): RequestContext {
  const context = requestContext.getStore()
  if (context === undefined) throw new Error("SCIM handlers run only inside a request.")
  return context
}
