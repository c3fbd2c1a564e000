import { lookup } from "node:dns/promises"
import { hostname } from "node:os"
import { assert, describe, it } from "@effect/vitest"
import { DnsFailure, DomainResolver } from "@loom-scim/core/ports/DomainResolver"
import { Effect, Result } from "effect"
import * as FastCheck from "fast-check"
import { DnsServerRejected, layer, parseServer } from "../../src/dns/NodeDomainResolver.ts"
import * as Servers from "../http/servers.ts"
import type { Zone } from "./dnsServer.ts"
import { start } from "./dnsServer.ts"

const zone: Zone = {
  "apex.test": {
    txt: [["loom-site-verification=", "0123456789abcdef0123456789abcdef"], ["v=spf1 -all"]],
    a: ["192.0.2.7"]
  },
  "umlaut.test": { txt: [["grüße"]] },
  "both.test": { a: ["192.0.2.1", "192.0.2.2"], aaaa: ["2001:db8::1"] },
  "six.test": { aaaa: ["2001:db8::6"] },
  "empty.test": {},
  "half4.test": { a: "SERVFAIL" },
  "half6.test": { aaaa: "SERVFAIL" },
  "enough.test": { a: ["192.0.2.5"], aaaa: "SERVFAIL" },
  "broken.test": "SERVFAIL",
  "closed.test": "REFUSED",
  "old.test": "NOTIMP",
  "silent.test": "silent"
}

const fast = { timeoutMillis: 150, tries: 1 }

const withServer = <A, E>(use: (resolver: DomainResolver["Service"]) => Effect.Effect<A, E>) =>
  Effect.gen(function* () {
    const server = yield* start(() => zone)
    return yield* Effect.provide(Effect.flatMap(DomainResolver, use), layer({ servers: [server], ...fast }))
  }).pipe(Effect.scoped)

describe("TXT", () => {
  it.live("joins the strings of a record and keeps records apart", () =>
    withServer((resolver) =>
      Effect.gen(function* () {
        const records = yield* resolver.txt("apex.test")
        assert.sameMembers([...records], ["loom-site-verification=0123456789abcdef0123456789abcdef", "v=spf1 -all"])
        assert.deepStrictEqual(yield* resolver.txt("umlaut.test"), ["grüße"])
      })
    )
  )

  for (const [name, kind] of [
    ["missing.test", "nxdomain"],
    ["empty.test", "nodata"],
    ["both.test", "nodata"],
    ["broken.test", "servfail"],
    ["old.test", "servfail"],
    ["closed.test", "refused"],
    ["silent.test", "timeout"],
    [`${"x".repeat(64)}.test`, "nxdomain"]
  ] as const) {
    it.live(`tells ${kind} of ${name.slice(0, 20)}`, () =>
      withServer((resolver) =>
        Effect.gen(function* () {
          const failure = yield* Effect.flip(resolver.txt(name))
          assert.instanceOf(failure, DnsFailure)
          assert.strictEqual(failure.kind, kind)
          assert.strictEqual(failure.name, name)
          assert.strictEqual(failure.server, resolver.servers)
        })
      )
    )
  }

  it.live("tells a server where nothing listens", () =>
    Effect.gen(function* () {
      const server = `127.0.0.1:${yield* Servers.closedPort}`
      const ask = Effect.flatMap(DomainResolver, (resolver) => Effect.flip(resolver.txt("apex.test")))
      const failure = yield* Effect.provide(ask, layer({ servers: [server], ...fast }))
      assert.strictEqual(failure.kind, "unreachable")
      assert.strictEqual(failure.server, server)
    })
  )

  it.live("asks the next server when the first is not there", () =>
    Effect.gen(function* () {
      const servers = [`127.0.0.1:${yield* Servers.closedPort}`, yield* start(() => zone)]
      const ask = Effect.flatMap(DomainResolver, (resolver) => resolver.txt("umlaut.test"))
      assert.deepStrictEqual(yield* Effect.provide(ask, layer({ servers, ...fast })), ["grüße"])
    }).pipe(Effect.scoped)
  )

  it.live("sees a record as soon as it is there", () =>
    Effect.gen(function* () {
      let current: Zone = { "new.test": {} }
      const server = yield* start(() => current)
      const ask = Effect.flatMap(DomainResolver, (resolver) => Effect.result(resolver.txt("new.test")))
      const both = Effect.gen(function* () {
        const before = yield* ask
        current = { "new.test": { txt: [["here"]] } }
        return [before, yield* ask] as const
      })
      const [before, after] = yield* Effect.provide(both, layer({ servers: [server], ...fast }))
      assert.isTrue(Result.isFailure(before))
      assert.deepStrictEqual(Result.getOrUndefined(after), ["here"])
    }).pipe(Effect.scoped)
  )
})

