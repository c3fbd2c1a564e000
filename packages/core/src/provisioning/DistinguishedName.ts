/** Names in distinguished names, as directories have groups and managers (RFC 4514). */
import { Result } from "effect"

const utf8 = new TextDecoder()

const bytesOf = (run: string): Uint8Array =>
  Uint8Array.from(run.split("\\").slice(1), (digits) => Number.parseInt(digits, 16))

const unescaped = (text: string): string =>
  text.replaceAll(/(?:\\[0-9a-f]{2})+|\\(.)/gi, (run, one?: string) => one ?? utf8.decode(bytesOf(run)))

/** The common name that a distinguished name begins with: `Admins` of `CN=Admins,OU=groups,DC=example`. */
export const cnOf = (dn: string): Result.Result<string, string> => {
  // The first part is all before a comma; several attributes in it are joined by +.
  for (const [, part = "", mark] of dn.matchAll(/((?:[^\\,+]|\\.)*)([,+]|$)/g)) {
    const [, type = "", value = ""] = /^([^=]*)=(.*)$/s.exec(part) ?? []
    const name = unescaped(value).trim()
    if (/^\s*(?:cn|2\.5\.4\.3)\s*$/i.test(type) && name !== "") return Result.succeed(name)
    if (mark !== "+") break
  }
  return Result.fail(`${JSON.stringify(dn)} is no distinguished name that begins with cn=`)
}
