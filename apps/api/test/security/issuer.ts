/** An identity provider as far as a test needs one: keys, a place where they are, and tokens. */
import { generateKeyPairSync } from "node:crypto"
import type { KeyObject } from "node:crypto"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { exportJWK, SignJWT } from "jose"
import type { JWTPayload } from "jose"
import type { Oidc } from "../../src/auth/Oidc.ts"
import { closing } from "../support/api.ts"

export const issuer = "https://idp.example"
export const audience = "loom-scim"

interface Signer {
  readonly kid: string
  readonly alg: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

const pairs = {
  RS256: () => generateKeyPairSync("rsa", { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync("ec", { namedCurve: "P-256" }),
  EdDSA: () => generateKeyPairSync("ed25519")
} as const

/** A key pair under a name. */
export const signer = (alg: keyof typeof pairs, kid: string): Signer => ({ kid, alg, ...pairs[alg]() })

/** Signs what an issuer would, without some of the claims. */
export const token = (by: Signer, claims: JWTPayload = {}, without: ReadonlyArray<string> = []) => {
  const now = Math.floor(Date.now() / 1000)
  const all = { iss: issuer, aud: audience, sub: "ada@acme.com", exp: now + 300, groups: ["admins"], ...claims }
  return new SignJWT(Object.fromEntries(Object.entries(all).filter(([name]) => !without.includes(name))))
    .setProtectedHeader({ alg: by.alg, kid: by.kid })
    .sign(by.privateKey)
}

/** Serves the public keys of whoever signs at the moment. */
export const serveKeys = async (signers: ReadonlyArray<Signer>) => {
  const state = { signers, asked: 0, status: 200, location: "" }
  const server = createServer((_, response) => {
    state.asked++
    void (async () => {
      const keys = await Promise.all(
        state.signers.map(async ({ alg, kid, publicKey }) => ({
          ...(await exportJWK(publicKey)),
          kid,
          alg,
          use: "sig"
        }))
      )
      response.writeHead(state.status, state.location === "" ? {} : { location: state.location })
      response.end(JSON.stringify({ keys }))
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  closing(() => {
    server.closeAllConnections()
    server.close()
  })
  const address: AddressInfo | string | null = server.address()
  if (typeof address !== "object" || address === null) throw new Error("no port")
  return { state, url: `http://127.0.0.1:${address.port}/jwks` }
}

/** A configuration that trusts it. */
export const trusting = (jwksUrl: string, change: Partial<Oidc> = {}): Oidc => ({
  issuer,
  audience,
  jwksUrl,
  algorithms: ["RS256", "ES256", "EdDSA"],
  skewSeconds: 30,
  claim: "groups",
  grants: new Map([["admins", [{ verb: "admin", connection: "*" }]]]),
  ...change
})