describe("addresses", () => {
  it.live("of both families", () =>
    withServer((resolver) =>
      Effect.gen(function* () {
        assert.sameMembers([...(yield* resolver.addresses("both.test"))], ["192.0.2.1", "192.0.2.2", "2001:db8::1"])
        assert.deepStrictEqual(yield* resolver.addresses("six.test"), ["2001:db8::6"])
        assert.deepStrictEqual(yield* resolver.addresses("enough.test"), ["192.0.2.5"])
      })
    )
  )

  it.live("a literal is its own answer, and localhost is this machine", () =>
    withServer((resolver) =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* resolver.addresses("192.0.2.99"), ["192.0.2.99"])
        assert.deepStrictEqual(yield* resolver.addresses("[2001:db8::9]"), ["2001:db8::9"])
        assert.deepStrictEqual(yield* resolver.addresses("localhost"), ["127.0.0.1", "::1"])
      })
    )
  )

  for (const [name, kind] of [
    ["missing.test", "nxdomain"],
    ["empty.test", "nodata"],
    ["broken.test", "servfail"],
    ["half4.test", "servfail"],
    ["half6.test", "servfail"],
    ["silent.test", "timeout"]
  ] as const) {
    it.live(`tells ${kind} of ${name}`, () =>
      withServer((resolver) =>
        Effect.map(Effect.flip(resolver.addresses(name)), (failure) => assert.strictEqual(failure.kind, kind))
      )
    )
  }
})

describe("the system's way", () => {
  it.live("knows what /etc/hosts knows, where it names this machine", (context) =>
    Effect.gen(function* () {
      const known = yield* Effect.promise(() => lookup(hostname(), { all: true }).catch(() => []))
      if (known.length === 0) return context.skip()
      const resolver = yield* DomainResolver
      assert.strictEqual(resolver.servers, "system")
      assert.deepStrictEqual(
        yield* resolver.addresses(hostname()),
        known.map(({ address }) => address)
      )
    }).pipe(Effect.provide(layer(fast)))
  )
})

describe("servers", () => {
  for (const good of ["1.1.1.1", " 127.0.0.1:5353 ", "[::1]:53", "::1", "[2606:4700::1111]"]) {
    it(`takes ${good}`, () => assert.strictEqual(Result.getOrUndefined(parseServer(good)), good.trim()))
  }
  for (const bad of [
    "",
    "dns.google",
    "1.1.1",
    "1.1.1.1:0",
    "1.1.1.1:65536",
    "1.1.1.1:",
    "[1.1.1.1]:53",
    "[::1",
    "::1]:53",
    "fe80::1%eth0",
    "1.1.1.1:53:53",
    "https://1.1.1.1"
  ]) {
    it.effect(`refuses "${bad}"`, () =>
      Effect.gen(function* () {
        const failure = yield* Effect.flip(Effect.provide(Effect.asVoid(DomainResolver), layer({ servers: [bad] })))
        assert.instanceOf(failure, DnsServerRejected)
        assert.include(failure.message, `"${bad}"`)
        assert.include(failure.message, "127.0.0.1:5353")
      })
    )
  }
  it("every address with every port is taken", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.ipV4(),
        FastCheck.ipV6(),
        FastCheck.integer({ min: 1, max: 65_535 }),
        (four, six, port) => {
          assert.isTrue(Result.isSuccess(parseServer(`${four}:${port}`)))
          assert.isTrue(Result.isSuccess(parseServer(`[${six}]:${port}`)))
        }
      )
    )
  })
})
