import type { IncomingMessage, ServerResponse } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import type { ProbeFinding, ProbeOutcome, ProbeReport } from "@loom-scim/core/scim/ProbeReport"
import { firstFatal } from "@loom-scim/core/scim/ProbeReport"
import { Effect } from "effect"
import { expired, good, other } from "../http/certificates.ts"
import * as Servers from "../http/servers.ts"
import { probe, probing } from "./endpoint.ts"

const here = () => ["127.0.0.1"]

const fatal = (report: ProbeReport, probed: ProbeFinding["probe"], outcome: ProbeOutcome): ProbeFinding => {
  const finding = firstFatal(report)
  if (finding === undefined) throw new Error("nothing fatal was found")
  assert.deepStrictEqual([finding.probe, finding.outcome], [probed, outcome])
  assert.isNotEmpty(finding.next)
  assert.isNull(finding.status)
  assert.strictEqual(report.findings.at(-1), finding, "it stops there")
  return finding
}

describe("TLS, each trouble in its words", () => {
  const cases = [
    ["self-signed", good, undefined, "self-signed", "DEPTH_ZERO_SELF_SIGNED_CERT"],
    ["expired", expired, expired.cert, "expired", "CERT_HAS_EXPIRED"],
    ["for another host", other, other.cert, "another host name", "ERR_TLS_CERT_ALTNAME_INVALID"]
  ] as const
  for (const [name, certificate, ca, words, code] of cases) {
    it.live(name, () =>
      Effect.gen(function* () {
        const port = yield* Servers.https(certificate, (_, response) => response.end())
        const report = yield* probing(`https://localhost:${port}`, here, ca === undefined ? {} : { ca })
        const { message } = fatal(report, "discovery", "tls")
        assert.include(message, words)
        assert.include(message, code)
      }).pipe(Effect.scoped)
    )
  }
  it.live("a server without TLS", () =>
    Effect.gen(function* () {
      const port = yield* Servers.http((_, response) => response.end())
      const report = yield* probing(`https://localhost:${port}`, here)
      assert.include(fatal(report, "discovery", "tls").message, "does not speak TLS")
    }).pipe(Effect.scoped)
  )
})

describe("no answer", () => {
  it.live("a refused connection", () =>
    Effect.gen(function* () {
      const report = yield* probing(`http://localhost:${yield* Servers.closedPort}`, here)
      assert.include(fatal(report, "discovery", "unreachable").message, "refuses connections")
    })
  )
  it.live("a refused connection at each of a host's addresses", () =>
    Effect.gen(function* () {
      const report = yield* probing(`http://localhost:${yield* Servers.closedPort}`, () => ["::1", "127.0.0.1"])
      assert.include(fatal(report, "discovery", "unreachable").message, "refuses connections")
    })
  )
  it.live("only at the first address: the next one is used", () =>
    Effect.gen(function* () {
      const port = yield* Servers.http((_, response) => response.writeHead(401).end())
      const report = yield* probing(`http://localhost:${port}`, () => ["127.0.0.2", "127.0.0.1"])
      assert.strictEqual(firstFatal(report)?.status, 401)
    }).pipe(Effect.scoped)
  )
  it.live("a reset connection", () =>
    Effect.gen(function* () {
      const port = yield* Servers.tcp((socket) => socket.once("data", () => socket.resetAndDestroy()))
      const report = yield* probing(`http://localhost:${port}`, here)
      assert.include(fatal(report, "discovery", "unreachable").message, "closed the connection")
    }).pipe(Effect.scoped)
  )
  it.live("a connection closed in the middle of the body", () =>
    Effect.gen(function* () {
      const custom = (request: IncomingMessage, response: ServerResponse) => {
        if (request.url?.includes("/Users") !== true) return false
        response.writeHead(200, { "content-type": "application/scim+json", "content-length": "500" })
        response.write("{", () => response.destroy())
        return true
      }
      const { report } = yield* probe({ custom })
      assert.include(fatal(report, "users", "unreachable").message, "closed the connection")
    })
  )
  it.live("garbage instead of HTTP", () =>
    Effect.gen(function* () {
      const port = yield* Servers.tcp((socket) => socket.once("data", () => socket.end("220 mail.example ESMTP\r\n")))
      const report = yield* probing(`http://localhost:${port}`, here)
      assert.include(fatal(report, "discovery", "unreachable").message, "does not speak HTTP")
    }).pipe(Effect.scoped)
  )
  it.live("silence after the request", () =>
    Effect.gen(function* () {
      const port = yield* Servers.tcp(() => undefined)
      const finding = fatal(yield* probing(`http://localhost:${port}`, here), "discovery", "timeout")
      assert.include(finding.message, "no complete answer in time")
      assert.isAtLeast(finding.latencyMillis ?? 0, 250)
    }).pipe(Effect.scoped)
  )
  it.live("a body that drips without end", () =>
    Effect.gen(function* () {
      const { report, seen } = yield* probe({
        custom: (request, response) => {
          if (request.url?.includes("/Users") !== true) return false
          response.writeHead(200, { "content-type": "application/scim+json" })
          const timer = setInterval(() => response.write(" "), 50)
          response.on("close", () => clearInterval(timer))
          return true
        }
      })
      assert.isBelow(fatal(report, "users", "timeout").latencyMillis ?? 0, 3000)
      assert.lengthOf(seen, 2)
    })
  )
})

describe("addresses", () => {
  it.live("a host that does not exist", () =>
    Effect.map(
      probing("https://scim.example.com", () => undefined),
      (report) => assert.include(fatal(report, "address", "dns").message, "does not exist in DNS")
    )
  )
  for (const [address, place] of [
    ["10.0.0.5", "private network"],
    ["127.0.0.1", "this machine"],
    ["169.254.169.254", "metadata service"],
    ["fe80::1", "link-local"],
    ["nonsense", "reserved"]
  ] as const) {
    it.live(`${address} is refused before anything is sent`, () =>
      Effect.gen(function* () {
        const report = yield* probing("https://scim.example.com", () => ["8.8.8.8", address], {
          allowPrivateNetwork: false
        })
        const { message } = fatal(report, "address", "forbiddenAddress")
        assert.include(message, place)
        assert.include(message, address)
      })
    )
  }
  it.live("an address that turns bad between the check and the connection (DNS rebinding)", () =>
    Effect.gen(function* () {
      let connections = 0
      const port = yield* Servers.tcp(() => connections++)
      let lookUps = 0
      const report = yield* probing(
        `https://scim.example.com:${port}`,
        () => (lookUps++ === 0 ? ["93.184.216.34"] : ["127.0.0.1"]),
        { allowPrivateNetwork: false }
      )
      assert.include(fatal(report, "discovery", "forbiddenAddress").message, "this machine")
      assert.strictEqual(lookUps, 2)
      assert.strictEqual(connections, 0)
    }).pipe(Effect.scoped)
  )
})
