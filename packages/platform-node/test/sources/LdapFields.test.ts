/** Which attributes of a directory are asked for, and what is made of those of Active Directory. */
import { assert, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import * as LdapSource from "../../src/sources/LdapSource.ts"
import { fakeLdap, type FakePage } from "./fakeLdap.ts"
import { fields } from "./harness.ts"
import { hasSlapd, slapd, suffix } from "./slapd.ts"

const fake = (pages: ReadonlyArray<FakePage>) =>
  Effect.map(fakeLdap(pages, {}), (port) => LdapSource.make({ url: `ldap://127.0.0.1:${port}`, base: suffix }))

if (hasSlapd()) {
  it.live("asks for what is looked at, whatever else it asks for", () =>
    Effect.gen(function* () {
      const { url } = yield* slapd(`dn: cn=Ann,${suffix}
objectClass: user
cn: Ann
sn: A
memberOf: cn=Admins,${suffix}
extensionAttribute1: X1
userAccountControl: 512
accountExpires: 133000000000000000
`)
      const looked = ["MEMBEROF", "extensionAttribute1", "name.first", "cn", "AccountExpired"]
      const read = (attributes: ReadonlyArray<string> | undefined, fields: ReadonlyArray<string>) => {
        const told = attributes === undefined ? {} : { attributes }
        const source = LdapSource.make({ url, base: suffix, ...told })
        return Effect.map(Stream.runCollect(source.read(fields)), (records) => records[0]?.fields ?? {})
      }
      const account = { userAccountControl: "512", accountDisabled: false }
      const expires = { accountExpires: "133000000000000000", accountExpired: true, accountActive: false }
      const both = { memberOf: `cn=Admins,${suffix}`, extensionAttribute1: "X1" }
      assert.deepStrictEqual(yield* read(["sn"], looked), { cn: "Ann", sn: "A", ...both, ...account, ...expires })
      assert.deepInclude(yield* read(undefined, looked), both)
      assert.deepStrictEqual(yield* read(["sn"], ["sn"]), { sn: "A", ...account, accountActive: true })
      assert.deepStrictEqual(yield* read(["sn"], ["sn", "accountActive"]), { sn: "A", ...account, ...expires })
      // Looking around, all that a mapping may be made of.
      assert.deepInclude(yield* read(undefined, []), { memberOf: both.memberOf, accountExpired: true })
      assert.notProperty(yield* read(["sn"], []), "memberOf")
    }).pipe(Effect.scoped)
  )
}

it.live("knows whose account has expired, and who is neither disabled nor expired", () =>
  Effect.gen(function* () {
    // The year 2100.
    const late = "157469184000000000"
    const accounts = [
      ["512", "0", false, true],
      ["512", "9223372036854775807", false, true],
      ["512", late, false, true],
      ["512", "116444736000000000", true, false],
      ["514", late, false, false],
      ["514", "1", true, false]
    ] as const
    const entries = accounts.map(([userAccountControl, accountExpires]) => ({
      dn: "cn=a",
      attributes: { UserAccountControl: userAccountControl, accountExpires }
    }))
    const found = yield* fields(yield* fake([{ entries }]))
    assert.deepStrictEqual(
      found.map(({ accountActive, accountExpired }) => [accountExpired, accountActive]),
      accounts.map(([, , expired, active]) => [expired, active])
    )
    const odd = yield* fake([{ entries: [{ dn: "cn=a", attributes: { accountExpires: "soon" } }] }])
    assert.deepStrictEqual(yield* fields(odd), [{ accountExpires: "soon" }])
  }).pipe(Effect.scoped)
)
