import { Router } from "express"
import { EXPIRED_CERTIFICATE, pemBody, SECOND_CERTIFICATE, VALID_CERTIFICATE } from "./Certificates.ts"

/** What `/idp/metadata` answers. */
export const IDP_MODES = ["valid", "expired", "multiple", "html", "oversized", "empty", "doctype"] as const

/** One of {@link IDP_MODES}. */
export type IdpMode = (typeof IDP_MODES)[number]

// Above the 2 MB a careful client would read.
const OVERSIZED_BYTES = 2 * 1024 * 1024 + 64 * 1024

const MD = "urn:oasis:names:tc:SAML:2.0:metadata"
const DS = "http://www.w3.org/2000/09/xmldsig#"

function entity(entityId: string, ssoUrl: string, certificate: string): string {
  return `<md:EntityDescriptor xmlns:md="${MD}" xmlns:ds="${DS}" entityID="${entityId}">
  <md:IDPSSODescriptor WantAuthnRequestsSigned="false" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <md:KeyDescriptor use="signing">
      <ds:KeyInfo><ds:X509Data><ds:X509Certificate>${pemBody(certificate)}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>
    </md:KeyDescriptor>
    <md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress</md:NameIDFormat>
    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="${ssoUrl}"/>
    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="${ssoUrl}"/>
  </md:IDPSSODescriptor>
</md:EntityDescriptor>`
}

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'

// Ten entities of ten references each: a parser that expands them fills its memory.
function entityBomb(document: string): string {
  const levels = Array.from({ length: 9 }, (_, level) => `  <!ENTITY e${level + 1} "${`&e${level};`.repeat(10)}">`)
  const doctype = `<!DOCTYPE md:EntityDescriptor [\n  <!ENTITY e0 "sandbox">\n${levels.join("\n")}\n]>\n`
  return DECLARATION + doctype + document.replace("</md:NameIDFormat>", "&e9;</md:NameIDFormat>")
}

/** The metadata document of a mode (SAML 2.0 metadata §2) and its media type. */
export function idpMetadata(mode: IdpMode, baseUrl: string): { readonly type: string; readonly body: string } {
  const type = "application/samlmetadata+xml"
  const first = (certificate: string): string => entity(`${baseUrl}/idp`, `${baseUrl}/idp/sso`, certificate)
  switch (mode) {
    case "valid":
      return { type, body: `${DECLARATION}${first(VALID_CERTIFICATE)}\n` }
    case "expired":
      return { type, body: `${DECLARATION}${first(EXPIRED_CERTIFICATE)}\n` }
    case "multiple": {
      const second = entity(`${baseUrl}/idp-2`, `${baseUrl}/idp-2/sso`, SECOND_CERTIFICATE)
      const all = `${first(VALID_CERTIFICATE)}\n${second}`
      return {
        type,
        body: `${DECLARATION}<md:EntitiesDescriptor xmlns:md="${MD}">\n${all}\n</md:EntitiesDescriptor>\n`
      }
    }
    case "html":
      return {
        type: "text/html; charset=utf-8",
        body: "<!doctype html>\n<html><head><title>Sign in</title></head><body><h1>Sign in</h1></body></html>\n"
      }
    case "oversized":
      return { type, body: `${DECLARATION}<!-- ${"x".repeat(OVERSIZED_BYTES)} -->\n${first(VALID_CERTIFICATE)}\n` }
    case "empty":
      return { type, body: "" }
    case "doctype":
      return { type, body: entityBomb(first(VALID_CERTIFICATE)) }
  }
}

/** Serves `/metadata`; the mode is asked for at each request. */
export function idpRoutes(mode: () => IdpMode, baseUrl: string): Router {
  const router = Router()
  router.get("/metadata", (_req, res) => {
    const { type, body } = idpMetadata(mode(), baseUrl)
    // Bytes, so that Express leaves the media type as it is.
    res.set("Content-Type", type).send(Buffer.from(body))
  })
  return router
}
