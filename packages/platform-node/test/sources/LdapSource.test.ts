import { assert, it } from "@effect/vitest"
import { Effect, Redacted, Stream } from "effect"
import * as LdapSource from "../../src/sources/LdapSource.ts"
import { closedPort } from "../http/servers.ts"
import { fakeLdap } from "./fakeLdap.ts"
import type { FakeOptions, FakePage, Misbehaviour } from "./fakeLdap.ts"
import { all, fields, file, trouble } from "./harness.ts"
import { hasSlapd, limited, reader, slapd, suffix } from "./slapd.ts"

const people = `ou=people,${suffix}`
const count = 1200

const ldif = (count: number) => {
  const entries = Array.from({ length: count }, (_, index) => {
    const uid = `u${String(index + 1).padStart(4, "0")}`
    return `dn: uid=${uid},${people}
objectClass: inetOrgPerson
uid: ${uid}
cn: Person ${index + 1}
sn: ${index + 1}
mail: ${uid}@acme.com
`
  })
  return `dn: ${people}
objectClass: organizationalUnit
ou: people

${entries.join("\n")}
`
}

const account = ({ dn, password }: typeof reader) => ({ dn, password: Redacted.make(password) })

/** Lives in the tests that need no real server. */
const fake = (
  pages: ReadonlyArray<FakePage | Misbehaviour>,
  options: Partial<LdapSource.LdapOptions> = {},
  fakeOptions: FakeOptions = {}
) =>
  Effect.map(fakeLdap(pages, fakeOptions), (port) =>
    LdapSource.make({ url: `ldap://127.0.0.1:${port}`, base: people, timeoutMillis: 2000, ...options })
  )

const isHere = hasSlapd()
if (!isHere) console.warn("Left out: the LDAP source on OpenLDAP (there is no slapd; install Debian's package slapd).")

