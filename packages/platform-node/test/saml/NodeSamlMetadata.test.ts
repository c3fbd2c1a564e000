import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import type { MetadataSource } from "@loom-scim/core/ports/SamlMetadata"
import { SamlMetadata } from "@loom-scim/core/ports/SamlMetadata"
import { Effect, Layer } from "effect"
import { layer } from "../../src/saml/NodeSamlMetadata.ts"
import { limit } from "../../src/saml/parse.ts"
import { good } from "../http/certificates.ts"
import * as FakeResolver from "../http/fakeResolver.ts"
import type { Handler } from "../http/servers.ts"
import * as Servers from "../http/servers.ts"
import { several, single } from "./documents.ts"

const read = (source: MetadataSource) => Effect.flatMap(SamlMetadata, (saml) => saml.read(source))
const refused = (source: MetadataSource) => Effect.flip(read(source))
const url = (location: string, allowPrivateNetwork = true): MetadataSource => ({
  kind: "url",
  location,
  allowPrivateNetwork
})

const local = (addresses: (host: string) => ReadonlyArray<string> | undefined = () => ["127.0.0.1"]) =>
  Layer.provide(layer({ timeoutMillis: 600, ca: good.cert }), FakeResolver.layer(addresses))

/** Serves with a handler; the test gets the origin. */
const serving = <A, E, R>(handler: Handler, use: (origin: string) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    return yield* use(`http://127.0.0.1:${yield* Servers.http(handler)}`)
  }).pipe(Effect.scoped, Effect.provide(local()))

const directory = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "saml-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true }))
)

describe("by paste and file", () => {
  it.live("a paste has no location, a file has its path", () =>
    Effect.gen(function* () {
      const path = join(yield* directory, "idp.xml")
      yield* Effect.promise(() => writeFile(path, several))
      const pasted = yield* read({ kind: "paste", xml: single })
      assert.deepStrictEqual(pasted.source, { kind: "paste", location: "" })
      assert.lengthOf(pasted.identityProviders, 1)
      const filed = yield* read({ kind: "file", location: path })
      assert.deepStrictEqual(filed.source, { kind: "file", location: path })
      assert.lengthOf(filed.identityProviders, 2)
    }).pipe(Effect.scoped, Effect.provide(local()))
  )

  it.live("files that cannot be read, each in its words", () =>
    Effect.gen(function* () {
      const root = yield* directory
      const large = join(root, "large.xml")
      // More than Node could read at once: its size is looked at first.
      yield* Effect.promise(async () => {
        await writeFile(large, single)
        await truncate(large, 3 * 1024 ** 3)
      })
      assert.strictEqual((yield* refused({ kind: "file", location: large })).reason, "tooLarge")
      const missing = yield* refused({ kind: "file", location: join(root, "missing.xml") })
      const folder = yield* refused({ kind: "file", location: root })
      const nul = yield* refused({ kind: "file", location: "a\0b" })
      assert.deepStrictEqual(
        [missing.reason, folder.reason, nul.reason],
        Array.from({ length: 3 }, () => "fileNotReadable")
      )
      assert.include(missing.message, "does not exist")
      assert.include(folder.message, "is not a file")
    }).pipe(Effect.scoped, Effect.provide(local()))
  )
})

