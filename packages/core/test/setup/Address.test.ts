import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "fast-check"
import type { AddressKind } from "../../src/setup/Address.ts"
import { classify, classifyHost, isAllowed } from "../../src/setup/Address.ts"

const table: Readonly<Record<AddressKind, ReadonlyArray<string>>> = {
  public: [
    "8.8.8.8",
    "1.1.1.1",
    "172.15.0.1",
    "172.32.0.1",
    "100.63.0.1",
    "100.128.0.1",
    "11.0.0.1",
    "192.169.0.1",
    "198.17.0.1",
    "2606:4700::1111",
    "[2606:4700::1111]",
    "64:ff9b::808:808",
    "::ffff:8.8.8.8",
    "2002:808:808::1",
    "3fff:1000::1"
  ],
  loopback: [
    "127.0.0.1",
    "127.255.255.254",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "[::1]",
    "64:ff9b::7f00:1",
    "2002:7f00:1::"
  ],
  private: [
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "100.127.255.255",
    "fc00::1",
    "fdff::1",
    "::ffff:10.0.0.1",
    "64:ff9b:1::1"
  ],
  linkLocal: ["169.254.0.1", "169.254.170.2", "fe80::1", "fe80::1%eth0", "febf::1"],
  metadata: [
    "169.254.169.254",
    "100.100.100.200",
    "168.63.129.16",
    "fd00:ec2::254",
    "::ffff:169.254.169.254",
    "::ffff:a9fe:a9fe",
    "64:ff9b::a9fe:a9fe"
  ],
  reserved: [
    "0.0.0.0",
    "0.1.2.3",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "::",
    "::7f00:1",
    "ff02::1",
    "2001:db8::1",
    "2001::1",
    "3fff::1",
    "4000::1",
    "fec0::1"
  ]
}

describe("classify", () => {
  for (const [kind, addresses] of Object.entries(table)) {
    for (const address of addresses) it(`${address} is ${kind}`, () => assert.strictEqual(classify(address), kind))
  }
  for (const text of [
    "",
    "example.com",
    "1.2.3",
    "1.2.3.4.5",
    "256.1.1.1",
    "1.2.3.-4",
    "0x7f.0.0.1",
    "::g",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "::1.2.3",
    "12345::"
  ]) {
    it(`"${text}" is no address`, () => assert.isUndefined(classify(text)))
  }

  it("an IPv4 address is as dangerous when IPv6 wraps it", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.ipV4(), (four) => {
        const [a, b, c, d] = four.split(".").map((part) => Number(part).toString(16).padStart(2, "0"))
        const hex = `${a}${b}:${c}${d}`
        const kind = classify(four)
        assert.isDefined(kind)
        for (const wrapped of [
          `::ffff:${four}`,
          `::FFFF:${hex}`,
          `0:0:0:0:0:ffff:${hex}`,
          `64:ff9b::${hex}`,
          `2002:${hex}::5`
        ]) {
          assert.strictEqual(classify(wrapped), kind, wrapped)
        }
      })
    )
  })

  it("does not depend on how an IPv6 address is written", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.array(FastCheck.nat(0xffff), { minLength: 8, maxLength: 8 }), (groups) => {
        const long = groups.map((group) => group.toString(16).padStart(4, "0")).join(":")
        // The WHATWG serialiser compresses zeros.
        assert.strictEqual(classify(new URL(`http://[${long}]`).hostname), classify(long))
        assert.strictEqual(classify(long.toUpperCase()), classify(long))
      })
    )
  })
})

describe("classifyHost", () => {
  for (const [host, kind] of [
    ["localhost", "loopback"],
    ["LOCALHOST.", "loopback"],
    ["a.localhost", "loopback"],
    ["metadata", "metadata"],
    ["metadata.google.internal", "metadata"],
    ["Metadata.Google.Internal.", "metadata"],
    ["db.internal", "private"],
    ["printer.local", "private"],
    ["router.home.arpa", "private"],
    ["10.0.0.1", "private"]
  ] as const) {
    it(`${host} is ${kind}`, () => assert.strictEqual(classifyHost(host), kind))
  }
  for (const host of ["example.com", "localhost.example.com", "internal.example.com", "notlocalhost"]) {
    it(`${host} is for DNS to say`, () => assert.isUndefined(classifyHost(host)))
  }
})

describe("isAllowed", () => {
  it("a lab is allowed its own networks and nothing else", () => {
    const allowed = (lab: boolean) => Object.keys(table).filter((kind) => isAllowed(kind as AddressKind, lab))
    assert.deepStrictEqual(allowed(false), ["public"])
    assert.deepStrictEqual(allowed(true), ["public", "loopback", "private"])
  })
})
