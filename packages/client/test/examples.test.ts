/** The examples of the documentation do what they say, against a sandbox and a server, as a reader would run them. */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { startSandbox } from "@loom-scim/sandbox/Sandbox"
import { cpSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { closeAll, closing, project, run, serve, temporary } from "./support/stranger.ts"

afterEach(closeAll)

const examples = fileURLToPath(new URL("../../../docs/examples/", import.meta.url))
const token = "tok_examples-secret-0123456789abcdef"
const txt = "loom-site-verification=0123456789abcdef0123456789abcdef"

const world = async () => {
  const sandbox = await startSandbox({ users: 3, token })
  closing(() => sandbox.close())
  const body = JSON.stringify({ name: "acme.com", type: "TXT", values: [txt] })
  await fetch(`${sandbox.controlUrl}/dns`, { method: "POST", headers: { "content-type": "application/json" }, body })
  const server = await serve(temporary(), "0", ["--dns-server", `${sandbox.dns.host}:${sandbox.dns.port}`])
  const directory = project()
  cpSync(examples, directory, { recursive: true })
  const answers = {
    name: "Acme",
    enterprisePlan: true,
    samlSso: true,
    addDomain: "acme.com",
    domainMethod: "dnsTxt",
    expectedTxt: txt,
    members: "ada@acme.com",
    lockout: true,
    metadata: sandbox.idpMetadataUrl,
    defaultRole: "viewer",
    ssoTest: true,
    enforce: "off",
    relogin: true,
    endpoint: sandbox.scimUrl,
    bridgeUrl: sandbox.scimUrl,
    capture: "off",
    deprovisioning: "deactivate"
  }
  writeFileSync(join(directory, "answers.json"), JSON.stringify(answers))
  writeFileSync(join(directory, "people.csv"), "id,email,last\ne1,ada@acme.com,Ada\ne2,eve@acme.com,Eve\n")
  writeFileSync(
    join(directory, "mapping.yaml"),
    "attributes:\n  externalId: id\n  userName: email\n  emails: email\n  name.familyName: last\n"
  )
  const env = { LOOM_SCIM_URL: server.url, LOOM_SCIM_API_KEY: server.key, LOOM_SCIM_TOKEN: token }
  const example = (file: string, ...args: ReadonlyArray<string>) =>
    run(file.endsWith(".ts") ? process.execPath : "sh", [file, ...args], env, directory)
  const withText = (name: string, text: string): void => writeFileSync(join(directory, name), text)
  const withPeople = (name: string, count: number): void => {
    const rows = Array.from({ length: count }, (_, at) => `p${at},p${at}@acme.com,P${at}\n`)
    withText(name, `id,email,last\n${rows.join("")}`)
  }
  return Object.assign(example, {
    withPeople,
    withText,
    serverGoesAway: () => (env.LOOM_SCIM_URL = "http://127.0.0.1:9")
  })
}

describe.each([".ts", ".sh"])("the examples in *%s", (kind) => {
  it("set up, reconcile and let somebody leave", { timeout: 120_000 }, async () => {
    const example = await world()
    const setup = await example(`setup${kind}`, "answers.json")
    assert.strictEqual(setup.code, 0, setup.stdout + setup.stderr)
    assert.include(setup.stdout, "acme is connected")
    assert.notInclude(setup.stdout + setup.stderr, token)
    const reconcile = await example(`reconcile${kind}`, "acme", "people.csv", "mapping.yaml")
    assert.strictEqual(reconcile.code, 0, reconcile.stdout + reconcile.stderr)
    assert.include(reconcile.stdout, "Completed")
    const again = await example(`reconcile${kind}`, "acme", "people.csv", "mapping.yaml")
    assert.deepStrictEqual([again.code, again.stdout], [0, "nothing to do\n"], again.stderr)
    const leaver = await example(`leaver${kind}`, "acme", "ada@acme.com")
    assert.strictEqual(leaver.code, 0, leaver.stdout + leaver.stderr)
    assert.include(leaver.stdout, "ada@acme.com is deactivated")
    const nobody = await example(`leaver${kind}`, "acme", "nobody@acme.com")
    assert.deepStrictEqual([nobody.code, nobody.stdout], [0, "nobody@acme.com is not there\n"], nobody.stderr)
  })

  it("exit with something else than 0 when a person should look", { timeout: 120_000 }, async () => {
    const example = await world()
    await example(`setup${kind}`, "answers.json")
    example.withPeople("many.csv", 30)
    example.withPeople("few.csv", 5)
    example.withPeople("fewer.csv", 4)
    example.withText("bad.csv", "id,email,last\np0,p0@acme.com,P0\ne2,,Nameless\n")
    const codes: Array<number | null> = []
    for (const source of ["bad.csv", "many.csv", "few.csv", "fewer.csv"]) {
      codes.push((await example(`reconcile${kind}`, "acme", source, "mapping.yaml")).code)
    }
    // Left out; done; held by the guard; refused, since that is not over.
    assert.deepStrictEqual(codes, [4, 0, 6, 3])
    assert.strictEqual((await example(`leaver${kind}`, "nope", "ada@acme.com")).code, 4)
    example.serverGoesAway()
    const leaver = await example(`leaver${kind}`, "acme", "ada@acme.com")
    assert.deepStrictEqual([leaver.code, leaver.stdout], [4, ""])
    assert.strictEqual((await example(`reconcile${kind}`, "acme", "many.csv", "mapping.yaml")).code, 3)
    assert.strictEqual((await example(`setup${kind}`, "answers.json")).code, 3)
  })
})
