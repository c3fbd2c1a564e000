/**
 * How a browser is let in to the pages. The cookie is the key or token itself, as with HTTP Basic, so that any node of
 * a cluster can judge it and a revoked key is out at once; unlike Basic it can be left, and no other path ever gets it.
 * It opens nothing but these pages, which change nothing: the API takes no cookie. A script cannot read it (HttpOnly),
 * another site cannot have it sent (SameSite=Strict), and it ends with the browser.
 */
import { Redacted } from "effect"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"

const name = "loom-scim"

/** Browsers keep cookies up to 4096 bytes. */
const longest = 3800

/** Whether a credential can be one. */
export const fits = (credential: string): boolean => /^[\w.-]+$/.test(credential) && credential.length <= longest

/** Whether the form was sent by a page of ours: browsers say so, and whoever is no browser has nothing to forge. */
export const isOurs = ({ headers }: HttpServerRequest): boolean => {
  const site = headers["sec-fetch-site"]
  if (site !== undefined) return site === "same-origin" || site === "none"
  const origin = headers["origin"]
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === headers["host"])
}

/** The credential of a request. */
export const of = ({ cookies }: HttpServerRequest): Redacted.Redacted | undefined => {
  const value = cookies[name]
  return value === undefined || !fits(value) ? undefined : Redacted.make(value)
}

const attributes = (secure: boolean) => ({ path: "/status", httpOnly: true, sameSite: "strict", secure }) as const

const toList = { status: 303, headers: { location: "/status" } } as const

/** Lets in, and shows the list. */
export const begin = (credential: Redacted.Redacted, secure: boolean): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.setCookieUnsafe(
    HttpServerResponse.empty(toList),
    name,
    Redacted.value(credential),
    attributes(secure)
  )

/** Forgets. */
export const end = (secure: boolean): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.setCookieUnsafe(HttpServerResponse.empty(toList), name, "", { ...attributes(secure), maxAge: 0 })
