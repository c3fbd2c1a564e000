/** Which IP addresses a bearer token may be sent to (guards against SSRF; IANA special-purpose registries). */

/** What kind of address it is; only `public` may be talked to without `--allow-private-network`. */
export type AddressKind = "public" | "loopback" | "private" | "linkLocal" | "metadata" | "reserved"

const ipv4 = (text: string): ReadonlyArray<number> | undefined => {
  const parts = text.split(".")
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part))) return undefined
  const bytes = parts.map(Number)
  return bytes.every((byte) => byte <= 255) ? bytes : undefined
}

/** Eight 16-bit groups of an IPv6 address without zone or brackets, or undefined. */
const ipv6 = (text: string): ReadonlyArray<number> | undefined => {
  if (!text.includes(":")) return undefined
  const tail = text.slice(text.lastIndexOf(":") + 1)
  const embedded = tail.includes(".") ? ipv4(tail) : undefined
  if (tail.includes(".") && embedded === undefined) return undefined
  const [a = 0, b = 0, c = 0, d = 0] = embedded ?? []
  const hex =
    embedded === undefined
      ? text
      : `${text.slice(0, text.lastIndexOf(":") + 1)}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
  const halves = hex.split("::")
  if (halves.length > 2) return undefined
  const groups = (half: string | undefined) => (half === undefined || half === "" ? [] : half.split(":"))
  const head = groups(halves[0])
  const rest = groups(halves[1])
  const missing = 8 - head.length - rest.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const all = [...head, ...Array.from({ length: halves.length === 2 ? missing : 0 }, () => "0"), ...rest]
  return all.every((group) => /^[0-9a-f]{1,4}$/i.test(group))
    ? all.map((group) => Number.parseInt(group, 16))
    : undefined
}

const classify4 = (bytes: ReadonlyArray<number>): AddressKind => {
  const [a = 0, b = 0, c = 0, d = 0] = bytes
  if (a === 169 && b === 254) return c === 169 && d === 254 ? "metadata" : "linkLocal"
  if (a === 100 && b === 100 && c === 100 && d === 200) return "metadata"
  // Azure's virtual platform address lies in public space.
  if (a === 168 && b === 63 && c === 129 && d === 16) return "metadata"
  if (a === 127) return "loopback"
  if (a === 10 || (a === 172 && b >= 16 && b <= 31) || (a === 192 && b === 168)) return "private"
  if (a === 100 && b >= 64 && b <= 127) return "private"
  if (a === 0 || a >= 224) return "reserved"
  if (a === 192 && b === 0 && (c === 0 || c === 2)) return "reserved"
  if (a === 198 && (b === 18 || b === 19 || (b === 51 && c === 100))) return "reserved"
  if (a === 203 && b === 0 && c === 113) return "reserved"
  return "public"
}

const classify6 = (groups: ReadonlyArray<number>): AddressKind => {
  const [g0 = 0, g1 = 0, g2 = 0, g3 = 0, g4 = 0, g5 = 0, g6 = 0, g7 = 0] = groups
  const embedded = () => classify4([g6 >> 8, g6 & 255, g7 >> 8, g7 & 255])
  const zeroTo = (n: number) => groups.slice(0, n).every((group) => group === 0)
  if (zeroTo(7)) return g7 === 1 ? "loopback" : "reserved"
  if (zeroTo(5) && g5 === 0xffff) return embedded()
  if (zeroTo(6)) return "reserved"
  if (g0 === 0x64 && g1 === 0xff9b) return g2 === 0 && g3 === 0 && g4 === 0 && g5 === 0 ? embedded() : "private"
  if (g0 === 0x2002) return classify4([g1 >> 8, g1 & 255, g2 >> 8, g2 & 255])
  if (g0 === 0xfd00 && g1 === 0xec2 && g7 === 0x254) return "metadata"
  if ((g0 & 0xfe00) === 0xfc00) return "private"
  if ((g0 & 0xffc0) === 0xfe80) return "linkLocal"
  if ((g0 & 0xe000) !== 0x2000) return "reserved"
  if (g0 === 0x2001 && (g1 < 0x200 || g1 === 0xdb8)) return "reserved"
  if (g0 === 0x3fff && g1 < 0x1000) return "reserved"
  return "public"
}

/** Classifies an IPv4 or IPv6 literal (brackets and a zone id allowed); undefined when it is not one. */
export const classify = (address: string): AddressKind | undefined => {
  const bare = address.replace(/^\[|\]$/g, "").replace(/%.*$/, "")
  const four = ipv4(bare)
  if (four !== undefined) return classify4(four)
  const six = ipv6(bare)
  return six === undefined ? undefined : classify6(six)
}

/** Host names that lead to a machine's own or a cloud's internal services whatever DNS says. */
export const classifyHost = (host: string): AddressKind | undefined => {
  const name = host.toLowerCase().replace(/\.$/, "")
  if (name === "localhost" || name.endsWith(".localhost")) return "loopback"
  if (name === "metadata" || name === "metadata.google.internal") return "metadata"
  if (name.endsWith(".internal") || name.endsWith(".local") || name.endsWith(".home.arpa")) return "private"
  return classify(host)
}

/** In labs, private networks may be allowed; metadata services and reserved addresses never are. */
export const isAllowed = (kind: AddressKind, allowPrivateNetwork: boolean): boolean =>
  kind === "public" || (allowPrivateNetwork && (kind === "loopback" || kind === "private"))
