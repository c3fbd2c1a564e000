/** The port that reads SAML metadata: fetching and XML are the platform's business. */
import { Context, Schema } from "effect"
import type { Effect } from "effect"
import type { IdpMetadata } from "../setup/IdpMetadata.ts"

/** Why a document was not accepted as identity provider metadata. */
export class SamlMetadataRejected extends Schema.TaggedError<SamlMetadataRejected>()("SamlMetadataRejected", {
  reason: Schema.Literals([
    "badUrl",
    "unreachable",
    "httpStatus",
    "redirected",
    "tls",
    "timeout",
    "tooLarge",
    "webPage",
    "notXml",
    "doctype",
    "notMetadata",
    "noIdentityProvider",
    "badCertificate",
    "forbiddenAddress",
    "fileNotReadable"
  ]),
  /** What was found, in plain words. */
  detail: Schema.String,
  /** What a person does now. */
  next: Schema.String
}) {
  override get message(): string {
    return `${this.detail}. ${this.next}`
  }
}

/** Where metadata is read from. */
export type MetadataSource =
  | { readonly kind: "url"; readonly location: string; readonly allowPrivateNetwork: boolean }
  | { readonly kind: "file"; readonly location: string }
  | { readonly kind: "paste"; readonly xml: string }

/** Reads and parses metadata; a document with several identity providers yields all of them. */
export class SamlMetadata extends Context.Service<
  SamlMetadata,
  { readonly read: (source: MetadataSource) => Effect.Effect<IdpMetadata, SamlMetadataRejected> }
>()("@loom-scim/core/ports/SamlMetadata") {}
