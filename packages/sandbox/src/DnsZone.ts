import { isIPv4, isIPv6 } from "node:net"
import { asObject, choiceField, InputError, stringField, stringsField } from "./Input.ts"

/** Record types the DNS server answers. */
export type DnsType = "TXT" | "A" | "AAAA"

/** What a query for a name gets: records (NOERROR, perhaps none), a failure, or silence. */
export type DnsAnswer =
  | { readonly kind: "records"; readonly records: ReadonlyMap<DnsType, ReadonlyArray<string>> }
  | { readonly kind: "failure"; readonly rcode: "NXDOMAIN" | "SERVFAIL" }
  | { readonly kind: "silent" }

/** A change of the zone, as `POST /__control/dns` asks for it. */
export type DnsChange = { readonly name: string } & (
  | { readonly type: DnsType; readonly values: ReadonlyArray<string> }
  | { readonly rcode: "NXDOMAIN" | "SERVFAIL" }
  | { readonly silent: true }
)

function checkAddresses(type: DnsType, values: ReadonlyArray<string>): void {
  if (type === "TXT") return
  const fits = type === "A" ? isIPv4 : isIPv6
  const wrong = values.find((value) => !fits(value))
  if (wrong !== undefined) throw new InputError(`"${wrong}" is not an address for a record of type ${type}.`)
}

/** Reads the body of `POST /__control/dns`. Throws {@link InputError}. */
export function decodeDnsChange(body: unknown): DnsChange {
  const input = asObject(body, "A DNS change")
  const name = stringField(input, "name")
  if (input["silent"] === true) return { name, silent: true }
  if (input["rcode"] !== undefined) return { name, rcode: choiceField(input, "rcode", ["NXDOMAIN", "SERVFAIL"]) }
  const type = choiceField(input, "type", ["TXT", "A", "AAAA"])
  const values = stringsField(input, "values")
  checkAddresses(type, values)
  return { name, type, values }
}

function normal(name: string): string {
  return name.toLowerCase().replace(/\.$/, "")
}

/** The names the DNS server knows. Unknown ones are NXDOMAIN; names are compared without case. */
export class DnsZone {
  readonly #names = new Map<string, DnsAnswer>()

  /** Sets the records of one type, or a failure in the place of everything set for the name. */
  apply(change: DnsChange): void {
    const name = normal(change.name)
    if ("silent" in change) this.#names.set(name, { kind: "silent" })
    else if ("rcode" in change) this.#names.set(name, { kind: "failure", rcode: change.rcode })
    else {
      const known = this.#names.get(name)
      const records = new Map(known?.kind === "records" ? known.records : [])
      records.set(change.type, change.values)
      this.#names.set(name, { kind: "records", records })
    }
  }

  clear(): void {
    this.#names.clear()
  }

  /** The names set, in lower case. */
  names(): ReadonlyArray<string> {
    return [...this.#names.keys()]
  }

  lookup(asked: string): DnsAnswer {
    const name = normal(asked)
    const known = this.#names.get(name)
    if (known !== undefined) return known
    // A name above an existing one exists, if without records: RFC 8020.
    const above = this.names().some((existing) => existing.endsWith(`.${name}`))
    return above ? { kind: "records", records: new Map() } : { kind: "failure", rcode: "NXDOMAIN" }
  }
}
