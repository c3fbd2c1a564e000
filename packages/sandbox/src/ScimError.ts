import type { Response } from "express"

/** Schema URN of an error body, RFC 7644 §3.12. */
export const ERROR_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:Error"

/** Media type of SCIM messages, RFC 7644 §8.1. */
export const SCIM_MEDIA_TYPE = "application/scim+json"

/** What an error body says; the HTTP status is repeated in it as a string, RFC 7644 §3.12. */
export interface ScimErrorInfo {
  readonly status: number
  readonly detail?: string
  readonly scimType?: string
}

/** Answers with a SCIM error body. Any HTTP status is allowed, also those SCIMMY refuses (429, 5xx). */
export function sendScimError(res: Response, info: ScimErrorInfo): void {
  res
    .status(info.status)
    .set("Content-Type", SCIM_MEDIA_TYPE)
    .send(
      JSON.stringify({
        schemas: [ERROR_SCHEMA],
        status: String(info.status),
        ...(info.scimType === undefined ? {} : { scimType: info.scimType }),
        ...(info.detail === undefined ? {} : { detail: info.detail })
      })
    )
}
