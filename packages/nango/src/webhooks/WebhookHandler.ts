/**
 * What becomes of a webhook of Nango: verified, read, and taken as a hint upon which Nango and the endpoint are asked
 * what is so. Safe to call any number of times with the same one, in any order.
 */
import type { JournalFailure, SequenceConflict } from "@loom-scim/core/ports/Journal"
import type { Vault, VaultFailure } from "@loom-scim/core/ports/Vault"
import type { ScimProbe } from "@loom-scim/core/scim/Probe"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import type { Actor } from "@loom-scim/core/setup/Evidence"
import type { Connection } from "@loom-scim/core/setup/SetupService"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import type { Redacted } from "effect"
import { Context, Effect, Layer, Option, Schema } from "effect"
import * as Mac from "effect/crypto/Mac"
import * as SecureRandom from "effect/crypto/SecureRandom"
import type { ConnectionKey } from "../api/NangoApi.ts"
import { NangoApi } from "../api/NangoApi.ts"
import type { NangoFailure } from "../api/NangoFailure.ts"
import { pull } from "../connect/Pull.ts"
import * as Hint from "./Hint.ts"
import * as NangoWebhook from "./NangoWebhook.ts"
import { Shared } from "./Shared.ts"
import type { NotFromNango } from "./Signature.ts"
import * as Signature from "./Signature.ts"

/** What the receiver is set to. */
export interface WebhookOptions {
  /** The environment's webhook signing key. */
  readonly signingKey: Redacted.Redacted
  /** The key under which Nango has Loom. */
  readonly integration: string
  readonly allowPrivateNetwork: boolean
}

/** The signature is good, and yet the body is none of Nango's. */
export class NotAWebhook extends Schema.TaggedError<NotAWebhook>()("NotAWebhook", {
  detail: Schema.String,
  next: Schema.String
}) {
  override get message(): string {
    return `${this.detail} ${this.next}`
  }
}

/** What was done, for logs and for Nango's. */
export const Handled = Schema.Struct({
  /** `adopted`: Nango's credentials are the set-up's now; `examined`: those it has were tried; `nothing`: no need. */
  done: Schema.Literals(["adopted", "examined", "nothing"]),
  setup: Schema.NullOr(Schema.String),
  /** Whether the set-up is connected after it. */
  connected: Schema.NullOr(Schema.Boolean),
  because: Schema.String
})
export type Handled = typeof Handled.Type

/** Worth another delivery, since nothing was concluded. */
export type NotNow = JournalFailure | SequenceConflict | VaultFailure | NangoFailure

const actor: Actor = { name: "a webhook of Nango", face: "nango" }

const after = (done: Handled["done"], { id, state }: Connection, because: string): Handled => ({
  done,
  setup: id,
  connected: state.connected !== null,
  because
})

const passing = new Set<NangoFailure["reason"]>(["unavailable", "rateLimited", "notNango"])

/** Takes webhooks in. */
export class WebhookHandler extends Context.Service<
  WebhookHandler,
  {
    /** `body` as it arrived, to the byte; `signature` as in the header {@link Signature.header}. */
    readonly handle: (
      body: Uint8Array,
      signature: string | undefined
    ) => Effect.Effect<Handled, NotFromNango | NotAWebhook | NotNow>
  }
>()("@loom-scim/nango/webhooks/WebhookHandler") {
  /** With a {@link NangoApi} beside it, credentials that changed in Nango are fetched; without, ours are tried. */
  static readonly layer = (options: WebhookOptions) =>
    Layer.effect(
      WebhookHandler,
      Effect.gen(function* () {
        const { allowPrivateNetwork, integration, signingKey } = options
        const services = yield* Effect.context<SetupService | ScimProbe | Vault | Mac.Mac>()
        const setup = Context.get(services, SetupService)
        const api = yield* Effect.serviceOption(NangoApi)
        const shared = new Shared<Handled, NotNow>()

        /** Tries what the set-up has; a set-up that is not that far has nothing to try. */
        const examine = Effect.fnUntraced(function* (id: ConnectionId, because: string) {
          return yield* setup.probe(id, actor).pipe(
            Effect.map((connection) => after("examined", connection, because)),
            Effect.catchTag("SetupRefused", ({ message }) =>
              Effect.succeed<Handled>({ done: "nothing", setup: id, connected: false, because: message })
            )
          )
        })

        const adopt = Effect.fnUntraced(function* (
          nango: NangoApi["Service"],
          into: ConnectionId,
          key: ConnectionKey,
          because: string
        ) {
          return yield* pull({ key, into, allowPrivateNetwork, actor }).pipe(
            Effect.map(({ connection, credentials }) =>
              after(credentials === "kept" ? "adopted" : "examined", connection, because)
            ),
            Effect.provideService(NangoApi, nango),
            // Nango has nothing better; what the set-up has may still be good, or not.
            Effect.catchTag("ConnectRefused", ({ detail }) => examine(into, detail)),
            Effect.catchTag("SetupRefused", ({ detail }) => examine(into, detail)),
            Effect.catchIf(
              (error) => error._tag === "NangoFailure" && !passing.has(error.reason),
              ({ message }) => examine(into, message)
            )
          )
        })

        const follow = (hint: Hint.Hint): Effect.Effect<Handled, NotNow, SetupService | ScimProbe | Vault> => {
          if (hint._tag === "Nothing") {
            return Effect.succeed({ done: "nothing", setup: null, connected: null, because: hint.because })
          }
          const { because, key, setup: id } = hint
          const work = Option.match(api, {
            onNone: () => examine(id, because),
            onSome: (nango) => adopt(nango, id, key, because)
          })
          return setup.get(id).pipe(
            Effect.andThen(shared.run(`${id} ${key.connectionId}`, work)),
            Effect.catchTag("SetupRefused", () =>
              Effect.succeed<Handled>({
                done: "nothing",
                setup: null,
                connected: null,
                because: "no set-up has that id"
              })
            )
          )
        }

        const handle = Effect.fn("WebhookHandler.handle")(function* (body: Uint8Array, signature: string | undefined) {
          yield* Signature.verify(signingKey, body, signature)
          const read = NangoWebhook.parse(new TextDecoder().decode(body))
          if (read === null) {
            return yield* new NotAWebhook({
              detail: "The body is signed, but it is no webhook of Nango that this version can read.",
              next: "Compare the version of Nango with the one in docs/nango.md."
            })
          }
          return yield* follow(Hint.of(read, integration))
        })

        return WebhookHandler.of({
          handle: (body, signature) => Effect.provideContext(handle(body, signature), services)
        })
      })
    ).pipe(Layer.provide(Mac.layerWebCrypto.pipe(Layer.provide(SecureRandom.layerWebCrypto))))
}
