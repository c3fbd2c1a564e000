/** A set-up through the API alone, and one begun there and finished by the terminal app, and the other way round. */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { Permission } from "@loom-scim/contract/Setup"
import type { Sandbox } from "@loom-scim/sandbox/Sandbox"
import { startSandbox } from "@loom-scim/sandbox/Sandbox"
import { Schema } from "effect"
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { stringify } from "yaml"
import { answersFor, nextOf, txt } from "./support/answers.ts"
import type { Api } from "./support/api.ts"
import { closeAll, closing, start, temporary } from "./support/api.ts"
import { loomScim } from "./support/programs.ts"

afterEach(closeAll)

const token = "tok_api-setup-secret-0123456789abcdef"

const sandbox = async (): Promise<Sandbox> => {
  const running = await startSandbox({ users: 5, token })
  closing(() => running.close())
  const response = await fetch(`${running.controlUrl}/dns`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: "acme.com", type: "TXT", values: [txt] })
  })
  assert.isTrue(response.ok)
  return running
}

const serve = (directory: string, { dns }: Sandbox) =>
  start({ directory, allowPrivateNetwork: true, dnsServers: [`${dns.host}:${dns.port}`] })

const confirm = { _tag: "Confirm" }
const value = (text: string) => ({ _tag: "Value", value: text })

/** Answers one task after the other as the API says what is next, until `stop` says so or nothing is left. */
const follow = async (api: Api, world: Sandbox, stop: (task: string) => boolean = () => false) => {
  const answers = answersFor(world, { members: "ada@acme.com\neve@else.net", token })
  let { headers, json } = await api.call("GET", "/v1/connections/acme/setup")
  const done: Array<string> = []
  for (let task = nextOf(json); task !== undefined && !stop(task); task = nextOf(json)) {
    const [kind = ""] = task.split(":")
    const path = `/v1/connections/acme/setup/tasks/${encodeURIComponent(task)}`
    const version = { "if-match": headers.get("etag") ?? "" }
    const answer = await api.call("POST", path, { body: answers[kind] ?? confirm, headers: version })
    assert.strictEqual(answer.status, 200, `${task}: ${answer.text}`)
    assert.notInclude(answer.text, token)
    done.push(kind)
    ;({ headers, json } = answer)
    assert.isBelow(done.length, 40)
  }
  return { done, setup: json }
}

const filesHold = (directory: string, needle: string): boolean =>
  readdirSync(directory, { recursive: true, encoding: "utf8", withFileTypes: true }).some(
    (entry) => entry.isFile() && readFileSync(join(entry.parentPath, entry.name)).includes(needle)
  )

const answersFile = (directory: string, { idpMetadataUrl, scimUrl }: Sandbox): string => {
  const path = join(directory, "answers.yaml")
  writeFileSync(
    path,
    stringify({
      name: "Acme",
      confirm: { enterprisePlan: true, samlSso: true, ssoTest: true, relogin: true, lockout: true },
      domains: [{ domain: "acme.com", method: "dnsTxt", txt }],
      members: "ada@acme.com\neve@else.net",
      sso: { metadata: idpMetadataUrl, defaultRole: "viewer", enforce: "off" },
      endpoint: scimUrl,
      domainCapture: "off",
      deprovisioning: "deactivate"
    })
  )
  return path
}

const terminalArgs = (directory: string, { dns }: Sandbox) => [
  "--data-dir",
  directory,
  "--allow-private-network",
  "--dns-server",
  `${dns.host}:${dns.port}`
]

