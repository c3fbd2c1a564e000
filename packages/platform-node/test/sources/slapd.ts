/** A real OpenLDAP for the length of a test, on free ports and a directory of its own. */
import { spawn, spawnSync } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import { Effect } from "effect"
import { good } from "../http/certificates.ts"
import { tcp } from "../http/servers.ts"

// Where Debian's package puts them.
const program = "/usr/sbin/slapd"
const loader = "/usr/sbin/slapadd"
const schemas = "/etc/ldap/schema"
const modules = "/usr/lib/ldap"

/** Whether the machine has an OpenLDAP; where it must (`LOOM_SCIM_REQUIRE_SLAPD=1`), it is an error if not. */
export const hasSlapd = (): boolean => {
  if ([program, loader, schemas, modules].every((path) => existsSync(path))) return true
  if (process.env["LOOM_SCIM_REQUIRE_SLAPD"] === "1") throw new Error("slapd is required, and not on this machine")
  return false
}

export const suffix = "dc=acme,dc=com"
export const reader = { dn: `cn=reader,${suffix}`, password: "reader-password-1" }
/** May read 700 entries and no more. */
export const limited = { dn: `cn=limited,${suffix}`, password: "limited-password-1" }

// Some attributes of Active Directory, whose own schema would demand a security descriptor of everybody.
const configuration = (directory: string) => `
include ${schemas}/core.schema
include ${schemas}/cosine.schema
include ${schemas}/inetorgperson.schema
attributetype ( 1.2.840.113556.1.4.2 NAME 'objectGUID' SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.8 NAME 'userAccountControl' SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.221 NAME 'sAMAccountName' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.159 NAME 'accountExpires' SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.2.102 NAME 'memberOf' SYNTAX 1.3.6.1.4.1.1466.115.121.1.12 )
attributetype ( 1.2.840.113556.1.2.423 NAME 'extensionAttribute1' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
objectclass ( 1.2.840.113556.1.5.9 NAME 'user' SUP inetOrgPerson STRUCTURAL
  MAY ( objectGUID $ userAccountControl $ sAMAccountName $ accountExpires $ memberOf $ extensionAttribute1 ) )
TLSCACertificateFile ${directory}/cert.pem
TLSCertificateFile ${directory}/cert.pem
TLSCertificateKeyFile ${directory}/key.pem
modulepath ${modules}
moduleload back_mdb
sizelimit unlimited
database mdb
suffix "${suffix}"
directory ${directory}/db
maxsize 67108864
limits dn.exact="${limited.dn}" size=700
access to attrs=userPassword by anonymous auth by * none
access to * by * read
`

const start = async (ldif: string, ports: { readonly plain: number; readonly secure: number }) => {
  const directory = mkdtempSync(join(tmpdir(), "loom-scim-slapd-"))
  mkdirSync(join(directory, "db"))
  const conf = join(directory, "slapd.conf")
  const data = join(directory, "data.ldif")
  writeFileSync(conf, configuration(directory))
  writeFileSync(data, ldif)
  const caFile = join(directory, "cert.pem")
  writeFileSync(caFile, good.cert)
  writeFileSync(join(directory, "key.pem"), good.key)
  const loaded = spawnSync(loader, ["-q", "-f", conf, "-l", data], { encoding: "utf8" })
  if (loaded.status !== 0) throw new Error(`slapadd: ${loaded.stderr}`)

  const url = `ldap://127.0.0.1:${ports.plain}`
  const secureUrl = `ldaps://127.0.0.1:${ports.secure}`
  // With a debug level it stays in the foreground, as our child.
  const server = spawn(program, ["-h", `${url} ${secureUrl}`, "-f", conf, "-d", "0"], { stdio: "ignore" })
  const stopped = once(server, "exit")
  const deadline = Date.now() + 10_000
  while (!(await answers(ports.plain)) || !(await answers(ports.secure))) {
    if (server.exitCode !== null || Date.now() > deadline) throw new Error("slapd does not start")
    await wait(20)
  }
  return { directory, caFile, url, secureUrl, kill: () => kill(server, stopped) }
}

const kill = async (server: ChildProcess, stopped: Promise<unknown>) => {
  server.kill("SIGKILL")
  await stopped
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1")
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false))
    socket.once("connect", () => socket.destroy())
  })

const accountLdif = ({ dn, password }: typeof reader) => `
dn: ${dn}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: ${dn.slice(3, dn.indexOf(","))}
userPassword: ${password}
`

/** Two ports that are free: held at the same time, so that they differ. */
const freePorts = Effect.suspend(() =>
  Effect.scoped(Effect.all({ plain: tcp((socket) => socket.destroy()), secure: tcp((socket) => socket.destroy()) }))
)

/** Starts one that has these entries below {@link suffix}. */
export const slapd = (ldif: string) => {
  const everything = `dn: ${suffix}
objectClass: dcObject
objectClass: organization
dc: acme
o: Acme
${accountLdif(reader)}${accountLdif(limited)}
${ldif}`
  return Effect.acquireRelease(
    Effect.flatMap(freePorts, (ports) => Effect.promise(() => start(everything, ports))),
    ({ directory, kill }) =>
      Effect.promise(async () => {
        await kill()
        rmSync(directory, { recursive: true })
      })
  )
}
