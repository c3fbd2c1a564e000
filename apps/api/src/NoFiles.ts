/** Callers name no files of this machine: what a person at a terminal may give as a path is sent in the request here. */
import { MemberList, MemberListUnreadable } from "@loom-scim/core/ports/MemberList"
import { SamlMetadata, SamlMetadataRejected } from "@loom-scim/core/ports/SamlMetadata"
import { Effect, Layer } from "effect"

/** A member list is a text with addresses in it. */
export const members = Layer.succeed(
  MemberList,
  MemberList.of({
    fromFile: (path) =>
      Effect.fail(
        new MemberListUnreadable({
          path,
          detail: "There is no e-mail address in it",
          next: "Send the addresses themselves, one per line, or the word none."
        })
      )
  })
)

/** Metadata is a URL or the XML itself. */
export const metadata: Layer.Layer<SamlMetadata, never, SamlMetadata> = Layer.effect(
  SamlMetadata,
  Effect.gen(function* () {
    const { read } = yield* SamlMetadata
    return SamlMetadata.of({
      read: (source) =>
        source.kind === "file"
          ? Effect.fail(
              new SamlMetadataRejected({
                reason: "fileNotReadable",
                detail: "This is neither a URL nor XML",
                next: "Send the https URL of the metadata, or the XML itself."
              })
            )
          : read(source)
    })
  })
)
