/** The ports in memory, for tests of the services above them. */
import { Effect, Layer, Redacted } from "effect"
import { createHash } from "node:crypto"
import { DnsFailure, DomainResolver } from "../../src/ports/DomainResolver.ts"
import { Journal, SequenceConflict } from "../../src/ports/Journal.ts"
import { MemberList, MemberListUnreadable } from "../../src/ports/MemberList.ts"
import { SamlMetadata, SamlMetadataRejected } from "../../src/ports/SamlMetadata.ts"
import { Fingerprint, Vault, VaultFailure } from "../../src/ports/Vault.ts"
import { ScimProbe } from "../../src/scim/Probe.ts"
import type { ProbeReport } from "../../src/scim/ProbeReport.ts"
import type { ConnectionId } from "../../src/setup/ConnectionId.ts"
import type { Recorded } from "../../src/setup/Event.ts"
import type { IdpMetadata } from "../../src/setup/IdpMetadata.ts"
import { SetupService } from "../../src/setup/SetupService.ts"
import { goodProbe, metadata } from "./moves.ts"

/** What the world outside looks like; tests change it. */
export class World {
  readonly txt = new Map<string, ReadonlyArray<string>>()
  readonly addresses = new Map<string, ReadonlyArray<string>>([["scim.acme.com", ["93.184.216.34"]]])
  probe: ProbeReport = goodProbe
  metadata: IdpMetadata = metadata("urn:idp", "2099-01-01T00:00:00Z")
  readonly probed: Array<{ readonly url: string; readonly token: string }> = []
  readonly sealed = new Map<string, string>()
  readonly log = new Map<ConnectionId, Array<Recorded>>()
  /** How often the log was asked, and how many events it gave. */
  readonly reads = { asked: 0, given: 0 }
}

const readFrom = (world: World, id: ConnectionId, after: number): ReadonlyArray<Recorded> => {
  const found = (world.log.get(id) ?? []).slice(after)
  world.reads.given += found.length
  return found
}

const asked = <A>(world: World, read: () => A): Effect.Effect<A> =>
  Effect.sync(() => {
    world.reads.asked++
    return read()
  })

const journal = (world: World) =>
  Layer.succeed(
    Journal,
    Journal.of({
      append: (id, expected, entries) =>
        Effect.suspend(() => {
          const log = world.log.get(id) ?? []
          if (log.length !== expected) {
            return Effect.fail(new SequenceConflict({ connectionId: id, expected, actual: log.length }))
          }
          world.log.set(id, [...log, ...entries])
          return Effect.void
        }),
      load: (id, after = 0) => asked(world, () => readFrom(world, id, after)),
      loadEach: (seen) => asked(world, () => new Map(seen.map(({ after, id }) => [id, readFrom(world, id, after)]))),
      list: Effect.sync(() => [...world.log.keys()])
    })
  )

const fingerprintOf = (token: Redacted.Redacted): Fingerprint =>
  Fingerprint.make(createHash("sha256").update(Redacted.value(token)).digest("hex").slice(0, 12))

const vault = (world: World) => {
  const seal = (token: Redacted.Redacted) => {
    const which = fingerprintOf(token)
    world.sealed.set(which, Redacted.value(token))
    return which
  }
  return Layer.succeed(
    Vault,
    Vault.of({
      fingerprintOf: (token) => Effect.sync(() => fingerprintOf(token)),
      seal: (_, token) => Effect.sync(() => seal(token)),
      open: (connectionId, which) =>
        Effect.suspend(() => {
          const value = world.sealed.get(which)
          return value === undefined
            ? Effect.fail(new VaultFailure({ reason: "missing", connectionId, detail: "No token", next: "Paste it" }))
            : Effect.succeed(Redacted.make(value))
        }),
      change: (_, { keep, seal: token }, recording) =>
        Effect.tap(recording, () =>
          Effect.sync(() => {
            const stay = new Set<string>([...keep, ...(token === undefined ? [] : [seal(token)])])
            for (const which of world.sealed.keys()) if (!stay.has(which)) world.sealed.delete(which)
          })
        )
    })
  )
}

const resolver = (world: World) => {
  const answer = (records: ReadonlyMap<string, ReadonlyArray<string>>) => (name: string) =>
    Effect.suspend(() => {
      const values = records.get(name)
      return values === undefined
        ? Effect.fail(new DnsFailure({ kind: "nxdomain", name, server: "test" }))
        : Effect.succeed(values)
    })
  return Layer.succeed(
    DomainResolver,
    DomainResolver.of({ txt: answer(world.txt), addresses: answer(world.addresses), servers: "test" })
  )
}

const saml = (world: World) =>
  Layer.succeed(
    SamlMetadata,
    SamlMetadata.of({
      read: (source) =>
        source.kind === "paste"
          ? Effect.fail(new SamlMetadataRejected({ reason: "notXml", detail: "Not XML", next: "Paste XML" }))
          : Effect.sync(() => world.metadata)
    })
  )

const probe = (world: World) =>
  Layer.succeed(
    ScimProbe,
    ScimProbe.of({
      run: ({ token, url }) =>
        Effect.sync(() => {
          world.probed.push({ url, token: Redacted.value(token) })
          return world.probe
        })
    })
  )

const members = Layer.succeed(
  MemberList,
  MemberList.of({
    fromFile: (path) =>
      path === "members.csv"
        ? Effect.succeed(["ada@acme.com", "eve@else.net"])
        : Effect.fail(new MemberListUnreadable({ path, detail: `There is no file ${path}`, next: "Give another" }))
  })
)

/** The services over a world. */
export const layer = (world: World) =>
  Layer.mergeAll(
    SetupService.layer.pipe(Layer.provide([journal(world), vault(world), resolver(world), saml(world), probe(world)])),
    members
  )
