/** The only door to a journey: load, decide, append; and the verifiers whose reports the journey trusts. */
import { Context, DateTime, Effect, Layer, Redacted, Result } from "effect"
import { DomainResolver } from "../ports/DomainResolver.ts"
import type { JournalFailure, SequenceConflict } from "../ports/Journal.ts"
import { Journal } from "../ports/Journal.ts"
import type { SamlMetadataRejected, MetadataSource } from "../ports/SamlMetadata.ts"
import { SamlMetadata } from "../ports/SamlMetadata.ts"
import type { VaultFailure } from "../ports/Vault.ts"
import { Vault } from "../ports/Vault.ts"
import { ScimProbe } from "../scim/Probe.ts"
import * as BridgeUrl from "./BridgeUrl.ts"
import type { Command, PersonCommand } from "./Command.ts"
import type { ConnectionId } from "./ConnectionId.ts"
import { fromName } from "./ConnectionId.ts"
import type { DomainName } from "./Domain.ts"
import * as Domain from "./Domain.ts"
import type { Actor } from "./Evidence.ts"
import type { Recorded } from "./Event.ts"
import * as IdpMetadata from "./IdpMetadata.ts"
import * as Journey from "./Journey.ts"
import * as KnownStates from "./KnownStates.ts"
import * as MemberReview from "./MemberReview.ts"
import { SetupRefused } from "./SetupRefused.ts"
import type { State } from "./State.ts"
import { fold, verifiedDomains } from "./State.ts"

/** Whatever a change can fail with; each says what a person does next. */
export type SetupError = SetupRefused | SequenceConflict | JournalFailure

/** States kept at hand. One is mostly words people typed and what a probe saw: a few kilobytes. */
const mostKnown = 1000

/** A connection as it stands. */
export interface Connection {
  readonly id: ConnectionId
  readonly state: State
}

const refused = (command: Command["_tag"], reason: SetupRefused["reason"], detail: string, next = "") =>
  new SetupRefused({ command, reason, missing: null, detail, next })

/** The set-up of every connection. Each change yields the connection after it. */
export class SetupService extends Context.Service<
  SetupService,
  {
    /** Every connection that was not removed. */
    readonly list: Effect.Effect<ReadonlyArray<Connection>, JournalFailure>
    /** A connection by its id; refused when there is none or it was removed. */
    readonly get: (id: ConnectionId) => Effect.Effect<Connection, SetupRefused | JournalFailure>
    /** Those of the connections that are there, in the order given. */
    readonly present: (ids: ReadonlyArray<ConnectionId>) => Effect.Effect<ReadonlyArray<Connection>, JournalFailure>
    /** Its whole log, for audit. */
    readonly events: (id: ConnectionId) => Effect.Effect<ReadonlyArray<Recorded>, JournalFailure>
    readonly begin: (name: string, actor: Actor) => Effect.Effect<Connection, SetupError>
    /** Submits what a person decided or vouches for. */
    readonly submit: (id: ConnectionId, command: PersonCommand, actor: Actor) => Effect.Effect<Connection, SetupError>
    /** Forgets the token and takes the connection off the list; its log stays. */
    readonly remove: (id: ConnectionId, actor: Actor) => Effect.Effect<void, SetupError | VaultFailure>
    /** Looks the domain up in DNS and records what was seen, whatever it was. */
    readonly checkDomain: (id: ConnectionId, domain: DomainName, actor: Actor) => Effect.Effect<Connection, SetupError>
    /** Compares members with the verified domains. */
    readonly reviewMembers: (
      id: ConnectionId,
      emails: ReadonlyArray<string>,
      actor: Actor
    ) => Effect.Effect<Connection, SetupError>
    /** Reads metadata. With several identity providers in it, `entityID` says which. */
    readonly readMetadata: (
      id: ConnectionId,
      source: MetadataSource,
      entityID: string | undefined,
      actor: Actor
    ) => Effect.Effect<Connection, SetupError | SamlMetadataRejected>
    /** Seals a token and records its fingerprint. */
    readonly saveToken: (
      id: ConnectionId,
      token: Redacted.Redacted,
      expiresAt: DateTime.Utc | null,
      actor: Actor
    ) => Effect.Effect<Connection, SetupError | VaultFailure>
    /** Normalises and checks the address, and records it. */
    readonly setBridgeUrl: (
      id: ConnectionId,
      input: string,
      allowPrivateNetwork: boolean,
      actor: Actor
    ) => Effect.Effect<Connection, SetupError>
    /** Validates the credentials over the network and records the report, good or bad. */
    readonly probe: (id: ConnectionId, actor: Actor) => Effect.Effect<Connection, SetupError | VaultFailure>
    /** Records that certificate or token have reached their end, if they have. */
    readonly checkExpiry: (id: ConnectionId, actor: Actor) => Effect.Effect<Connection, SetupError>
  }
