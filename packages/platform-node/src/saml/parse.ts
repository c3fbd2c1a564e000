/** SAML 2.0 metadata as text to identity providers (OASIS saml-metadata-2.0-os §2.3 and §2.4.3). */
import { X509Certificate } from "node:crypto"
import type { SamlMetadataRejected } from "@loom-scim/core/ports/SamlMetadata"
import type { IdentityProvider, IdpMetadata, SigningCertificate } from "@loom-scim/core/setup/IdpMetadata"
import { DateTime, Option, Result } from "effect"
import * as Rejected from "./rejections.ts"
import type { Element } from "./xmlTree.ts"
import * as Xml from "./xmlTree.ts"

/** Longer documents are refused: the metadata of one identity provider is a hundredth of it. */
export const limit = 1_048_576

const metadata = "urn:oasis:names:tc:SAML:2.0:metadata"
const signature = "http://www.w3.org/2000/09/xmldsig#"

const named = (element: Element, namespace: string, local: string): ReadonlyArray<Element> =>
  element.children.filter((child) => child.namespace === namespace && child.local === local)

const isMetadata = (element: Element, local: string): boolean =>
  element.namespace === metadata && element.local === local

/** Every EntityDescriptor, those in nested EntitiesDescriptors too. */
const entities = (element: Element): ReadonlyArray<Element> =>
  isMetadata(element, "EntityDescriptor")
    ? [element]
    : isMetadata(element, "EntitiesDescriptor")
      ? element.children.flatMap(entities)
      : []

/** RFC 2045 base64 with white space anywhere; some products put the PEM lines around it. */
const certificateOf = (text: string): Option.Option<SigningCertificate> => {
  const base64 = text.replace(/-----(?:BEGIN|END) CERTIFICATE-----/g, "").replace(/\s+/g, "")
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return Option.none()
  return Option.flatMap(
    Option.liftThrowable(() => new X509Certificate(Buffer.from(base64, "base64")))(),
    ({ fingerprint256, subject, validFromDate, validToDate }) =>
      Option.map(
        Option.all([DateTime.make(validFromDate), DateTime.make(validToDate)]),
        ([notBefore, notAfter]): SigningCertificate => ({
          sha256: fingerprint256.replaceAll(":", "").toLowerCase(),
          // One attribute a line; undefined at run time when the subject is empty.
          subject: String(subject ?? "").replaceAll("\n", ", "),
          notBefore: DateTime.toUtc(notBefore),
          notAfter: DateTime.toUtc(notAfter)
        })
      )
  )
}

/** Certificates for signing, each once although products list it for every use. */
const signingCertificates = (
  entityID: string,
  roles: ReadonlyArray<Element>
): Result.Result<ReadonlyArray<SigningCertificate>, SamlMetadataRejected> => {
  const found = roles
    .flatMap((role) => named(role, metadata, "KeyDescriptor"))
    .filter((key) => (key.attributes.get("use") ?? "signing") === "signing")
    .flatMap((key) => named(key, signature, "KeyInfo"))
    .flatMap((info) => named(info, signature, "X509Data"))
    .flatMap((data) => named(data, signature, "X509Certificate"))
  const certificates = new Map<string, SigningCertificate>()
  for (const [index, element] of found.entries()) {
    const certificate = certificateOf(element.text)
    if (Option.isNone(certificate)) return Result.fail(Rejected.badCertificate(entityID, index + 1))
    certificates.set(certificate.value.sha256, certificate.value)
  }
  return Result.succeed([...certificates.values()])
}

const identityProvider = (
  entity: Element,
  roles: ReadonlyArray<Element>
): Result.Result<IdentityProvider, SamlMetadataRejected> => {
  const entityID = entity.attributes.get("entityID")?.trim() ?? ""
  if (entityID === "") return Result.fail(Rejected.notMetadata("an EntityDescriptor has no entityID"))
  return Result.map(signingCertificates(entityID, roles), (certificates) => ({
    entityID,
    singleSignOnServices: roles
      .flatMap((role) => named(role, metadata, "SingleSignOnService"))
      .flatMap(({ attributes }) => {
        const binding = attributes.get("Binding")?.trim() ?? ""
        const location = attributes.get("Location")?.trim() ?? ""
        return binding === "" || location === "" ? [] : [{ binding, location }]
      }),
    nameIDFormats: roles
      .flatMap((role) => named(role, metadata, "NameIDFormat"))
      .map(({ text }) => text)
      .filter((format) => format !== ""),
    signingCertificates: certificates
  }))
}

/**
 * Reads every identity provider of a document. Prefixes do not matter, namespaces do; service providers are passed over.
 * Fails with `tooLarge`, `webPage`, `notXml`, `doctype`, `notMetadata`, `noIdentityProvider` or `badCertificate`.
 * An expired certificate is no failure here: `IdpMetadata.judge` tells.
 */
export const parse = (input: string): Result.Result<IdpMetadata["identityProviders"], SamlMetadataRejected> => {
  if (Buffer.byteLength(input) > limit) return Result.fail(Rejected.tooLarge())
  const xml = input.trim()
  if (xml === "") return Result.fail(Rejected.empty())
  if (/^<(?:!doctype html|html[\s>])/i.test(xml)) return Result.fail(Rejected.webPage())
  if (xml.startsWith("-----BEGIN CERTIFICATE")) return Result.fail(Rejected.onlyCertificate())
  if (/<!(?:DOCTYPE|ENTITY)/i.test(xml)) {
    return Result.fail(/<!DOCTYPE\s+html/i.test(xml) ? Rejected.webPage() : Rejected.doctype())
  }
  const tree = Xml.parse(xml)
  if (Result.isFailure(tree)) return Result.fail(Rejected.notXml(tree.failure))
  const root = tree.success
  if (/^html$/i.test(root.local)) return Result.fail(Rejected.webPage())
  if (!isMetadata(root, "EntityDescriptor") && !isMetadata(root, "EntitiesDescriptor")) {
    return Result.fail(Rejected.notMetadata(`its root is ${root.local.slice(0, 60)}`))
  }
  const providers: Array<IdentityProvider> = []
  for (const entity of entities(root)) {
    const roles = named(entity, metadata, "IDPSSODescriptor")
    if (roles.length === 0) continue
    const provider = identityProvider(entity, roles)
    if (Result.isFailure(provider)) return Result.fail(provider.failure)
    providers.push(provider.success)
  }
  const [first, ...others] = providers
  return first === undefined ? Result.fail(Rejected.noIdentityProvider()) : Result.succeed([first, ...others])
}