describe("by URL", () => {
  it.live("over https with a trusted certificate", () =>
    Effect.gen(function* () {
      const port = yield* Servers.https(good, (_, response) => response.end(single))
      const location = `https://localhost:${port}/metadata?app=1`
      const metadata = yield* read(url(location))
      assert.deepStrictEqual(metadata.source, { kind: "url", location })
      const other = yield* refused(url(`https://wrong.example:${port}/`))
      assert.strictEqual(other.reason, "tls")
      assert.include(other.detail, "another host name")
    }).pipe(Effect.scoped, Effect.provide(local()))
  )

  it.live("follows three redirects and no more", () => {
    const handler: Handler = (request, response) => {
      const step = Number(request.url?.slice(1))
      if (step === 0) response.end(single)
      else response.writeHead(302, { location: `/${step - 1}` }).end()
    }
    return serving(handler, (origin) =>
      Effect.gen(function* () {
        assert.lengthOf((yield* read(url(`${origin}/3`))).identityProviders, 1)
        assert.strictEqual((yield* refused(url(`${origin}/4`))).reason, "redirected")
      })
    )
  })

  it.live("a redirect into a forbidden place is refused", () => {
    const targets = [
      "http://169.254.169.254/latest",
      "http://metadata.google.internal/",
      "ftp://x.example/",
      "http://a:b@x.example/"
    ]
    const handler: Handler = (request, response) =>
      response.writeHead(307, { location: targets[Number(request.url?.slice(1))] }).end()
    return serving(handler, (origin) =>
      Effect.gen(function* () {
        const reasons = yield* Effect.forEach(targets, (_, index) => refused(url(`${origin}/${index}`)))
        assert.deepStrictEqual(
          reasons.map(({ reason }) => reason),
          ["forbiddenAddress", "forbiddenAddress", "redirected", "redirected"]
        )
      })
    )
  })

  it.live("a private network is refused, by name and by address", () =>
    Effect.gen(function* () {
      const failure = yield* refused(url("https://inside.example/", false))
      assert.strictEqual(failure.reason, "forbiddenAddress")
      assert.include(failure.detail, "10.1.2.3")
      assert.strictEqual((yield* refused(url("https://127.0.0.1/", false))).reason, "forbiddenAddress")
      assert.strictEqual((yield* refused(url("https://localhost/", false))).reason, "forbiddenAddress")
    }).pipe(Effect.provide(local(() => ["10.1.2.3"])))
  )

  it.live("URLs that are none, and hosts that are not there", () =>
    Effect.gen(function* () {
      for (const location of [
        "metadata",
        "http://idp.example/",
        "https://user:secret@idp.example/",
        "file:///etc/passwd"
      ]) {
        const failure = yield* refused(url(location, false))
        assert.strictEqual(failure.reason, "badUrl", location)
        assert.notInclude(failure.message, "secret")
      }
      const missing = yield* refused(url("https://idp.example/", false))
      assert.strictEqual(missing.reason, "unreachable")
      assert.include(missing.detail, "does not exist in DNS")
      const closed = yield* refused(url(`http://127.0.0.1:${yield* Servers.closedPort}/`))
      assert.strictEqual(closed.reason, "unreachable")
      assert.include(closed.detail, "refuses connections")
    }).pipe(Effect.provide(local(() => undefined)))
  )

  for (const status of [401, 404, 410, 418, 503, 302]) {
    it.live(`status ${status}`, () =>
      serving(
        (_, response) => response.writeHead(status).end(),
        (origin) =>
          Effect.map(refused(url(origin)), (failure) => {
            assert.strictEqual(failure.reason, "httpStatus")
            assert.include(failure.detail, String(status))
          })
      )
    )
  }

  it.live("a body without end is not read to the end", () => {
    let sent = 0
    const handler: Handler = (_, response) => {
      const pump = () => {
        while (!response.destroyed && response.write(" ".repeat(65_536))) sent += 65_536
      }
      response.on("drain", pump)
      pump()
    }
    return serving(handler, (origin) =>
      Effect.map(refused(url(origin)), (failure) => {
        assert.strictEqual(failure.reason, "tooLarge")
        assert.isBelow(sent, 32 * limit)
      })
    )
  })

  it.live("an answer that drips or never comes is a time-out", () => {
    const handler: Handler = (request, response) => {
      if (request.url !== "/drip") return
      const timer = setInterval(() => response.write(" "), 50)
      response.on("close", () => clearInterval(timer))
    }
    return serving(handler, (origin) =>
      Effect.gen(function* () {
        assert.strictEqual((yield* refused(url(`${origin}/drip`))).reason, "timeout")
        assert.strictEqual((yield* refused(url(`${origin}/never`))).reason, "timeout")
      })
    )
  })
})
