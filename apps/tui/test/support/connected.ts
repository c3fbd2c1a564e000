/** A sandbox and a data directory in which a connection to it is established, by the program itself. */
import { assert } from "@effect/vitest"
import { startSandbox } from "@loom-scim/sandbox/Sandbox"
import type { Sandbox, SandboxOptions } from "@loom-scim/sandbox/Sandbox"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { stringify } from "yaml"
import { run } from "./run.ts"

/** What the sandbox takes; no output may hold it. */
export const token = "tok_directory-secret-0123456789abcdef"

export interface Place {
  readonly directory: string
  readonly sandbox: Sandbox
  /** Calls the sandbox's control endpoint. */
  readonly control: (method: string, path: string, body?: unknown) => Promise<unknown>
  readonly close: () => Promise<void>
}

/** With so many users to begin with; `env` is for the program, as when it has to trust a certificate. */
export const connected = async (
  users: number,
  { env = {}, ...options }: Pick<SandboxOptions, "tls"> & { readonly env?: Readonly<Record<string, string>> } = {}
): Promise<Place> => {
  const directory = mkdtempSync(join(tmpdir(), "loom-scim-connected-"))
  const sandbox = await startSandbox({ users, token, ...options })
  const answers = {
    name: "Acme",
    confirm: { enterprisePlan: true, samlSso: true, ssoTest: true, relogin: true, domains: true },
    domains: [{ domain: "example.com", method: "email" }],
    members: "none",
    sso: { metadata: sandbox.idpMetadataUrl, defaultRole: "viewer", enforce: "off" },
    endpoint: sandbox.scimUrl,
    domainCapture: "off",
    deprovisioning: "deactivate"
  }
  const file = join(directory, "answers.yaml")
  writeFileSync(file, stringify(answers))
  const args = ["setup", "--answers", file, "--allow-private-network", "--data-dir", directory]
  const { code, stderr, stdout } = await run(args, { env: { ...env, LOOM_SCIM_TOKEN: token } })
  assert.strictEqual(code, 0, stdout + stderr)
  return {
    directory,
    sandbox,
    control: async (method, path, body) => {
      const headers = { "content-type": "application/json" }
      const content = body === undefined ? {} : { headers, body: JSON.stringify(body) }
      const response = await fetch(`${sandbox.controlUrl}${path}`, { method, ...content })
      assert.isTrue(response.ok)
      const text = await response.text()
      return text === "" ? null : JSON.parse(text)
    },
    close: async () => {
      await sandbox.close()
      rmSync(directory, { recursive: true, force: true })
    }
  }
}