if (isHere) {
  it.live("reads everybody in pages, whether or not the last one is full", () =>
    Effect.gen(function* () {
      const { url } = yield* slapd(ldif(count))
      for (const pageSize of [undefined, 400]) {
        const source = LdapSource.make({
          url,
          base: people,
          bind: account(reader),
          ...(pageSize === undefined ? {} : { pageSize })
        })
        assert.strictEqual(source.name, `${url}/${people}`)
        const records = yield* all(source)
        assert.strictEqual(new Set(records.map(({ at }) => at)).size, count)
        const { entryUUID, ...rest } = records[0]?.fields ?? {}
        assert.match(String(entryUUID), /^[\da-f-]{36}$/)
        assert.deepStrictEqual(rest, { cn: "Person 1", mail: "u0001@acme.com", sn: "1", uid: "u0001" })
        assert.strictEqual(records[0]?.at, `uid=u0001,${people}`)
      }
      const some = LdapSource.make({
        url,
        base: suffix,
        filter: "(&(objectClass=person)(uid=u00*))",
        attributes: ["uid"]
      })
      const found = yield* fields(some)
      assert.strictEqual(found.length, 99)
      assert.deepStrictEqual(found[0], { uid: "u0001" })
      assert.deepStrictEqual(yield* fields(LdapSource.make({ url, base: people, filter: "(uid=nobody)" })), [])
    }).pipe(Effect.scoped)
  )

  it.live("takes a server that dies between two pages for ended early, and never connects again without the bind", () =>
    Effect.gen(function* () {
      const { kill, url } = yield* slapd(ldif(count))
      const source = LdapSource.make({ url, base: people, bind: account(reader) })
      let seen = 0
      const failure = yield* Stream.runForEach(source.read([]), () =>
        ++seen === 1 ? Effect.promise(kill) : Effect.void
      ).pipe(Effect.flip)
      assert.strictEqual(failure.reason, "endedEarly")
      assert.include(failure.message, "the connection broke off")
      assert.strictEqual(seen, 500)
      assert.deepInclude(yield* trouble(source), { reason: "unreadable" })
    }).pipe(Effect.scoped)
  )

  it.live("takes a size limit for ended early", () =>
    Effect.gen(function* () {
      const { url } = yield* slapd(ldif(count))
      for (const pageSize of [500, 2000]) {
        const source = LdapSource.make({ url, base: people, bind: account(limited), pageSize })
        const failure = yield* trouble(source)
        assert.strictEqual(failure.reason, "endedEarly")
        assert.include(failure.message, "size limit")
      }
    }).pipe(Effect.scoped)
  )

  it.live("says what is wrong with account, base and address, and keeps the password to itself", () =>
    Effect.gen(function* () {
      const { caFile, secureUrl, url } = yield* slapd(ldif(1))
      const refused = (options: Partial<LdapSource.LdapOptions>) =>
        Effect.map(
          trouble(LdapSource.make({ url, base: people, bind: account(reader), timeoutMillis: 2000, ...options })),
          ({ message, reason }) => {
            assert.notInclude(message, "password-1")
            return `${reason}: ${message}`
          }
        )
      const wrong = { dn: reader.dn, password: Redacted.make("wrong-password-1") }
      assert.match(yield* refused({ bind: wrong }), /^refused: .*does not accept account and password/)
      const nobody = { ...wrong, dn: `cn=nobody,${suffix}` }
      assert.match(yield* refused({ bind: nobody }), /^refused: .*does not accept account and password/)
      assert.match(yield* refused({ bind: { ...wrong, dn: "nobody" } }), /^malformed: .*not a distinguished name/)
      assert.match(yield* refused({ base: `ou=nowhere,${suffix}` }), /^notFound: .*no such base/)
      assert.match(yield* refused({ url: secureUrl }), /^refused: .*certificate is not trusted/)
      assert.match(yield* refused({ url: url.replace("ldap:", "ldaps:") }), /^unreadable: /)
      assert.match(yield* refused({ url: secureUrl.replace("ldaps:", "ldap:") }), /^endedEarly: .*broke off/)

      const secure = LdapSource.make({ url: secureUrl, base: people, bind: account(reader), caFile })
      assert.strictEqual((yield* all(secure)).length, 1)
    }).pipe(Effect.scoped)
  )

  it.live("starts TLS before it says anything, trusts only whom it was told to, and sends no password otherwise", () =>
    Effect.gen(function* () {
      const { caFile, url } = yield* slapd(ldif(700))
      const started = { url, base: people, bind: account(reader), startTls: true, timeoutMillis: 2000 }
      assert.strictEqual((yield* all(LdapSource.make({ ...started, caFile }))).length, 700)
      const untrusted = yield* trouble(LdapSource.make(started))
      assert.strictEqual(untrusted.reason, "refused")
      assert.include(untrusted.message, "certificate is not trusted")
      const wrong = { dn: reader.dn, password: Redacted.make("wrong-password-1") }
      const refused = yield* trouble(LdapSource.make({ ...started, caFile, bind: wrong }))
      assert.include(refused.message, "does not accept account and password")
    }).pipe(Effect.scoped)
  )

  it.live("gives several values as a list, other bytes as base64, and what Active Directory means by its numbers", () =>
    Effect.gen(function* () {
      const guid = Buffer.from("33221100554477668899aabbccddeeff", "hex").toString("base64")
      const { url } = yield* slapd(`dn: cn=Zoë,${suffix}
objectClass: user
cn: Zoë
sn: ë
mail: zoe@acme.com
mail: z@acme.com
objectGUID:: ${guid}
userAccountControl: 514
userCertificate;binary:: MAMCAQE=
audio:: /wA=

dn: cn=Bob,${suffix}
objectClass: user
cn: Bob
sn: B
userAccountControl: 512
`)
      const attributes = ["cn", "mail", "objectGUID", "audio", "title"]
      const found = yield* fields(LdapSource.make({ url, base: suffix, attributes }))
      assert.deepStrictEqual(found, [
        {
          cn: "Zoë",
          mail: ["zoe@acme.com", "z@acme.com"],
          objectGUID: "00112233-4455-6677-8899-aabbccddeeff",
          audio: "/wA=",
          userAccountControl: "514",
          accountDisabled: true,
          accountActive: false
        },
        { cn: "Bob", userAccountControl: "512", accountDisabled: false, accountActive: true }
      ])
    }).pipe(Effect.scoped)
  )

  it.live("follows no referral, and does not take those who are elsewhere for gone", () =>
    Effect.gen(function* () {
      const { url } = yield* slapd(`${ldif(3)}
dn: ou=elsewhere,${suffix}
objectClass: referral
objectClass: extensibleObject
ou: elsewhere
ref: ldap://127.0.0.1:1/ou=elsewhere,${suffix}
`)
      const failure = yield* trouble(LdapSource.make({ url, base: suffix }))
      assert.deepInclude(failure, { reason: "endedEarly" })
      assert.include(failure.message, "on another server")
      assert.strictEqual((yield* all(LdapSource.make({ url, base: suffix, ignoreReferrals: true }))).length, 3)
      assert.strictEqual((yield* all(LdapSource.make({ url, base: people }))).length, 3)
      const gone = LdapSource.make({ url, base: `ou=x,ou=elsewhere,${suffix}`, ignoreReferrals: true })
      assert.deepInclude(yield* trouble(gone), { reason: "notFound" })
    }).pipe(Effect.scoped)
  )
}