describe("the guided set-up over HTTP", () => {
  it("leads to a verified connection by following what is next, and never shows, logs or stores the token", async () => {
    const world = await sandbox()
    const directory = temporary()
    const api = await serve(directory, world)
    await api.call("POST", "/v1/connections", { body: { name: "Acme" } })
    const { done, setup } = await follow(api, world)
    assert.strictEqual(setup["connected"], true)
    assert.deepStrictEqual(setup["next"], [])
    assert.include(done, "lockout")
    const checked = await api.call("POST", "/v1/connections/acme/checks")
    assert.strictEqual(checked.json["ok"], true, checked.text)
    const audit = await api.call("GET", "/v1/audit?limit=200")
    assert.include(audit.text, '"face":"api"')
    const credentials = await api.call("GET", "/v1/connections/acme/credentials")
    assert.include(credentials.text, "fingerprint")
    for (const { text } of [checked, audit, credentials]) assert.notInclude(text, token)
    assert.isFalse(api.logged.some((line) => line.includes(token)))
    await api.close()
    assert.isFalse(filesHold(directory, token))
  })

  it("begun here is finished by the terminal app", async () => {
    const world = await sandbox()
    const directory = temporary()
    const api = await serve(directory, world)
    await api.call("POST", "/v1/connections", { body: { name: "Acme" } })
    await follow(api, world, (task) => task === "endpoint")
    await api.close()
    const file = answersFile(temporary(), world)
    const ran = await loomScim(["setup", "--answers", file, ...terminalArgs(directory, world)], {
      LOOM_SCIM_TOKEN: token
    })
    assert.strictEqual(ran.code, 0, ran.stdout + ran.stderr)
    const status = await loomScim(["status", ...terminalArgs(directory, world)])
    assert.include(status.stdout, "key test", "what was vouched for here is still there, in the key's name")
  })

  it("begun in the terminal app is finished here", async () => {
    const world = await sandbox()
    const directory = temporary()
    const begun = await loomScim(["setup", "--name", "Acme", ...terminalArgs(directory, world)])
    // Begun, and not connected: that is what the program says with this code.
    assert.strictEqual(begun.code, 3, begun.stdout + begun.stderr)
    const api = await serve(directory, world)
    const { setup } = await follow(api, world)
    assert.strictEqual(setup["connected"], true)
    await api.close()
    const status = await loomScim(["status", "--json", ...terminalArgs(directory, world)])
    assert.strictEqual(status.code, 0, status.stderr)
    assert.include(status.stdout, '"connected":true')
  })

  it("rotates a token only when the server takes the new one", async () => {
    const world = await sandbox()
    const api = await serve(temporary(), world)
    await api.call("POST", "/v1/connections", { body: { name: "Acme" } })
    const path = "/v1/connections/acme/credentials/rotate"
    const early = await api.call("POST", path, { body: { token } })
    assert.strictEqual(early.status, 409, early.text)
    await follow(api, world)
    const before = await api.call("GET", "/v1/connections/acme")
    const wrong = await api.call("POST", path, { body: { token: "tok_this-one-is-not-known" } })
    assert.strictEqual(wrong.status, 422, wrong.text)
    assert.strictEqual(wrong.json["reason"], "unauthorized")
    assert.deepStrictEqual((await api.call("GET", "/v1/connections/acme")).json, before.json)
    const right = await api.call("POST", path, { body: { token, expiresAt: "2031-01-02T00:00:00.000Z" } })
    assert.strictEqual(right.status, 200, right.text)
    assert.include(right.text, "2031-01-02")
    assert.strictEqual((await api.call("GET", "/v1/connections/acme")).json["connected"], true)
  })

  it("keeps the token that it acknowledged, and tells the others that something changed, when several are saved at once", async () => {
    const world = await sandbox()
    const api = await serve(temporary(), world)
    await api.call("POST", "/v1/connections", { body: { name: "Acme" } })
    await follow(api, world)
    for (let round = 0; round < 5; round++) {
      const saved = await Promise.all(
        [1, 2, 3].map((n) =>
          api.call("PUT", "/v1/connections/acme/credentials/token", { body: { token: `tok_wrong-${round}-${n}` } })
        )
      )
      const statuses = saved.map(({ status }) => status)
      assert.include(statuses, 200)
      assert.isEmpty(
        statuses.filter((status) => status !== 200 && status !== 409),
        saved.map(({ text }) => text).join()
      )
      const probed = await api.call("POST", "/v1/connections/acme/setup/tasks/probe", { body: confirm })
      assert.strictEqual(probed.status, 200, probed.text)
    }
  })

  it("reads no file of the server, whatever looks like a path", async () => {
    const world = await sandbox()
    const api = await serve(temporary(), world)
    await api.call("POST", "/v1/connections", { body: { name: "Acme" } })
    const secret = join(temporary(), "members.csv")
    writeFileSync(secret, "email\nsomebody@private.example\n")
    for (const kind of ["members", "metadata"]) {
      await follow(api, world, (task) => task === kind)
      const path = `/v1/connections/acme/setup/tasks/${kind}`
      const answer = await api.call("POST", path, { body: value(secret) })
      assert.strictEqual(answer.status, 422, answer.text)
      assert.notInclude(answer.text, "somebody")
    }
  })

  it("takes no address of this machine or of private networks unless the server allows it", async () => {
    const world = await sandbox()
    const api = await start({ dnsServers: [`${world.dns.host}:${world.dns.port}`] })
    await api.call("POST", "/v1/connections", { body: { name: "Acme" } })
    await follow(api, world, (task) => task === "metadata")
    const answer = await api.call("POST", "/v1/connections/acme/setup/tasks/metadata", {
      body: value("https://169.254.169.254/latest")
    })
    assert.strictEqual(answer.status, 422, answer.text)
    assert.strictEqual(answer.json["reason"], "forbiddenAddress")
  })

  it("takes no such address in a command either", async () => {
    const world = await sandbox()
    const directory = temporary()
    const lab = await serve(directory, world)
    await lab.call("POST", "/v1/connections", { body: { name: "Acme" } })
    await follow(lab, world, (task) => task === "endpoint")
    await lab.close()
    const api = await start({ directory })
    const answer = await api.call("POST", "/v1/connections/acme/setup/commands", {
      body: { _tag: "RecordEndpoint", endpoint: "http://169.254.169.254/scim" }
    })
    assert.strictEqual(answer.status, 422, answer.text)
    assert.strictEqual(answer.json["reason"], "invalidInput")
    assert.notStrictEqual(answer.json["next"], "")
  })

  it("says what to do next of a value that cannot be taken", async () => {
    const world = await sandbox()
    const api = await serve(temporary(), world)
    await api.call("POST", "/v1/connections", { body: { name: "Acme" } })
    await follow(api, world, (task) => task === "defaultRole")
    const answer = await api.call("POST", "/v1/connections/acme/setup/tasks/defaultRole", { body: value("king") })
    assert.strictEqual(answer.status, 422, answer.text)
    assert.include(answer.json["detail"], "viewer, creator, admin")
    assert.strictEqual(answer.json["next"], "Correct the value and send it again.")
  })

  it("says of a command that needs no value what would become of it", async () => {
    const world = await sandbox()
    const api = await serve(temporary(), world)
    await api.call("POST", "/v1/connections", { body: { name: "Acme" } })
    const path = "/v1/connections/acme/setup/commands"
    const said = async (name: string) => {
      const { text } = await api.call("GET", path)
      const commands = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Array(Permission)))(text)
      const found = commands.find(({ command }) => command === name)
      assert.isDefined(found)
      return found
    }
    const blocked = await said("Connect")
    assert.isFalse(blocked.allowed)
    assert.include(blocked.detail, "Prerequisites")
    await follow(api, world, (task) => task === "probe")
    const early = await said("Connect")
    const refused = await api.call("POST", path, { body: { _tag: "Connect" } })
    assert.strictEqual(refused.status, 409, refused.text)
    assert.deepStrictEqual(
      [early.allowed, early.detail, early.next],
      [false, refused.json["detail"], refused.json["next"]]
    )
    assert.isTrue((await said("ChooseDefaultRole")).allowed)
    await follow(api, world, (task) => task === "connect")
    assert.isTrue((await said("Connect")).allowed)
    assert.strictEqual((await api.call("POST", path, { body: { _tag: "Connect" } })).status, 200)
  })
})
