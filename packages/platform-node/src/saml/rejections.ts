/** The words for metadata that is not accepted, one function per reason. */
import { SamlMetadataRejected } from "@loom-scim/core/ports/SamlMetadata"

const rejected = (reason: SamlMetadataRejected["reason"], detail: string, next: string) =>
  new SamlMetadataRejected({ reason, detail, next })

const exportAgain = "Export the metadata from the identity provider again and give the file as it is."

export const tooLarge = () =>
  rejected(
    "tooLarge",
    "The metadata is larger than 1 MiB",
    "It may be that of a whole federation. Give the metadata of your own identity provider only."
  )

export const webPage = () =>
  rejected(
    "webPage",
    "This is a web page and not metadata",
    "Open it in a browser: behind it may be a log-in, or a link to the metadata. Give the XML itself."
  )

export const notXml = (problem: string) => rejected("notXml", `This is not well-formed XML (${problem})`, exportAgain)

export const empty = () => rejected("notXml", "There is nothing in it", exportAgain)

export const onlyCertificate = () =>
  rejected(
    "notXml",
    "This is a certificate and not metadata",
    "The identity provider offers a metadata file or URL beside its certificate; give that."
  )

export const doctype = () =>
  rejected(
    "doctype",
    "The XML has a DOCTYPE or defines entities, which is not read for safety",
    "Metadata needs none. Export it again, or remove the DOCTYPE."
  )

export const notMetadata = (what: string) =>
  rejected(
    "notMetadata",
    `This is XML, but not SAML 2.0 metadata: ${what}`,
    "Give the file or URL called IdP or federation metadata."
  )

export const noIdentityProvider = () =>
  rejected(
    "noIdentityProvider",
    "The metadata describes no identity provider (it has no IDPSSODescriptor)",
    "It may be that of Loom itself, the service provider. Give the metadata of your identity provider."
  )

export const badCertificate = (entityID: string, position: number) =>
  rejected(
    "badCertificate",
    `Signing certificate ${position} of ${entityID.slice(0, 200)} cannot be read`,
    "It may have been cut when it was copied. Export the metadata again."
  )

export const badUrl = (problem: string) =>
  rejected(
    "badUrl",
    `The metadata URL cannot be used: ${problem}`,
    "Copy the URL again, or download the file and give that."
  )

export const redirected = (problem: string) =>
  rejected(
    "redirected",
    `The metadata URL redirects ${problem}`,
    "Give the URL it finally leads to, or download the file and give that."
  )

export const httpStatus = (status: number) => {
  if (status === 401 || status === 403) {
    return rejected(
      "httpStatus",
      `The metadata is not public (${status})`,
      "Download it in your browser and give the file."
    )
  }
  if (status === 404 || status === 410) {
    return rejected(
      "httpStatus",
      `There is nothing at the metadata URL (${status})`,
      "Copy the URL again from the identity provider."
    )
  }
  return status >= 500
    ? rejected(
        "httpStatus",
        `The identity provider has a problem of its own (${status})`,
        "Try again in a few minutes, or give the file."
      )
    : rejected(
        "httpStatus",
        `The metadata URL answers ${status}`,
        "Open it in a browser; download the file and give that."
      )
}

export const timeout = (host: string, seconds: number) =>
  rejected(
    "timeout",
    `${host} did not send the metadata within ${seconds} seconds`,
    "Try again, or download the file and give that."
  )

export const transport = (
  reason: "tls" | "timeout" | "unreachable" | "forbiddenAddress",
  detail: string,
  next: string
) => rejected(reason, detail.replace(/\.$/, ""), next)

export const fileNotReadable = (path: string, problem: string, next: string) =>
  rejected("fileNotReadable", `${path} ${problem}`, next)