it.live("reads on after a page that is empty although more follows", () =>
  Effect.gen(function* () {
    const source = yield* fake([{ entries: [{ dn: "cn=a" }] }, {}, { entries: [{ dn: "cn=b" }] }, {}])
    assert.deepStrictEqual(
      (yield* all(source)).map(({ at }) => at),
      ["cn=a", "cn=b"]
    )
    const unpaged = yield* fake([{ entries: [{ dn: "cn=a" }], isPaged: false }])
    assert.strictEqual((yield* all(unpaged)).length, 1)
    const endless = yield* fake(Array.from({ length: 1100 }, () => ({})))
    assert.include((yield* trouble(endless)).message, "nothing but empty pages")
  }).pipe(Effect.scoped)
)

it.live("takes a server that hangs, hangs up or babbles after a page for ended early", () =>
  Effect.gen(function* () {
    for (const misbehaviour of ["hang", "hangUp", "babble"] as const) {
      const source = yield* fake([{ entries: [{ dn: "cn=a" }] }, misbehaviour], { timeoutMillis: 200 })
      const failure = yield* trouble(source)
      assert.deepInclude(failure, { reason: "endedEarly" }, misbehaviour)
      assert.include(failure.message, "broke off", misbehaviour)
    }
    const leaving = yield* fake([{ entries: [{ dn: "cn=a" }], isLast: true }, {}])
    const late = Stream.runForEach(leaving.read([]), () => Effect.sleep("100 millis"))
    assert.strictEqual((yield* Effect.flip(late)).reason, "endedEarly")
    // The time is the server's, not that of whoever takes the people in.
    const slow = yield* fake([{ entries: [{ dn: "cn=a" }] }, { entries: [{ dn: "cn=b" }] }], { timeoutMillis: 200 })
    const taken = Stream.tap(slow.read([]), () => Effect.sleep("300 millis"))
    assert.strictEqual((yield* Stream.runCollect(taken)).length, 2)
  }).pipe(Effect.scoped)
)

it.live("takes its leave when it is done, and when nobody wants more", () =>
  Effect.gen(function* () {
    let left = 0
    const pages = [{ entries: [{ dn: "cn=a" }, { dn: "cn=b" }] }, { entries: [{ dn: "cn=c" }] }]
    const source = yield* fake(pages, {}, { onLeave: () => left++ })
    assert.strictEqual((yield* all(source)).length, 3)
    assert.strictEqual((yield* Stream.runCollect(Stream.take(source.read([]), 1))).length, 1)
    yield* Effect.sleep("100 millis")
    assert.strictEqual(left, 2)
  }).pipe(Effect.scoped)
)

