/** SAML 2.0 identity provider metadata, as far as a set-up needs it (OASIS saml-metadata-2.0-os §2.4.3). */
import { DateTime, Schema } from "effect"

/** A signing certificate: `KeyDescriptor` without `use` or with `use="signing"`. */
export const SigningCertificate = Schema.Struct({
  /** SHA-256 over the DER, lower-case hex, 64 digits. */
  sha256: Schema.String,
  subject: Schema.String,
  notBefore: Schema.DateTimeUtcFromString,
  notAfter: Schema.DateTimeUtcFromString
})
export type SigningCertificate = typeof SigningCertificate.Type

/** One `SingleSignOnService`. */
export const SingleSignOnService = Schema.Struct({ binding: Schema.String, location: Schema.String })
export type SingleSignOnService = typeof SingleSignOnService.Type

/** One `EntityDescriptor` that holds an `IDPSSODescriptor`. */
export const IdentityProvider = Schema.Struct({
  entityID: Schema.NonEmptyString,
  singleSignOnServices: Schema.Array(SingleSignOnService),
  nameIDFormats: Schema.Array(Schema.String),
  signingCertificates: Schema.Array(SigningCertificate)
})
export type IdentityProvider = typeof IdentityProvider.Type

/** What a metadata document held, and where it came from. */
export const IdpMetadata = Schema.Struct({
  source: Schema.Struct({
    kind: Schema.Literals(["url", "file", "paste"]),
    /** The URL or path; empty for a paste. */
    location: Schema.String
  }),
  identityProviders: Schema.NonEmptyArray(IdentityProvider)
})
export type IdpMetadata = typeof IdpMetadata.Type

const redirectOrPost = /:bindings:HTTP-(?:Redirect|POST)$/
const emailFormat = /:nameid-format:emailAddress$/
const unspecifiedFormat = /:nameid-format:unspecified$/

/** What is wrong with one identity provider for Loom's purposes. `error` stops the step, `warning` is shown. */
export interface Finding {
  readonly severity: "error" | "warning"
  readonly message: string
}

/**
 * Judges an identity provider at a moment in time. No findings of severity `error` means it can serve Loom.
 *
 * Loom takes the NameID as the e-mail address (support.loom.com 360008113658), so formats that exclude it are a warning.
 */
export const judge = (idp: IdentityProvider, now: DateTime.Utc): ReadonlyArray<Finding> => {
  const findings: Array<Finding> = []
  const error = (message: string) => findings.push({ severity: "error", message })
  const warning = (message: string) => findings.push({ severity: "warning", message })
  if (!idp.singleSignOnServices.some((service) => redirectOrPost.test(service.binding))) {
    error("no SingleSignOnService with the HTTP-Redirect or HTTP-POST binding")
  }
  for (const location of new Set(idp.singleSignOnServices.map((service) => service.location))) {
    if (!location.startsWith("https://")) warning(`SSO URL ${location} is not https`)
  }
  const valid = idp.signingCertificates.filter(
    (certificate) =>
      DateTime.isLessThanOrEqualTo(certificate.notBefore, now) && DateTime.isGreaterThan(certificate.notAfter, now)
  )
  const lastExpiry = idp.signingCertificates
    .map((certificate) => certificate.notAfter)
    .toSorted(DateTime.Order)
    .at(-1)
  if (lastExpiry === undefined) error("no signing certificate")
  else if (valid.length === 0) {
    error(`no signing certificate is valid now (the last one ends ${DateTime.formatIsoDateUtc(lastExpiry)})`)
  } else {
    const soon = DateTime.add(now, { days: 30 })
    if (DateTime.isLessThan(lastExpiry, soon)) {
      warning(`the last signing certificate ends ${DateTime.formatIsoDateUtc(lastExpiry)}, within 30 days`)
    }
    if (valid.length < idp.signingCertificates.length) warning("one of several signing certificates is not valid now")
  }
  if (
    idp.nameIDFormats.length > 0 &&
    !idp.nameIDFormats.some((format) => emailFormat.test(format) || unspecifiedFormat.test(format))
  ) {
    warning("no NameIDFormat for e-mail addresses; Loom reads the NameID as the e-mail address")
  }
  return findings
}

/** The moment the last signing certificate ends, if any is known. */
export const expiry = (idp: IdentityProvider): DateTime.Utc | undefined =>
  idp.signingCertificates
    .map((certificate) => certificate.notAfter)
    .toSorted(DateTime.Order)
    .at(-1)
