/** Metadata documents for tests. */
import { base64Of, expired, good, other } from "../http/certificates.ts"

const keyDescriptor = (certificate: string, use = ` use="signing"`) => `
    <md:KeyDescriptor${use}><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>
      <ds:X509Certificate>
${certificate}
      </ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`

const redirect = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
const post = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
const email = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
const namespace = `xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"`

export const entity = (entityID: string, keys: string, extra = "") => `
<md:EntityDescriptor ${namespace} entityID="${entityID}">
  <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">${keys}
    <md:NameIDFormat>${email}</md:NameIDFormat>
    <md:SingleSignOnService Binding="${redirect}" Location="https://idp.example.com/sso?a=1&amp;b=2"/>
    <md:SingleSignOnService Binding="${post}" Location="https://idp.example.com/sso"/>
  </md:IDPSSODescriptor>${extra}
</md:EntityDescriptor>`

export const serviceProvider = `
<md:EntityDescriptor ${namespace} entityID="https://loom.example/sp">
  <md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <md:AssertionConsumerService Binding="${post}" Location="https://loom.example/acs" index="0"/>
  </md:SPSSODescriptor>
</md:EntityDescriptor>`

export const goodKey = keyDescriptor(base64Of(good))
export const keys = {
  good: goodKey,
  withoutUse: keyDescriptor(base64Of(good), ""),
  encryption: keyDescriptor(base64Of(other), ` use="encryption"`),
  other: keyDescriptor(base64Of(other)),
  expired: keyDescriptor(base64Of(expired)),
  pem: keyDescriptor(good.cert),
  cut: keyDescriptor(base64Of(good).slice(0, 200)),
  garbage: keyDescriptor("not base64 at all!")
}

export const single = `<?xml version="1.0" encoding="UTF-8"?>\n<!-- exported -->${entity("https://idp.example.com/a", goodKey)}`

/** Two identity providers and a service provider, one group nested in another. */
export const several = `<md:EntitiesDescriptor ${namespace}>${entity("https://idp.example.com/a", keys.good)}${serviceProvider}
<md:EntitiesDescriptor>${entity("https://idp.example.com/b", keys.other)}</md:EntitiesDescriptor></md:EntitiesDescriptor>`

/** The billion laughs: ten levels of entities, each ten times the one before. */
export const billionLaughs = `<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY l0 "lol">${Array.from({ length: 9 }, (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`).join("")}]>
${entity("&l9;", goodKey)}`
