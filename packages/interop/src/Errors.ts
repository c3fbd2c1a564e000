/** Error answers: as RFC 7644 §3.12 has them, or otherwise. */
import type { JsonObject } from "@loom-scim/core/scim/Json"
import type { Context, Outgoing, Refusal } from "./Exchange.ts"

/** The body of an error. */
export const errorBody = ({ message, scimType, status }: Refusal): JsonObject => ({
  schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"],
  status: String(status),
  ...(scimType === null ? {} : { scimType }),
  detail: message
})

/** The answer to a request that is refused. */
export const errorAnswer = ({ has, token }: Context, refusal: Refusal): Outgoing => {
  const { message, status } = refusal
  const detail = has("tokenEchoed") ? `${message} (authorization: Bearer ${token})` : message
  if (has("htmlErrors")) {
    const body = `<!DOCTYPE html><html><head><title>Error ${status}</title></head><body>${detail}</body></html>`
    return { status, headers: { "content-type": "text/html" }, body }
  }
  if (has("errorShape")) return { status, body: { errors: [{ error: { code: status, message: detail } }] } }
  const body = { ...errorBody(refusal), detail }
  if (status !== 409 || !has("conflictWithoutScimType")) return { status, body }
  return { status, body: { schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"], detail } }
}