it.live("says nothing to a server that does not start TLS, or that goes on in the clear", () =>
  Effect.gen(function* () {
    const asked: Array<string> = []
    const onRequest = (operation: string) => void asked.push(operation)
    const tls = { startTls: true, bind: account(reader), timeoutMillis: 500 }
    const without = yield* fake([{}], tls, { startTlsCode: 2, onRequest })
    const refused = yield* trouble(without)
    assert.strictEqual(refused.reason, "refused")
    assert.include(refused.message, "does not start TLS (code 2)")
    const clear = yield* fake([{}], tls, { startTlsCode: 0, onRequest })
    assert.deepInclude(yield* trouble(clear), { reason: "unreadable" })
    assert.deepStrictEqual(new Set(asked), new Set(["startTls", "other"]))
    assert.notInclude(asked, "bind")
  }).pipe(Effect.scoped)
)

it.live("tells what a result code means", () =>
  Effect.gen(function* () {
    const codes = [
      [1, "refused"],
      [3, "endedEarly"],
      [4, "endedEarly"],
      [8, "refused"],
      [10, "notFound"],
      [11, "endedEarly"],
      [32, "notFound"],
      [34, "malformed"],
      [50, "refused"],
      [51, "endedEarly"],
      [80, "endedEarly"]
    ] as const
    for (const [code, reason] of codes) {
      const source = yield* fake([{ entries: [{ dn: "cn=a" }] }, { entries: [{ dn: "cn=b" }], code }])
      const failure = yield* trouble(source)
      assert.deepInclude(failure, { reason }, String(code))
      assert.notInclude(failure.message, "what the server says")
    }
    const busy = yield* fake([{}], { bind: account(reader) }, { bindCode: 51 })
    assert.deepInclude(yield* trouble(busy), { reason: "endedEarly" })
  }).pipe(Effect.scoped)
)

it.live("passes over the parts of an Active Directory domain in which nobody is, and no others", () =>
  Effect.gen(function* () {
    const zones = ["DomainDnsZones.acme.com/DC=DomainDnsZones", "acme.com/CN=Configuration"]
    const usual = zones.map((zone) => `ldap://${zone},DC=acme,DC=com`)
    const domain = yield* fake([{ entries: [{ dn: "cn=a" }], references: usual }])
    assert.strictEqual((yield* all(domain)).length, 1)
    const child = yield* fake([{ references: [...usual, "ldap://child.acme.com/DC=child,DC=acme,DC=com"] }])
    assert.deepInclude(yield* trouble(child), { reason: "endedEarly" })
  }).pipe(Effect.scoped)
)

it.live("takes values that come in part only for ended early, at the entry", () =>
  Effect.gen(function* () {
    const entries = [{ dn: "cn=a", attributes: { cn: "a", "memberOf;range=0-1499": "cn=x" } }]
    const failure = yield* trouble(yield* fake([{ entries }]))
    assert.deepInclude(failure, { reason: "endedEarly", at: "cn=a" })
    assert.include(failure.message, "memberOf. Leave that attribute out")
  }).pipe(Effect.scoped)
)

it.live("refuses what cannot be meant before it asks anybody", () =>
  Effect.gen(function* () {
    const url = `ldap://127.0.0.1:${yield* closedPort}`
    const refused = (options: Partial<LdapSource.LdapOptions>) =>
      Effect.map(trouble(LdapSource.make({ url, base: people, ...options })), ({ message, reason }) => ({
        message,
        reason
      }))
    assert.deepInclude(yield* refused({}), { reason: "unreadable" })
    for (const address of [
      "ldap.acme.com",
      "https://acme.com",
      "ldap://",
      `${url}/dc=acme`,
      `ldap://cn:pw@127.0.0.1`
    ]) {
      const failure = yield* refused({ url: address })
      assert.deepInclude(failure, { reason: "malformed" }, address)
      assert.notInclude(failure.message, "pw")
    }
    assert.deepInclude(yield* refused({ filter: "(&(mail=*)" }), { reason: "malformed" })
    for (const bind of [account({ dn: "", password: "x" }), account({ dn: reader.dn, password: "" })]) {
      assert.deepInclude(yield* refused({ bind }), { reason: "refused" })
    }
    for (const caFile of [file("nowhere.pem"), file("empty.pem", "")]) {
      assert.include((yield* refused({ caFile })).message, "the CA file")
    }
  }).pipe(Effect.scoped)
)