>()("@loom-scim/core/setup/SetupService") {
  /** Over the ports. */
  static readonly layer = Layer.effect(
    SetupService,
    Effect.gen(function* () {
      const journal = yield* Journal
      const vault = yield* Vault
      const resolver = yield* DomainResolver
      const saml = yield* SamlMetadata
      const prober = yield* ScimProbe

      const states = KnownStates.make(mostKnown)

      const after = (id: ConnectionId, before: State, events: ReadonlyArray<Recorded>): Connection => {
        const state = fold(events, before)
        states.keep(id, state)
        return { id, state }
      }

      const load = (id: ConnectionId): Effect.Effect<Connection, JournalFailure> =>
        Effect.suspend(() => {
          const known = states.of(id)
          return Effect.map(journal.load(id, known.sequence), (events) => after(id, known, events))
        })

      const decide = Effect.fnUntraced(function* (
        { id, state }: Connection,
        command: Command,
        actor: Actor
      ): Effect.fn.Return<Connection, SetupError> {
        const at = yield* DateTime.now
        const events = yield* Effect.fromResult(Journey.decide(state, command, { actor, at }))
        const record = (event: (typeof events)[number], index: number): Recorded => ({
          connectionId: id,
          sequence: state.sequence + 1 + index,
          at,
          actor,
          event
        })
        const [first, ...rest] = events
        const recorded = [record(first, 0), ...rest.map((event, n) => record(event, n + 1))] as const
        yield* Effect.onError(journal.append(id, state.sequence, recorded), () => Effect.sync(() => states.forget(id)))
        return after(id, state, recorded)
      })

      const admitted = (
        id: ConnectionId,
        tag: Command["_tag"]
      ): Effect.Effect<Connection, SetupRefused | JournalFailure> =>
        Effect.flatMap(load(id), (connection) => {
          const admission = Journey.admit(connection.state, { _tag: tag })
          return Result.isFailure(admission) ? Effect.fail(admission.failure) : Effect.succeed(connection)
        })

      const get = (id: ConnectionId) => admitted(id, "Remove")

      const present = Effect.fn("SetupService.present")(function* (ids: ReadonlyArray<ConnectionId>) {
        const known = ids.map((id) => ({ id, state: states.of(id) }))
        const fresh = yield* journal.loadEach(known.map(({ id, state }) => ({ id, after: state.sequence })))
        return known
          .map(({ id, state }) => after(id, state, fresh.get(id) ?? []))
          .filter(({ state }) => state.name !== null && !state.removed)
      })

      const list = Effect.flatMap(journal.list, present)

      const begin = Effect.fn("SetupService.begin")(function* (name: string, actor: Actor) {
        const trimmed = name.trim()
        if (trimmed === "") {
          return yield* refused("Begin", "missingInput", "A connection needs a name.", "For example your company's.")
        }
        const id = fromName(trimmed, new Set(yield* journal.list))
        return yield* decide(yield* load(id), { _tag: "Begin", name: trimmed }, actor)
      })

      const submit = Effect.fn("SetupService.submit")(function* (
        id: ConnectionId,
        command: PersonCommand,
        actor: Actor
      ) {
        return yield* decide(yield* load(id), command, actor)
      })

      const remove = Effect.fn("SetupService.remove")(function* (id: ConnectionId, actor: Actor) {
        yield* decide(yield* load(id), { _tag: "Remove" }, actor)
        yield* vault.prune(id, [])
      })

      const checkDomain = Effect.fn("SetupService.checkDomain")(function* (
        id: ConnectionId,
        domain: DomainName,
        actor: Actor
      ) {
        const { state } = yield* admitted(id, "ReportDomain")
        const entry = state.domains.find((candidate) => candidate.domain === domain)
        if (entry === undefined || entry.expectedTxt === null) {
          const detail = `The TXT value expected for ${domain} is not known yet.`
          return yield* refused("ReportDomain", "missingInput", detail, "Copy it from Loom's domain verification.")
        }
        const lookups = yield* Effect.forEach(
          Domain.lookupNames(domain),
          (name) => Effect.map(Effect.result(resolver.txt(name)), (answer) => ({ name, answer })),
          { concurrency: "unbounded" }
        )
        const verdict = Domain.judge(entry.expectedTxt, lookups)
        return yield* decide(yield* load(id), { _tag: "ReportDomain", domain, ...verdict }, actor)
      })

      const reviewMembers = Effect.fn("SetupService.reviewMembers")(function* (
        id: ConnectionId,
        emails: ReadonlyArray<string>,
        actor: Actor
      ) {
        const connection = yield* admitted(id, "ReportMembers")
        if (emails.length === 0) {
          const detail = "No e-mail address was found."
          return yield* refused("ReportMembers", "invalidInput", detail, "Paste one per line, or type none.")
        }
        const review = MemberReview.review(emails, verifiedDomains(connection.state))
        return yield* decide(connection, { _tag: "ReportMembers", review }, actor)
      })

      const readMetadata = Effect.fn("SetupService.readMetadata")(function* (
        id: ConnectionId,
        source: MetadataSource,
        entityID: string | undefined,
        actor: Actor
      ) {
        yield* admitted(id, "ReportMetadata")
        const metadata = yield* saml.read(source)
        const [first, ...others] = metadata.identityProviders
        if (entityID === undefined && others.length > 0) {
          const names = metadata.identityProviders.map((idp) => idp.entityID).join(", ")
          const detail = `The metadata holds several identity providers: ${names}.`
          return yield* refused(
            "ReportMetadata",
            "invalidInput",
            detail,
            "Put the entityID of yours behind the source: SOURCE#ENTITYID."
          )
        }
        const chosen = entityID ?? first.entityID
        return yield* decide(yield* load(id), { _tag: "ReportMetadata", metadata, entityID: chosen }, actor)
      })

      const saveToken = Effect.fn("SetupService.saveToken")(function* (
        id: ConnectionId,
        token: Redacted.Redacted,
        expiresAt: DateTime.Utc | null,
        actor: Actor
      ) {
        yield* admitted(id, "ReportToken")
        const clean = Redacted.make(
          Redacted.value(token)
            .trim()
            .replace(/^Bearer\s+/i, "")
        )
        if (!/^[\x21-\x7e]{8,4096}$/.test(Redacted.value(clean))) {
          const detail = "That is not a bearer token: it has 8 to 4096 printable characters without spaces."
          return yield* refused("ReportToken", "invalidInput", detail, "Copy it again from the set-up console.")
        }
        const fingerprint = yield* vault.seal(id, clean)
        const connection = yield* decide(yield* load(id), { _tag: "ReportToken", fingerprint, expiresAt }, actor)
        yield* vault.prune(id, [fingerprint])
        return connection
      })

      const setBridgeUrl = Effect.fn("SetupService.setBridgeUrl")(function* (
        id: ConnectionId,
        input: string,
        allowPrivateNetwork: boolean,
        actor: Actor
      ) {
        yield* admitted(id, "ReportBridgeUrl")
        const parsed = BridgeUrl.parse(input, { allowPrivateNetwork })
        if (Result.isFailure(parsed)) return yield* refused("ReportBridgeUrl", "invalidInput", parsed.failure.message)
        const url = parsed.success
        const host = BridgeUrl.hostOf(url)
        const addresses = yield* Effect.result(resolver.addresses(host))
        if (Result.isFailure(addresses)) {
          const detail = `${host} cannot be found in DNS (${addresses.failure.kind}).`
          return yield* refused(
            "ReportBridgeUrl",
            "invalidInput",
            detail,
            "Check the spelling, then the DNS of that host."
          )
        }
        const forbidden = addresses.success
          .map((address) => BridgeUrl.refuseResolved(host, address, allowPrivateNetwork))
          .find((reason) => reason !== undefined)
        if (forbidden !== undefined) return yield* refused("ReportBridgeUrl", "invalidInput", forbidden)
        const saw = `${host} is at ${addresses.success.slice(0, 3).join(", ")}`
        return yield* decide(yield* load(id), { _tag: "ReportBridgeUrl", url, allowPrivateNetwork, saw }, actor)
      })

      const probe = Effect.fn("SetupService.probe")(function* (id: ConnectionId, actor: Actor) {
        const { state } = yield* admitted(id, "ReportProbe")
        const { bridgeUrl, token } = state
        if (bridgeUrl === null || token === null) {
          return yield* refused(
            "ReportProbe",
            "missingInput",
            "Endpoint or token are missing.",
            "Complete steps 4 and 5."
          )
        }
        const opened = yield* vault.open(id, token.fingerprint)
        const { allowPrivateNetwork, url } = bridgeUrl
        const report = yield* prober.run({ url, token: opened, allowPrivateNetwork })
        const now = yield* load(id)
        // Credentials may have been replaced while the probe ran; its report would speak of the old ones.
        if (now.state.token?.fingerprint !== token.fingerprint || now.state.bridgeUrl?.url !== url) {
          return yield* refused(
            "ReportProbe",
            "noFreshProbe",
            "The credentials changed during the validation.",
            "Validate again."
          )
        }
        return yield* decide(now, { _tag: "ReportProbe", report }, actor)
      })

      const checkExpiry = Effect.fn("SetupService.checkExpiry")(function* (id: ConnectionId, actor: Actor) {
        const at = yield* DateTime.now
        let connection = yield* get(id)
        const { metadata, token } = connection.state
        for (const expiry of Journey.expiries(connection.state)) {
          if (DateTime.isGreaterThan(expiry.at, at)) continue
          const because = `the ${expiry.what} ended ${DateTime.formatIsoDateUtc(expiry.at)}`
          if (expiry.what === "certificate" && metadata?.lapsed === null) {
            connection = yield* decide(connection, { _tag: "ReportMetadataLapsed", because }, actor)
          }
          if (expiry.what === "token" && token?.lapsed === null) {
            connection = yield* decide(connection, { _tag: "ReportTokenLapsed", because }, actor)
          }
        }
        return connection
      })

      return SetupService.of({
        list,
        get,
        present,
        events: (id) => journal.load(id),
        begin,
        submit,
        remove,
        checkDomain,
        reviewMembers,
        readMetadata,
        saveToken,
        setBridgeUrl,
        probe,
        checkExpiry
      })
    })
  )
}

/** The findings worth showing beside accepted metadata, judged anew. */
export const metadataFindings = (state: State, at: DateTime.Utc): ReadonlyArray<IdpMetadata.Finding> => {
  const idp = state.metadata?.metadata.identityProviders.find(({ entityID }) => entityID === state.metadata?.entityID)
  return idp === undefined ? [] : IdpMetadata.judge(idp, at)
}
