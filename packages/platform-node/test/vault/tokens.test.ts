/** Tokens of a set-up that several people save at once, on both databases. */
import { assert, describe, it } from "@effect/vitest"
import { DomainResolver } from "@loom-scim/core/ports/DomainResolver"
import { SamlMetadata } from "@loom-scim/core/ports/SamlMetadata"
import { Vault } from "@loom-scim/core/ports/Vault"
import { ScimProbe } from "@loom-scim/core/scim/Probe"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import { DomainName } from "@loom-scim/core/setup/Domain"
import type { Event } from "@loom-scim/core/setup/Event"
import type { IdpMetadata } from "@loom-scim/core/setup/IdpMetadata"
import { Journal } from "@loom-scim/core/ports/Journal"
import { Array as Arr, Effect, Layer, Redacted, Result } from "effect"
import { postgres, postgresAnswers, sqlite } from "../store/backend.ts"
import { around, opened } from "../store/contract.ts"
import { acme, entry, start, token } from "../store/sample.ts"

const backends = (await Effect.runPromise(postgresAnswers)) ? [sqlite, postgres] : [sqlite]

const ada = { name: "ada", face: "api" } as const

// Nothing of the world outside is asked when a token is saved.
const elsewhere = Layer.mergeAll(
  Layer.mock(DomainResolver, { servers: "none" }),
  Layer.mock(SamlMetadata, {}),
  Layer.mock(ScimProbe, {})
)

/** A set-up of its own, with what it has kept: as another process would have it. */
const setup = Effect.provide(
  Effect.service(SetupService),
  Layer.fresh(SetupService.layer).pipe(Layer.provide(elsewhere))
)

const attested = { _tag: "Attested", by: ada, at: start, statement: "yes" } as const
const checked = { _tag: "Checked", by: "dns-txt", at: start, saw: "it" } as const
const domain = DomainName.make("acme.com")
const idp = { entityID: "urn:idp", singleSignOnServices: [], nameIDFormats: [], signingCertificates: [] } as const
const metadata: IdpMetadata = { source: { kind: "paste", location: "" }, identityProviders: [idp] }

/** What stands in the log before a token may be saved. */
const untilCredentials: Arr.NonEmptyReadonlyArray<Event> = [
  { _tag: "Begun", name: "Acme" },
  { _tag: "PrerequisiteAttested", prerequisite: "enterprisePlan", evidence: attested },
  { _tag: "PrerequisiteAttested", prerequisite: "samlSso", evidence: attested },
  { _tag: "DomainAdded", domain },
  { _tag: "DomainVerified", domain, evidence: checked },
  { _tag: "MetadataAccepted", metadata, entityID: idp.entityID, evidence: checked },
  { _tag: "DefaultRoleChosen", role: "viewer" },
  { _tag: "SsoTestAttested", evidence: attested }
]

for (const backend of backends) {
  describe(`the token of a connection on ${backend.name}`, () => {
    it.live("is the one that the log names, however many are saved at once, and there is no other", () =>
      opened(backend, (store) =>
        Effect.gen(function* () {
          const [here, there] = [yield* setup, yield* setup]
          const vault = yield* Vault
          const { append } = yield* Journal
          yield* append(
            acme,
            0,
            Arr.map(untilCredentials, (event, n) => ({ ...entry(acme, n + 1), event }))
          )
          const texts = ["token-one", "token-two"].flatMap((text) => [text, text])
          for (let round = 0; round < 10; round++) {
            const saved = yield* Effect.forEach(
              texts,
              (text, n) => Effect.result((n < 2 ? here : there).saveToken(acme, token(`${text}-${n % 2}`), null, ada)),
              { concurrency: "unbounded" }
            )
            assert.isNotEmpty(saved.filter(Result.isSuccess))
            for (const failed of saved.filter(Result.isFailure)) {
              assert.strictEqual(failed.failure._tag, "SequenceConflict")
            }
            const { state } = yield* here.get(acme)
            const kept = state.token?.fingerprint
            if (kept === undefined) throw new Error("no token is named")
            assert.match(Redacted.value(yield* vault.open(acme, kept)), /^token-(one|two)-[01]$/)
            const sealed = yield* around(store, "SELECT fingerprint FROM secrets")
            assert.deepStrictEqual(sealed, [{ fingerprint: kept }])
          }
          yield* here.remove(acme, ada)
          assert.deepStrictEqual(yield* around(store, "SELECT fingerprint FROM secrets"), [])
        })
      )
    )
  })
}
